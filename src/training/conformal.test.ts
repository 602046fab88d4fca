import { describe, expect, test } from "vitest";
import { csv, table } from "../data/index.js";
import { t } from "../kernel/index.js";
import { answerOf, watchedOutputs } from "./answer.js";
import { conformal } from "./conformal.js";
import { metricValues } from "./tuning/metric-values.js";
import { rowLosses } from "./evaluation/row-losses.js";
import { scoredRows } from "./evaluation/scored-rows.js";
import { takeRows } from "./evaluation/scored.js";
import { atLeast } from "./gate.js";
import { model } from "./model.js";
import type { Task } from "./task.js";
import { gbdt, linear, logistic } from "./trainer.js";
import { tune } from "./tuning/tune.js";
import { float } from "./tuning/space.js";

const boxes = table("boxes", {
  from: csv("b.csv"),
  schema: { size: t.float(), sold: t.int(), sort: t.string() },
});
const common = { spine: boxes.rows(), features: { request: { size: t.float() } } };
const label = { op: "column", name: "sold" } as const;
const tasks = {
  binary: { kind: "binary", label, matureAfterMs: 0 },
  regression: { kind: "regression", label, matureAfterMs: 0 },
  multiclass: { kind: "multiclass", label, matureAfterMs: 0, classes: ["a", "b", "c"] },
} satisfies Record<string, Task>;

describe("what an answer holds", () => {
  test("an interval behind the value", () => {
    expect(answerOf(tasks.regression, Float32Array.of(2, 1, 4))).toEqual({ value: 2, interval: [1, 4] });
    expect(answerOf(tasks.regression, Float32Array.of(2))).toEqual({ value: 2 });
  });

  test("a set behind the probabilities", () => {
    expect(answerOf(tasks.multiclass, Float32Array.of(0.25, 0.5, 0.25, 0, 1, 1))).toEqual({
      label: "b",
      probabilities: { a: 0.25, b: 0.5, c: 0.25 },
      set: ["b", "c"],
    });
    expect(answerOf(tasks.binary, Float32Array.of(0.5, 1, 0))).toEqual({ probability: 0.5, set: [false] });
    expect(answerOf(tasks.binary, Float32Array.of(0.5, 0, 0))).toEqual({ probability: 0.5, set: [] });
  });

  test("what is watched is the answer, not how sure it is", () => {
    expect([...watchedOutputs(tasks.regression, Float32Array.of(2, 1, 4, 3, 0, 9), 2)]).toEqual([2, 3]);
    expect([...watchedOutputs(tasks.multiclass, Float32Array.of(0.2, 0.2, 0.6, 1, 1, 1), 1)]).toEqual([2]);
  });
});

describe("figures by hand", () => {
  const rows = Uint32Array.of(0, 1, 2, 3);
  const times = new Float64Array(4);

  test("of intervals and of one quantile", () => {
    const known = { task: tasks.regression, outcomes: { values: Float64Array.of(1, 3, 3, 9) }, times, rows };
    const wide = Float32Array.of(1, 1, 2, 2, 0, 3, 3, 4, 5, 4, 3, 8);
    const values = metricValues(scoredRows(known, wide));
    // 1 in [1, 2], 3 in [0, 3], 3 not in [4, 5], 9 not in [3, 8]; widths 1, 3, 1, 5.
    expect([values.get("coverage"), values.get("intervalWidth")]).toEqual([0.5, 2.5]);
    const scored = scoredRows({ ...known, quantile: 0.75 }, Float32Array.of(1, 4, 1, 10));
    const found = metricValues(scored);
    // Not above: 1 ≤ 1, 3 ≤ 4, 9 ≤ 10. Losses 0, 0.25 · 1, 0.75 · 2, 0.25 · 1.
    expect([found.get("quantileCoverage"), found.get("pinball")]).toEqual([0.75, 0.5]);
    expect([...(rowLosses(scored) ?? [])]).toEqual([0, 0.25, 1.5, 0.25]);
    expect(found.has("rmse")).toBe(false);
  });

  test("of sets, of some rows as well", () => {
    const known = { task: tasks.binary, outcomes: { values: Float64Array.of(1, 0, 1, 0) }, times, rows };
    const scored = scoredRows(known, Float32Array.of(0.9, 0, 1, 0.8, 0, 1, 0.5, 1, 1, 0.5, 0, 0));
    const values = metricValues(scored);
    // {yes} holds yes, {yes} does not hold no, {no, yes} holds yes, {} holds nothing.
    expect([values.get("coverage"), values.get("setSize")]).toEqual([0.5, 1]);
    const part = metricValues(takeRows(scored, Uint32Array.of(0, 3)));
    expect([part.get("coverage"), part.get("setSize")]).toEqual([0.5, 0.5]);
  });
});

describe("what does not fit is refused: MW0501", () => {
  const regression = {
    ...common,
    task: "regression",
    label: (f: { size: never }) => f.size,
    gates: [atLeast("coverage", 0.5)],
  } as const;
  const sure = conformal({ coverage: 0.9 });
  const quantiles = conformal({ coverage: 0.9, scores: "quantiles" });
  const made = (options: object) => () =>
    model("box", { ...regression, trainer: gbdt(), ...options } as never);
  test.each<readonly [string, () => unknown]>([
    ["sets of numbers", made({ sets: sure })],
    ["both", made({ sets: sure, intervals: sure })],
    ["quantiles of a trainer that has none", made({ trainer: linear(), intervals: quantiles })],
    ["unknown scores", made({ intervals: { ...sure, scores: "other" } })],
    [
      "trainers of different quantiles",
      made({ trainer: [gbdt({ loss: "quantile", quantile: 0.9 }), gbdt()] }),
    ],
    [
      "a search for the quantile",
      made({ tuning: tune({ space: { quantile: float(0.1, 0.9) }, trials: 2 }) }),
    ],
  ])("%s", (_, call) => {
    expect(call).toThrow("MW0501");
  });
  test("intervals of classes, and sets with scores", () => {
    const binary = {
      ...common,
      task: "binary",
      label: (f: { sold: { eq(n: number): never } }) => f.sold.eq(1),
    };
    const of = (options: object) => () =>
      model("box", { ...binary, trainer: logistic(), gates: [atLeast("auc", 0.5)], ...options } as never);
    expect(of({ intervals: sure })).toThrow("MW0501");
    expect(of({ sets: quantiles })).toThrow("MW0501");
    expect(of({ sets: sure })).not.toThrow();
  });
  test("a coverage that is no share, and an unknown option", () => {
    expect(() => conformal({ coverage: 90 })).toThrow("MW0104");
    expect(made({ intervals: { coverage: 90 } })).toThrow("MW0104");
    expect(() => conformal({ coverage: 0.9, alpha: 0.1 } as never)).toThrow("MW0103");
  });
});

test("what an answer holds is part of the contract; without it the contract is as it was", () => {
  const given = {
    ...common,
    task: "regression",
    label: (f: { size: never }) => f.size,
    trainer: gbdt(),
  } as const;
  const made = (options: object) =>
    model("box", { ...given, gates: [atLeast("r2", 0)], ...options } as never);
  const sure = made({ intervals: conformal({ coverage: 0.9 }) });
  expect(sure.contract).toEqual({
    ...(made({}).contract as object),
    intervals: { coverage: 0.9, scores: "absolute" },
  });
  expect(made({ trainer: gbdt({ loss: "quantile", quantile: 0.9 }) })).toMatchObject({
    quantile: 0.9,
    metric: "pinball",
    baseline: { name: "trainingQuantile", options: { quantile: 0.9 } },
  });
});
