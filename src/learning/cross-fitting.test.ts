import { expect, test } from "vitest";
import { crossFitFeatures } from "./cross-fitting.js";
import { encodeFeatures, fitFeatures } from "./feature-encoding.js";
import type { Examples, TextFeature } from "./feature-table.js";

/** Category 0 has 300 rows, 1 has 40, 2 has one; the rest are missing. */
const codes = Int32Array.from({ length: 400 }, (_, row) =>
  row < 300 ? 0 : row < 340 ? 1 : row === 340 ? 2 : -1,
);
const text: TextFeature = { kind: "text", name: "c", codes, dictionary: ["a", "b", "c"] };
const values = Float64Array.from(codes, (_, row) => (row * 37) % 101);
const examples: Examples = { rowCount: 400, features: [text], target: { kind: "regression", values } };

test("frequent categories train on the mean that scoring uses, missing texts stay missing", () => {
  const fitted = fitFeatures(examples);
  const [scoring] = encodeFeatures(fitted, examples);
  const [training] = crossFitFeatures(fitted, examples, 0);
  expect([...training.subarray(0, 300)]).toEqual([...scoring.subarray(0, 300)]);
  expect([...training.subarray(341)].every(Number.isNaN)).toBe(true);
});

test("a rare category's row does not see its own outcome", () => {
  const fitted = fitFeatures(examples);
  const mean = values.reduce((sum, value) => sum + value, 0) / 400;
  const [training] = crossFitFeatures(fitted, examples, 0);
  // The only row of its category: nothing is left but the mean of all rows.
  expect(training[340]).toBeCloseTo(mean, 3);
  const own = new Set(training.subarray(300, 340));
  expect(own.size).toBeGreaterThan(1);
  expect(own.size).toBeLessThanOrEqual(5);
  // Whatever the row's own outcome, its fold's number stays as it is, up to the mean of all rows.
  for (const row of [300, 317, 339]) {
    const changed = { ...examples, target: { kind: "regression", values: values.slice() } } as const;
    changed.target.values[row] += 40;
    const [after] = crossFitFeatures(fitFeatures(changed), changed, 0);
    expect(Math.abs(after[row] - training[row])).toBeLessThan(0.1);
  }
});

test("with several classes a text has one column per class, with two classes one", () => {
  const labels = Uint16Array.from(codes, (_, row) => row % 3);
  const of = (classes: readonly string[]) =>
    fitFeatures({
      ...examples,
      target: { kind: "multiclass", labels: labels.map((l) => l % classes.length), classes },
    });
  expect(of(["x", "y", "z"]).map(({ name }) => name)).toEqual(["c", "c", "c"]);
  expect(of(["x", "y"])).toHaveLength(1);
});
