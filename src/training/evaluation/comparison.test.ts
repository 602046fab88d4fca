import { describe, expect, test } from "vitest";
import { seededRng } from "../../kernel/index.js";
import { comparePaired, verdictOf } from "./comparison.js";
import { replicateMetrics } from "./figures.js";
import type { RegressionScored, Scored } from "./scored.js";
import { anomalyRows, binaryRows, everyTask, multiclassRows, regressionRows } from "./task-rows.testing.js";

const codeOf = (code: string) => expect.objectContaining({ code }) as Error;
const compared = (a: Scored, b: Scored, seed = 5) =>
  comparePaired(replicateMetrics(a, { seed }), replicateMetrics(b, { seed }));

/** Errors that are mostly common to both models. */
function twins(rows: number, seed: number, gain: number): readonly [RegressionScored, RegressionScored] {
  const rng = seededRng(seed);
  const noise = Array.from({ length: rows }, () => rng.next() * 10 - 5);
  const own = Array.from({ length: rows }, () => rng.next() - 0.5);
  const scored = (error: (row: number) => number): RegressionScored => ({
    task: "regression",
    scores: Float32Array.from(noise, (_, row) => error(row)),
    values: new Float64Array(rows),
    times: new Float64Array(rows),
  });
  return [scored((row) => (1 - gain) * noise[row]), scored((row) => noise[row] + 0.1 * own[row])];
}

describe("a paired comparison", () => {
  test.each(everyTask.map((scored) => [scored.task, scored] as const))(
    "of a %s model with itself has differences of nothing, exactly",
    (_, scored) => {
      for (const figure of Object.values(compared(scored, scored).metrics)) {
        if (figure.difference === null) expect(figure.reason).not.toBe("");
        else expect(figure.difference).toEqual({ value: 0, interval: { low: 0, high: 0, level: 0.95 } });
      }
    },
  );

  test("is the difference of the two evaluations, candidate less reference", () => {
    const rows = binaryRows();
    const flat = { ...rows, scores: rows.scores.map(() => 0.5) };
    const { metrics, rows: count, resampling, task } = compared(rows, flat);
    expect([task, count, resampling]).toEqual(["binary", 200, { unit: "days", count: 10, replicates: 200 }]);
    // The AUC of scikit-learn for these rows (golden.test.ts), against that of equal scores.
    expect(metrics.auc?.candidate).toBeCloseTo(0.8525083999536553, 12);
    expect(metrics.auc?.reference).toBe(0.5);
    expect(metrics.auc?.difference?.value).toBeCloseTo(0.3525083999536553, 12);
    expect(metrics.logLoss?.reference).toBeCloseTo(Math.LN2, 12);
  });

  test("turned round has the interval turned round", () => {
    const rows = multiclassRows();
    const other = { ...rows, scores: rows.scores.map((_, i) => [0.5, 0.25, 0.25][i % 3]) };
    const there = compared(rows, other).metrics.logLoss?.difference;
    const back = compared(other, rows).metrics.logLoss?.difference;
    expect(back?.interval.low).toBeCloseTo(-(there?.interval.high ?? NaN), 12);
    expect(back?.interval.high).toBeCloseTo(-(there?.interval.low ?? NaN), 12);
  });

  test("sees a small difference that the intervals of each model hide", () => {
    const [better, worse] = twins(2_000, 3, 0.02);
    const alone = [better, worse].map((scored) => {
      const { draws } = replicateMetrics(scored, { seed: 5 }).figures.get("rmse") ?? {
        draws: new Float64Array(),
      };
      return [Math.min(...draws), Math.max(...draws)];
    });
    expect(alone[0][1]).toBeGreaterThan(alone[1][0]);
    const { rmse } = compared(better, worse).metrics;
    expect(rmse?.difference?.interval.high).toBeLessThan(0);
    expect(verdictOf("rmse", rmse?.difference ?? null, 0)).toBe("better");
  });

  test("covers the true difference at about the stated level", () => {
    // Errors of the two differ by noise alone: |e + d| against |e − d| with d symmetric, so the true difference of mean
    // absolute errors is 0. Of 100 samples at 95 % fewer than 87 has a chance under 1e-3.
    let covered = 0;
    for (let sample = 0; sample < 100; sample++) {
      const rng = seededRng(700 + sample);
      const rows = Array.from({ length: 300 }, () => [rng.next() * 8 - 4, rng.next() - 0.5]);
      const scored = (sign: number): RegressionScored => ({
        task: "regression",
        scores: Float32Array.from(rows, ([e, d]) => e + sign * d),
        values: new Float64Array(300),
        times: new Float64Array(300),
      });
      const { mae } = compared(scored(1), scored(-1), sample).metrics;
      const { low = NaN, high = NaN } = mae?.difference?.interval ?? {};
      if (low <= 0 && high >= 0) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(87);
  });

  test("has a reason where one of the two is not measured", () => {
    const rows = binaryRows();
    const never = { ...rows, scores: rows.scores.map((score) => score / 4) };
    const { precision } = compared(rows, never).metrics;
    expect(precision).toMatchObject({ reference: null, difference: null });
    expect(precision?.candidate).toBeGreaterThan(0);
    const { auc } = compared(anomalyRows({ labelled: false }), anomalyRows({ labelled: false })).metrics;
    expect(auc).toEqual({ candidate: null, reference: null, difference: null, reason: "no labels" });
  });

  test("needs the same rows, resampled alike: MW0503", () => {
    const rows = binaryRows();
    const own = replicateMetrics(rows, { seed: 1 });
    const other = (scored: Scored, seed = 1, replicates = 200) =>
      replicateMetrics(scored, { seed, replicates });
    for (const reference of [
      other(rows, 2),
      other(rows, 1, 100),
      other({ ...rows, labels: rows.labels.map((label) => 1 - label) }),
      other({ ...rows, times: rows.times.map((time) => time + 1) }),
      other(binaryRows({ weighted: true })),
      other(regressionRows()),
    ]) {
      expect(() => comparePaired(own, reference)).toThrow(codeOf("MW0503"));
    }
    expect(() => comparePaired(own, other({ ...rows, threshold: 0.3 }))).not.toThrow();
  });
});

describe("a verdict", () => {
  const difference = (low: number, high: number) => ({
    value: (low + high) / 2,
    interval: { low, high, level: 0.95 },
  });

  test.each([
    [0.02, 0.05, "better"],
    [-0.05, -0.02, "worse"],
    [-0.01, 0.01, "equivalent"],
    [-0.005, 0.005, "equivalent"],
    [0.005, 0.05, "unresolved"],
    [-0.05, 0.005, "unresolved"],
    [-0.05, 0.05, "unresolved"],
    [0.01, 0.05, "unresolved"],
  ] as const)("of a difference of %d to %d with margin 0.01 is %s", (low, high, verdict) => {
    expect(verdictOf("auc", difference(low, high), 0.01)).toBe(verdict);
    // Of a loss less is better.
    expect(verdictOf("logLoss", difference(-high, -low), 0.01)).toBe(verdict);
  });

  test("of what was not measured is unresolved; of nothing at all, equivalent", () => {
    expect(verdictOf("auc", null, 1)).toBe("unresolved");
    expect(verdictOf("auc", difference(0, 0), 0)).toBe("equivalent");
  });
});
