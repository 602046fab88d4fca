import { describe, expect, test } from "vitest";
import { evaluate } from "./evaluate.js";
import type { Figure } from "./figures.js";
import { metricsOf, metricTable } from "./metric-table.js";
import type { AnomalyScored, MulticlassScored, RankingScored, RegressionScored, Scored } from "./scored.js";
import {
  anomalyRows,
  binaryRows,
  everyTask,
  multiclassRows,
  quantileRows,
  rankingRows,
  regressionRows,
} from "./task-rows.testing.js";

const codeOf = (code: string) => expect.objectContaining({ code }) as Error;
const reasonOf = (figure: Figure | undefined) => (figure?.value === null ? figure.reason : undefined);

describe.each(everyTask.map((scored) => [scored.task, scored] as const))(
  "an evaluation of %s",
  (task, scored) => {
    const evaluation = evaluate(scored, 3);

    test("has every metric of the task, measured within its range or with a reason", () => {
      expect(Object.keys(evaluation.metrics).sort()).toEqual([...metricsOf(task)].sort());
      for (const [name, figure] of Object.entries(evaluation.metrics) as [
        keyof typeof metricTable,
        Figure,
      ][]) {
        if (figure.value === null) {
          expect(figure.reason).not.toBe("");
          continue;
        }
        const [least, most] = metricTable[name].range;
        expect(figure.value).toBeGreaterThanOrEqual(least);
        expect(figure.value).toBeLessThanOrEqual(most);
        expect(figure.interval.low).toBeLessThanOrEqual(figure.interval.high);
        expect(figure.interval.level).toBe(0.95);
      }
    });

    test("is plain JSON without NaN, and repeatable", () => {
      expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation);
      expect(evaluate(scored, 3)).toEqual(evaluation);
    });

    test("says what was resampled", () => {
      const { unit, replicates } = evaluation.resampling;
      expect([unit, replicates]).toEqual([task === "ranking" ? "groups" : "days", 200]);
    });
  },
);

describe("what is resampled", () => {
  test("groups where they are given, days of several, else rows", () => {
    const rows = binaryRows();
    const groups = Int32Array.from(rows.times, (_, row) => row % 4);
    const unitOf = (scored: Scored) => evaluate(scored, 1).resampling;
    expect(unitOf({ ...rows, groups })).toMatchObject({ unit: "groups", count: 4 });
    expect(unitOf(rows)).toMatchObject({ unit: "days", count: 10 });
    const times = rows.times.map(() => 0);
    expect(unitOf({ ...rows, times })).toMatchObject({ unit: "rows", count: 200 });
  });

  test("copies of whole days bring no width", () => {
    const { scores, labels, ...rest } = binaryRows();
    const sameDay = (row: number) => Math.floor(row / 10);
    const copied = {
      ...rest,
      scores: scores.map((_, row) => scores[sameDay(row)]),
      labels: labels.map((_, row) => labels[sameDay(row)]),
    };
    const { metrics } = evaluate(copied, 1);
    expect(metrics.logLoss.interval.high - metrics.logLoss.interval.low).toBeLessThan(1e-12);
  });
});

describe("what cannot be measured has a reason", () => {
  test("precision where nothing is predicted positive", () => {
    const { metrics } = evaluate({ ...binaryRows(), threshold: 1.5 }, 1);
    expect(reasonOf(metrics.precision)).toBe("no row is predicted positive at 1.5");
    // By the definitions of scikit-learn: nothing is found, and a table with an empty column has no correlation.
    expect([metrics.recall?.value, metrics.f1?.value, metrics.mcc?.value]).toEqual([0, 0, 0]);
  });

  test("zeros, and values that the deviance does not take", () => {
    const rows = regressionRows();
    const zeros = evaluate({ ...rows, values: rows.values.map(() => 0) }, 1);
    expect(reasonOf(zeros.metrics.mape)).toBe("all values are 0");
    expect(reasonOf(zeros.metrics.r2)).toBe("all values are equal");
    expect(zeros.zeros).toBe(200);
    const negative = evaluate({ ...rows, values: rows.values.map((value) => value - 1) }, 1);
    expect(reasonOf(negative.metrics.poissonDeviance)).toContain("below 0");
  });

  test("no quantiles and no intervals; quantiles without the middle one", () => {
    const { metrics } = evaluate(regressionRows(), 1);
    expect(reasonOf(metrics.pinball)).toBe("there are no quantiles");
    expect(reasonOf(metrics.coverage)).toBe("there are no intervals");
    const { residuals, metrics: outer } = evaluate({ ...quantileRows(), quantiles: [0.1, 0.4, 0.9] }, 1);
    expect(reasonOf(outer.rmse)).toBe("there is no prediction of the quantile 0.5");
    expect([residuals, typeof outer.pinball?.value]).toEqual([null, "number"]);
  });

  test("anomalies without labels: the scores alone, and no labels is said", () => {
    const { metrics, known, scores } = evaluate(anomalyRows({ labelled: false }), 1);
    expect(Object.values(metrics).map(reasonOf)).toEqual(["no labels", "no labels", "no labels"]);
    expect(known).toBeNull();
    expect(scores.counts.reduce((sum, count) => sum + count, 0)).toBe(200);
  });

  test("lists without anything relevant, and a class that does not occur", () => {
    const rows = rankingRows();
    const nothing = evaluate({ ...rows, relevance: rows.relevance.map(() => 0) }, 1);
    expect(reasonOf(nothing.metrics.ndcg)).toBe("no list has a relevant item");
    expect([nothing.lists, nothing.relevantLists]).toEqual([20, 0]);
    const classes = multiclassRows();
    const { metrics, classes: each } = evaluate({ ...classes, labels: classes.labels.map(() => 2) }, 1);
    expect(reasonOf(metrics.macroAuc)).toBe("only one class occurs");
    expect(reasonOf(each[0].recall)).toBe('"a" does not occur');
  });
});

describe("given intervals", () => {
  test("are counted by hand", () => {
    const scored: RegressionScored = {
      task: "regression",
      scores: Float32Array.of(1, 2, 3, 4),
      values: Float64Array.of(1, 3, 3, 9),
      times: Float64Array.of(0, 1e9, 2e9, 3e9),
      intervals: { low: Float32Array.of(1, 0, 4, 3), high: Float32Array.of(2, 3, 5, 8) },
    };
    const { metrics, residuals } = evaluate(scored, 1);
    // The ends count: 1 in [1, 2], 3 in [0, 3], 3 not in [4, 5], 9 not in [3, 8]; widths 1, 3, 1, 5.
    expect([metrics.coverage?.value, metrics.intervalWidth?.value]).toEqual([0.5, 2.5]);
    expect(residuals?.edges.at(0)).toBe(0);
    expect(residuals?.edges.at(-1)).toBe(5);
    expect(residuals?.counts.filter((count) => count > 0)).toEqual([2, 1, 1]);
  });
});

describe("precision at k", () => {
  test("counts equal scores at the edge by their mean, by hand", () => {
    const scored: AnomalyScored = {
      task: "anomaly",
      scores: Float32Array.of(9, 5, 5, 5, 1),
      labels: Uint8Array.of(1, 1, 0, 0, 0),
      times: new Float64Array(5),
      k: 2,
    };
    // The first is found; the second place holds one of three, a third of which is an anomaly: (1 + 1/3) / 2.
    expect(evaluate(scored, 1).metrics.precisionAtK?.value).toBeCloseTo(2 / 3, 12);
  });
});

describe("rows that cannot be evaluated: MW0502", () => {
  const classes = multiclassRows();
  const lists = rankingRows();
  test.each<[string, Scored]>([
    [
      "no rows",
      {
        ...regressionRows(),
        scores: new Float32Array(),
        values: new Float64Array(),
        times: new Float64Array(),
      },
    ],
    ["scores of another number", { ...regressionRows(), scores: new Float32Array(3) }],
    ["a value that is no number", { ...regressionRows(), values: new Float64Array(200).fill(NaN) }],
    ["an infinite score", { ...anomalyRows(), scores: new Float32Array(200).fill(Infinity) }],
    ["probabilities that do not sum to 1", { ...classes, scores: classes.scores.map((p) => p / 2) }],
    ["a class that is not there", { ...classes, labels: classes.labels.map(() => 3) }],
    ["one list", { ...lists, groups: lists.groups.map(() => 1) }],
    ["a relevance below 0", { ...lists, relevance: lists.relevance.map(() => -1) }],
    ["a weight of 0", { ...binaryRows(), weights: new Float32Array(200) }],
    ["a label above 1", { ...anomalyRows(), labels: new Uint8Array(200).fill(2) }],
  ])("%s", (_, scored) => {
    expect(() => evaluate(scored, 1)).toThrow(codeOf("MW0502"));
  });
});

describe("types", () => {
  test("an evaluation is of the task of its rows", () => {
    const ranking: RankingScored = rankingRows();
    const classes: MulticlassScored = multiclassRows();
    expect([evaluate(ranking, 1).lists, evaluate(classes, 1).confusion.length]).toEqual([20, 3]);
  });
});
