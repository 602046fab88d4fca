import fc from "fast-check";
import { expect, test } from "vitest";
import { madeClasses, madeExamples, madeNumbers } from "../examples.testing.js";
import type { Examples } from "../feature-table.js";
import { predict } from "../fitted-model.js";
import type { GbdtOptions } from "./options.js";
import { trainGbdt, type RoundLosses } from "./train.js";

/** Mean loss of constant and fitted predictions on fresh rows. */
test.each<readonly [string, Partial<GbdtOptions>, (y: number, p: number) => number, number]>([
  ["squared", {}, (y, p) => (y - p) ** 2, 0.35],
  ["absolute", { loss: "absolute" }, (y, p) => Math.abs(y - p), 0.55],
  ["quantile", { loss: "quantile", quantile: 0.9 }, (y, p) => (y - p) * (y < p ? -0.1 : 0.9), 0.6],
  ["poisson", { loss: "poisson" }, (y, p) => p - y * Math.log(p), 0.9],
])("the %s loss falls", async (name, given, loss, share) => {
  const counts = name === "poisson";
  const model = await trainGbdt(
    madeNumbers(10_000, { counts }),
    { ...given, trees: 60, learningRate: 0.15 },
    { threads: 2 },
  );
  const fresh = madeNumbers(5_000, { seed: 2, counts });
  const { values } = fresh.target;
  const start = name === "poisson" ? Math.exp(model.base[0]) : model.base[0];
  const predicted = predict(model, fresh);
  const mean = (of: (row: number) => number) =>
    values.reduce((sum, value, row) => sum + loss(value, of(row)), 0) / values.length;
  expect(mean((row) => predicted[row])).toBeLessThan(share * mean(() => start));
  const below = values.filter((value, row) => value <= predicted[row]).length / values.length;
  if (name === "quantile") expect(below).toBeCloseTo(0.9, 1);
});

test("classes: probabilities sum to 1 and most rows get their class", async () => {
  const model = await trainGbdt(madeClasses(8_000), { trees: 40 }, { threads: 2 });
  const fresh = madeClasses(5_000, 3, 2);
  const probabilities = predict(model, fresh);
  let right = 0;
  fresh.target.labels.forEach((label, row) => {
    const of = [...probabilities.subarray(3 * row, 3 * row + 3)];
    expect(of.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    if (of.indexOf(Math.max(...of)) === label) right++;
  });
  expect(model.classes).toEqual(["class 0", "class 1", "class 2"]);
  expect(right / fresh.rowCount).toBeGreaterThan(0.65);
});

test("a row of weight 2 counts as two rows", async () => {
  const examples = madeNumbers(3_000);
  const weights = Float32Array.from({ length: 3_000 }, (_, row) => 1 + (row % 2));
  const rows = [...weights.keys()].flatMap((row) => (row % 2 === 1 ? [row, row] : [row]));
  const repeated: Examples = {
    rowCount: rows.length,
    features: examples.features.map((feature) =>
      feature.kind === "number"
        ? { ...feature, values: Float32Array.from(rows, (row) => feature.values[row]) }
        : { ...feature, codes: Int32Array.from(rows, (row) => feature.codes[row]) },
    ),
    target: { kind: "regression", values: Float64Array.from(rows, (row) => examples.target.values[row]) },
  };
  // Of the others the intervals would be cut differently.
  const wholeOnly = <T extends Examples>(of: T) => ({
    ...of,
    features: of.features.filter(({ name }) => name === "whole"),
  });
  const options = { trees: 1, leaves: 6, minLeafRows: 1, learningRate: 1 };
  const weighted = await trainGbdt(wholeOnly({ ...examples, weights }), options, { threads: 2 });
  const doubled = await trainGbdt(wholeOnly(repeated), options, { threads: 1 });
  const [a, b] = [weighted, doubled].map((model) => predict(model, examples));
  const apart = a.reduce((sum, value, row) => sum + Math.abs(value - b[row]), 0) / a.length;
  expect(weighted.base[0]).toBeCloseTo(doubled.base[0], 5);
  expect(apart).toBeLessThan(1e-4);
});

test("a monotone model never goes the wrong way, whatever the other features", async () => {
  const losses = ["squared", "absolute", "poisson"] as const;
  for (const loss of losses) {
    const examples = madeNumbers(4_000, { counts: loss === "poisson" });
    const options = {
      loss,
      trees: 40,
      leaves: 16,
      minLeafRows: 3,
      monotone: { smooth: 1, sparse: -1 },
    } as const;
    const model = await trainGbdt(examples, options, { threads: 2 });
    const value = fc.float({ min: -12, max: 12, noNaN: true });
    fc.assert(
      fc.property(value, value, value, fc.integer({ min: -1, max: 40 }), (one, two, other, code) => {
        const [low, high] = [Math.min(one, two), Math.max(one, two)];
        const rows = [low, high];
        const at = (smooth: readonly number[], sparse: readonly number[]) =>
          predict(model, {
            rowCount: 2,
            features: examples.features.map((feature) => {
              if (feature.kind === "text") return { ...feature, codes: Int32Array.of(code, code) };
              const varied = { smooth, sparse }[feature.name] ?? [other, other];
              return { ...feature, values: Float32Array.from(varied) };
            }),
          });
        const rising = at(rows, [other, other]);
        const falling = at([other, other], rows);
        expect(rising[1]).toBeGreaterThanOrEqual(rising[0]);
        expect(falling[1]).toBeLessThanOrEqual(falling[0]);
      }),
      { numRuns: 300 },
    );
  }
});

test("validation: curves, early stopping at the least loss, and the losses of every round", async () => {
  const examples = madeExamples(2_000);
  const validation = madeExamples(2_000, 2);
  const seen: (RoundLosses | undefined)[] = [];
  const options = { trees: 400, learningRate: 0.3, patience: 5 };
  const onTree = (_: number, losses?: RoundLosses) => seen.push(losses);
  const model = await trainGbdt(examples, options, { threads: 2, validation, onTree });
  const [train, watched] = model.curves.map(({ values }) => values);
  expect(model.curves.map(({ name }) => name)).toEqual(["train logLoss", "validation logLoss"]);
  const best = watched.indexOf(Math.min(...watched));
  expect(watched.length).toBe(best + 1 + 5);
  expect(model.trees.length).toBe(best + 1);
  expect(seen.map((losses) => losses?.validation)).toEqual([...watched]);
  expect(seen.map((losses) => losses?.train)).toEqual([...train]);
  const { target, ...table } = validation;
  expect(logLoss(target.labels, predict(model, table))).toBeCloseTo(watched[best], 5);
  const free = await trainGbdt(examples, { ...options, patience: 0, trees: 20 }, { threads: 1, validation });
  expect([free.trees.length, free.curves[1].values.length]).toEqual([20, 20]);
  // The rows to watch change nothing about what is learned.
  const alone = await trainGbdt(examples, { ...options, patience: 0, trees: 20 }, { threads: 1 });
  expect(alone.trees).toEqual(free.trees);
});

test("ten thousand categories: a text that says nothing is not taken for one that does", async () => {
  const rowCount = 20_000;
  const dictionary = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
  const make = (seed: number) => {
    const { features, target } = madeExamples(rowCount, seed);
    const codes = Int32Array.from(
      { length: rowCount },
      (_, row) => Math.imul(row + seed, 2_654_435) % 10_000,
    );
    const noise = { kind: "text", name: "noise", codes: codes.map(Math.abs), dictionary } as const;
    return { rowCount, features: [...features, noise], target };
  };
  const [examples, fresh] = [make(1), make(2)];
  const without = { ...examples, features: examples.features.slice(0, 4) };
  const options = { trees: 60 };
  const losses = [];
  for (const given of [examples, without]) {
    const model = await trainGbdt(given, options, { threads: 2 });
    losses.push(logLoss(fresh.target.labels, predict(model, fresh)));
  }
  expect(losses[0]).toBeLessThan(1.01 * losses[1]);
});

function logLoss(labels: Uint8Array, probabilities: ArrayLike<number>): number {
  let loss = 0;
  labels.forEach((label, row) => {
    const p = probabilities[row];
    loss -= Math.log(label === 1 ? p : 1 - p);
  });
  return loss / labels.length;
}
