import { atLeast, defineProject, model, parquet, stratified, t, table, torch } from "millwright";

/** How dark each pixel of an image of 8 × 8 is, from 0 to 16. */
const pixels = Object.fromEntries(
  Array.from({ length: 64 }, (_, i) => [`pixel_${Math.floor(i / 8)}_${i % 8}`, t.int().between(0, 16)]),
);

const digits = table("digits", {
  // Written by make-digits.py.
  from: parquet("digits.parquet"),
  schema: { digit: t.string(), ...pixels },
});

export const digit = model("digit", {
  task: "multiclass",
  label: (f) => f.digit,
  classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
  spine: digits.rows(),
  features: { request: pixels },
  split: stratified({ testShare: 0.3 }),
  trainer: torch({ script: "network.py", epochs: 20, batchSize: 64, learningRate: 0.003 }),
  gates: [atLeast("accuracy", 0.95)],
});

export default defineProject({ name: "digits", models: [digit] });
