import { expect, test } from "vitest";
import type { FeatureTable } from "../feature-table.js";
import { permutationImportance } from "./permutation-importance.js";

const rowCount = 200;
const ramp = (name: string, factor: number) =>
  ({
    kind: "number",
    name,
    values: Float32Array.from({ length: rowCount }, (_, i) => (i * factor) % rowCount),
  }) as const;
const colour = {
  kind: "text",
  name: "colour",
  codes: Int32Array.from({ length: rowCount }, (_, i) => i % 2),
  dictionary: ["red", "green"],
} as const;
const table: FeatureTable = { rowCount, features: [ramp("a", 1), ramp("b", 7), colour] };

/** Minus the mean squared error of the model 10·a + b for the outcome 10·a + b + 5·colour, read from the table. */
function score({ features }: FeatureTable): number {
  const [a, b] = features.map((feature) => (feature.kind === "number" ? feature.values : []));
  let squares = 0;
  for (let i = 0; i < rowCount; i++) {
    const truth = 10 * i + ((7 * i) % rowCount) + 5 * (i % 2);
    squares += (10 * a[i] + b[i] - truth) ** 2;
  }
  return -squares / rowCount;
}

test("a shuffled column costs twice its variance times its weight squared; an unused one nothing", async () => {
  const importances = await permutationImportance(table, score, { repeats: 30 });
  expect(importances.map(({ name }) => name)).toEqual(["a", "b", "colour"]);
  // E(x − x′)² = 2·variance, and the variance of 0, 1, … 199 is (200² − 1)/12; the colour's ½·5² is in the base.
  const variance = (rowCount ** 2 - 1) / 12;
  const [a, b, unused] = importances.map(({ drop }) => drop);
  expect(Math.abs(a.value / (100 * 2 * variance) - 1)).toBeLessThan(0.1);
  expect(Math.abs(b.value / (2 * variance) - 1)).toBeLessThan(0.1);
  expect(a.interval.low).toBeLessThan(a.value);
  expect(a.interval).toMatchObject({ level: 1 - 2 ** -29 });
  expect(unused).toMatchObject({ value: 0, interval: { low: 0, high: 0 } });
});

test("equal seeds give equal importances, the table stays as it was", async () => {
  const before = table.features.map((feature) =>
    feature.kind === "number" ? [...feature.values] : [...feature.codes],
  );
  const runs = [1, 1, 2].map((seed) => permutationImportance(table, score, { repeats: 3, seed }));
  const [first, again, other] = await Promise.all(runs);
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
  expect(
    table.features.map((feature) => (feature.kind === "number" ? [...feature.values] : [...feature.codes])),
  ).toEqual(before);
});

test("the interval holds the median of all shufflings as often as it says", async () => {
  // Five repeats promise 1 − 2^−4 = 0.9375; the median of all is that of 1,000 others.
  const [{ drop: whole }] = await permutationImportance(table, score, { repeats: 1_000, seed: 99 });
  let held = 0;
  const runs = 400;
  for (let seed = 0; seed < runs; seed++) {
    const [{ drop }] = await permutationImportance(table, score, { repeats: 5, seed });
    if (drop.interval.low <= whole.value && whole.value <= drop.interval.high) held++;
  }
  // Standard deviation √(0.9375 · 0.0625 / 400) = 0.012; the median itself is off by a little.
  expect(Math.abs(held / runs - 0.9375)).toBeLessThan(4 * 0.013);
});

test("a scorer without an answer and bad options are coded errors", async () => {
  await expect(permutationImportance(table, () => NaN)).rejects.toMatchObject({ code: "MW0424" });
  await expect(permutationImportance(table, score, { repeats: 1 })).rejects.toMatchObject({ code: "MW0401" });
});
