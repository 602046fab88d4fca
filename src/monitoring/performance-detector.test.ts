import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRng } from "../kernel/index.js";
import type { Estimate, MetricEstimates } from "../stats/index.js";
import { assessPerformance, type OutcomeRow } from "./performance-detector.js";
import { compilePerformancePolicy } from "./performance-policy.js";

const dayMs = 86_400_000;
const endMs = 8 * dayMs;
const policy = compilePerformancePolicy({ replicates: 100 });

/** A week of rows whose labels follow the probability with chance `skill`, and a coin otherwise. */
function drawOutcomes(count: number, skill: number, seed = 1): OutcomeRow[] {
  const rng = seededRng(seed);
  return Array.from({ length: count }, (_, i) => {
    const probability = rng.next();
    const chance = rng.next() < skill ? probability : 0.5;
    const atMs = Math.floor((i / count) * 7 * dayMs);
    return { atMs, matureAtMs: atMs + dayMs, probability, label: rng.next() < chance ? 1 : 0 };
  });
}

/** Uniform calibrated probabilities: AUC 5/6, log loss ½, Brier 1/6, by integration. */
const reference: MetricEstimates = {
  auc: estimate(5 / 6, 0.002),
  logLoss: estimate(1 / 2, 0.003),
  brier: estimate(1 / 6, 0.001),
  ece: estimate(0.004, 0.002),
};

function estimate(value: number, half: number): Estimate {
  return { value, interval: { low: value - half, high: value + half, level: 0.95 } };
}

function assess(rows: readonly OutcomeRow[], nowMs = endMs, chosen = policy) {
  return assessPerformance(rows, reference, { policy: chosen, nowMs });
}

describe("assessPerformance", () => {
  test("is ok while the model keeps its promise", () => {
    const result = assess(drawOutcomes(20_000, 1));
    expect(result).toMatchObject({
      state: "ok",
      rows: 20_000,
      matured: 20_000,
      labelled: 20_000,
      coverage: 1,
      clusters: 7,
    });
    if (!("metrics" in result)) throw new Error("an answer has metrics");
    expect(Math.abs(result.metrics.auc.realised.value - 5 / 6)).toBeLessThan(0.01);
    expect(result.metrics.auc.worsening.value).toBe(5 / 6 - result.metrics.auc.realised.value);
  });

  test("finds a model that lost half its skill", () => {
    const result = assess(drawOutcomes(20_000, 0.5));
    expect(result).toMatchObject({
      state: "drift",
      metrics: { auc: { state: "drift" }, logLoss: { state: "drift" } },
    });
  });

  test("is unresolved when the rows cannot tell", () => {
    expect(assess(drawOutcomes(1200, 1))).toMatchObject({ state: "unresolved" });
  });

  test("does not read rows before their label is final", () => {
    const rows = drawOutcomes(20_000, 1);
    // The last day's labels are there already, and all wrong.
    const early = rows.map((row): OutcomeRow =>
      row.atMs < 6 * dayMs ? row : { ...row, label: row.probability < 0.5 ? 1 : 0 },
    );
    const now = 7 * dayMs - 1;
    expect(assess(early, now)).toEqual(assess(rows, now));
    expect(assess(rows, now).matured).toBe(rows.filter((row) => row.atMs + dayMs <= now).length);
  });

  test("counts a mature row without a label as unlabelled, never as negative", () => {
    const rows = drawOutcomes(20_000, 1);
    const silent = rows.map(({ label, ...row }, i) =>
      i % 4 === 0 || label === undefined ? row : { ...row, label },
    );
    const result = assess(silent);
    expect(result).toMatchObject({ state: "ok", matured: 20_000, labelled: 15_000, coverage: 0.75 });
    const only = assess(rows.filter((_, i) => i % 4 !== 0));
    if (!("metrics" in result && "metrics" in only)) throw new Error("an answer has metrics");
    expect(result.metrics).toEqual(only.metrics);
  });

  test("says why there is no answer", () => {
    expect(assess([])).toMatchObject({ state: "missing", coverage: null });
    expect(assess(drawOutcomes(2000, 1), 0)).toMatchObject({
      state: "insufficient",
      matured: 0,
      coverage: null,
    });
    expect(assess(drawOutcomes(999, 1))).toMatchObject({
      state: "insufficient",
      reason: "999 rows are mature and labelled, fewer than 1000.",
    });
    const oneDay = drawOutcomes(2000, 1).map((row) => ({ ...row, atMs: 0 }));
    expect(assess(oneDay)).toMatchObject({
      state: "insufficient",
      reason: "Labelled rows fall into 1 clusters of time, fewer than 5.",
    });
    const positives = drawOutcomes(2000, 1).map((row) => ({ ...row, label: 1 as const }));
    expect(assess(positives)).toMatchObject({
      state: "insufficient",
      reason: "Rows cannot be ranked: 2000 of 2000 rows are positive.",
    });
  });

  test("does not depend on the order of rows", () => {
    const rows = drawOutcomes(3000, 0.8, 3);
    const coarse = rows.map((row) => ({ ...row, probability: Math.round(row.probability * 20) / 20 }));
    const close = (value: number) => Number(value.toPrecision(10));
    const summary = (given: readonly OutcomeRow[]) => {
      const result = assess(given);
      if (!("metrics" in result)) throw new Error("an answer has metrics");
      const { auc, logLoss } = result.metrics;
      return [
        result.state,
        auc.realised,
        close(logLoss.realised.interval.low),
        close(logLoss.worsening.interval.high),
      ];
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2999 }), (cut) => {
        expect(summary([...coarse.slice(cut), ...coarse.slice(0, cut)])).toEqual(summary(coarse));
      }),
      { numRuns: 5 },
    );
  });

  test("compiles its policy", () => {
    expect(() => compilePerformancePolicy({ aucMargn: 0.1 } as object)).toThrow(
      /MW0901.*Did you mean "aucMargin"/,
    );
    expect(() => compilePerformancePolicy({ replicates: 3 })).toThrow(/MW0901/);
    expect(compilePerformancePolicy({ aucMargin: 0.05 }).aucMargin).toBe(0.05);
  });
});
