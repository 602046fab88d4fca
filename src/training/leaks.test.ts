import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRng } from "../kernel/index.js";
import type { Examples } from "../learning/index.js";
import { findLeakingFeatures } from "./leaks.js";

const rowCount = 2_000;
const rng = seededRng(5);
const labels = Uint8Array.from({ length: rowCount }, () => rng.below(2));
const noise = Float32Array.from({ length: rowCount }, () => rng.next());
const number = (name: string, values: Float32Array) => ({ kind: "number", name, values }) as const;

const examples = (features: Examples["features"], target: Examples["target"]): Examples => ({
  rowCount,
  features,
  target,
});

test("the label among the features is named, as a number, as a text, hidden under a monotone change", () => {
  const copied = number("copied", Float32Array.from(labels));
  const shifted = number(
    "shifted",
    noise.map((value, row) => value + 10 * labels[row]),
  );
  const told = {
    kind: "text",
    name: "told",
    codes: Int32Array.from(labels),
    dictionary: ["no", "yes"],
  } as const;
  const warnings = findLeakingFeatures(
    examples([copied, shifted, told, number("noise", noise)], { kind: "binary", labels }),
  );
  expect(warnings.map((warning) => /"(\w+)"/.exec(warning)?.[1])).toEqual(["copied", "shifted", "told"]);
});

test("a value that follows from a feature is named, one that only leans on it is not", () => {
  const values = Float64Array.from(noise, (value) => 3 * value);
  const half = noise.map((value) => value + rng.next());
  const warnings = findLeakingFeatures(
    examples([number("same", noise), number("half", half)], { kind: "regression", values }),
  );
  expect(warnings).toEqual([expect.stringContaining('"same"')]);
});

test("honest features, names of rows, constants and missing columns are not suspected", () => {
  const property = fc.property(fc.nat(), (seed) => {
    const random = seededRng(seed);
    const features = [
      number(
        "honest",
        noise.map((value, row) => value + 0.5 * labels[row] + random.next()),
      ),
      {
        kind: "text",
        name: "id",
        codes: Int32Array.from(noise.keys()),
        dictionary: Array.from(noise.keys(), String),
      } as const,
      number("constant", new Float32Array(rowCount).fill(3)),
      number("missing", new Float32Array(rowCount).fill(NaN)),
    ];
    expect(findLeakingFeatures(examples(features, { kind: "binary", labels }))).toEqual([]);
  });
  fc.assert(property, { numRuns: 20 });
});

test.each([0.5, 0.45, 0.1, 0.03])("a number that parts the classes is named, %s of them true", (share) => {
  const rare = Uint8Array.from({ length: rowCount }, () => (rng.next() < share ? 1 : 0));
  const parting = number(
    "parting",
    noise.map((value, row) => value + 3 * rare[row]),
  );
  const leaning = number(
    "leaning",
    noise.map((value, row) => value + 0.9 * rare[row]),
  );
  const warnings = findLeakingFeatures(
    examples([parting, leaning, number("noise", noise)], { kind: "binary", labels: rare }),
  );
  expect(warnings).toEqual([expect.stringContaining('"parting" alone tells 100.0 % of the label')]);
});
