import { expect, test } from "vitest";
import { madeExamples } from "./examples.testing.js";
import { featureImportance } from "./fitted-model.js";
import { compileGbdtOptions } from "./gbdt/options.js";
import { trainGbdt } from "./gbdt/train.js";
import type { GbdtModel } from "./gbdt/tree.js";
import { trainLinear } from "./linear/train.js";

test("importances are shares by falling size", async () => {
  const examples = madeExamples(5_000);
  const gbdt = await trainGbdt(examples, { trees: 10, leaves: 4 }, { threads: 1 });
  for (const model of [gbdt, await trainLinear(examples, {})]) {
    const importances = featureImportance(model);
    expect(importances.map(({ name }) => name).sort()).toEqual(["port", "smooth", "sparse", "whole"]);
    expect(importances.reduce((sum, { gain }) => sum + gain, 0)).toBeCloseTo(1, 12);
    expect(importances.map(({ gain }) => gain)).toEqual(
      importances.map(({ gain }) => gain).sort((a, b) => b - a),
    );
  }
  expect(featureImportance(gbdt).reduce((sum, { splits }) => sum + splits, 0)).toBe(30);
});

test("importances of a two-tree model by hand", () => {
  const stump = (feature: number, gain: number) => ({
    feature: [feature, -1, -1],
    threshold: [0, 0, 0],
    missingLeft: [0, 0, 0],
    left: [1, 0, 0],
    right: [2, 0, 0],
    value: [0, -1, 1],
    gain: [gain, 0, 0],
    rows: [2, 1, 1],
  });
  const features = ["a", "b", "c"].map((name) => ({ kind: "number", name }) as const);
  const model: GbdtModel = {
    kind: "gbdt",
    task: "binary",
    loss: { name: "logistic", width: 1, quantile: 0.5 },
    classes: [],
    curves: [],
    features,
    options: compileGbdtOptions({ trees: 2 }),
    rowCount: 9,
    base: [0],
    trees: [stump(0, 1), stump(1, 3)],
  };
  expect(featureImportance(model)).toEqual([
    { name: "b", gain: 0.75, splits: 1 },
    { name: "a", gain: 0.25, splits: 1 },
    { name: "c", gain: 0, splits: 0 },
  ]);
  expect(featureImportance({ ...model, trees: [] }).map(({ gain }) => gain)).toEqual([0, 0, 0]);
});
