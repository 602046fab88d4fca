import { describe, expect, test } from "vitest";
import type { ExpressionNode } from "../../kernel/index.js";
import type { Task } from "../task.js";
import { evaluate } from "./evaluate.js";
import { rowLosses } from "./row-losses.js";
import { scoredRows, type KnownRows } from "./scored-rows.js";
import { anomalyRows, binaryRows, multiclassRows, quantileRows, rankingRows } from "./task-rows.testing.js";

const mean = (values: Float64Array | undefined) =>
  (values ?? new Float64Array()).reduce((sum, value) => sum + value, 0) / (values?.length ?? 0);

describe("what rows cost", () => {
  test("is on average the loss of the evaluation", () => {
    expect(mean(rowLosses(binaryRows()))).toBeCloseTo(evaluate(binaryRows(), 1).metrics.logLoss.value, 12);
    expect(mean(rowLosses(multiclassRows()))).toBeCloseTo(
      evaluate(multiclassRows(), 1).metrics.logLoss?.value ?? NaN,
      12,
    );
    const rmse = evaluate(quantileRows(), 1).metrics.rmse?.value ?? NaN;
    expect(mean(rowLosses(quantileRows()))).toBeCloseTo(rmse ** 2, 12);
  });

  test("is unknown where a row has no cost of its own", () => {
    expect(rowLosses(rankingRows())).toBeUndefined();
    expect(rowLosses(anomalyRows())).toBeUndefined();
    expect(rowLosses({ ...quantileRows(), quantiles: [0.1, 0.2, 0.9] })).toBeUndefined();
  });
});

describe("scores with the outcomes of a spine", () => {
  const label: ExpressionNode = { op: "column", name: "y" };
  const matureAfterMs = 0;
  const known = (task: Task, values: readonly number[], groups?: readonly number[]): KnownRows => ({
    task,
    outcomes: {
      values: Float64Array.from(values),
      ...(groups === undefined ? {} : { groups: Int32Array.from(groups) }),
    },
    times: Float64Array.of(10, 20, 30, 40),
    weights: Float64Array.of(1, 2, 3, 4),
    rows: Uint32Array.of(3, 1),
  });
  const scores = Float32Array.of(0.25, 0.75);
  const common = { times: Float64Array.of(40, 20), weights: Float32Array.of(4, 2), scores };

  test("are those of the scored rows, in their order", () => {
    const binary = known({ kind: "binary", label, matureAfterMs }, [0, 1, NaN, 0]);
    expect(scoredRows(binary, scores)).toEqual({ task: "binary", ...common, labels: Uint8Array.of(0, 1) });
    const regression = known({ kind: "regression", label, matureAfterMs }, [5, 6, NaN, 8]);
    expect(scoredRows(regression, scores)).toEqual({
      task: "regression",
      ...common,
      values: Float64Array.of(8, 6),
    });
    const ranking = known(
      { kind: "ranking", label, group: label, matureAfterMs },
      [0, 1, 2, 3],
      [7, 8, 7, 8],
    );
    expect(scoredRows(ranking, scores)).toEqual({
      task: "ranking",
      ...common,
      relevance: Float64Array.of(3, 1),
      groups: Int32Array.of(8, 8),
    });
    const classes = known({ kind: "multiclass", label, classes: ["a", "b"], matureAfterMs }, [0, 1, 1, 0]);
    expect(scoredRows(classes, scores)).toMatchObject({ labels: Uint16Array.of(0, 1), classes: ["a", "b"] });
  });

  test("of anomalies leave out rows of which nothing is known, unless that is all", () => {
    const some = known({ kind: "anomaly", label, matureAfterMs }, [NaN, 1, NaN, NaN]);
    expect(scoredRows(some, scores)).toEqual({
      task: "anomaly",
      scores: Float32Array.of(0.75),
      times: Float64Array.of(20),
      weights: Float32Array.of(2),
      labels: Uint8Array.of(1),
    });
    const none = known({ kind: "anomaly", matureAfterMs }, [NaN, NaN, NaN, NaN]);
    expect(scoredRows(none, scores)).toEqual({ task: "anomaly", ...common });
  });
});
