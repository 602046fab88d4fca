import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRng } from "../kernel/index.js";
import { weightedMetrics } from "./binary-measure.js";
import { bootstrapIntervals, metricNames } from "./bootstrap.js";
import { auc, brierScore, logLoss } from "./classification-metrics.js";
import { groupUnits, poissonCounts, resampler, rowUnits } from "./resampling.js";
import { calibratedRows, ranked, scoredRows } from "./scored-rows.testing.js";

describe("weightedMetrics", () => {
  test("equals the metrics of the sample with each row repeated", () => {
    fc.assert(
      fc.property(scoredRows(40), fc.integer({ min: 1, max: 1e6 }), (rows, seed) => {
        const ranking = ranked(rows);
        const drawn = new Uint16Array(ranking.count);
        resampler(rowUnits(ranking.count), seededRng(seed))(drawn);
        const weights = Float64Array.from(drawn);
        const repeated = Array.from(weights).flatMap((times, i) => new Array<number>(times).fill(i));
        const labels = repeated.map((i) => ranking.labels[i]);
        const metrics = weightedMetrics(ranking, 5)(weights);
        if (new Set(labels).size < 2) {
          expect(metrics).toBeUndefined();
          return;
        }
        const sample = ranked({ scores: repeated.map((i) => ranking.scores[i]), labels });
        expect(metrics?.[0]).toBeCloseTo(auc(sample), 12);
        expect(metrics?.[1]).toBeCloseTo(logLoss(sample), 12);
        expect(metrics?.[2]).toBeCloseTo(brierScore(sample), 12);
      }),
    );
  });

  test("keeps the calibration bins of the sample", () => {
    // By hand: bins {0.1, 0.2} and {0.6, 0.9}; surpluses 2·0.1 + 0.2 − 1 = −0.6 and 0.6 − 1 + 3·0.9 − 3 = −0.7; 7 rows.
    const ranking = ranked({ scores: [0.1, 0.2, 0.6, 0.9], labels: [0, 1, 1, 1] });
    expect(weightedMetrics(ranking, 2)(Float64Array.of(2, 1, 1, 3))?.[3]).toBeCloseTo(1.3 / 7, 12);
  });
});

describe("Poisson weights", () => {
  test("have mean and variance exactly 1", () => {
    const moment = (power: number) => poissonCounts.reduce((sum, count, k) => sum + count * k ** power, 0);
    expect([moment(0), moment(1), moment(2)]).toEqual([65536, 65536, 2 * 65536]);
  });

  test("have the probabilities of the law to within 3 in 65,536", () => {
    let expected = 65536 / Math.E;
    poissonCounts.forEach((count, k) => {
      if (k > 0) expected /= k;
      expect(Math.abs(count - expected)).toBeLessThan(4);
    });
  });
});

describe("bootstrapIntervals", () => {
  test("is a function of the rows and the seed", () => {
    const ranking = ranked(calibratedRows(500, 3));
    const first = bootstrapIntervals(ranking, { seed: 9 });
    expect(bootstrapIntervals(ranking, { seed: 9 })).toEqual(first);
    expect(bootstrapIntervals(ranking, { seed: 10 })).not.toEqual(first);
    for (const name of ["auc", "logLoss", "brier"] as const) {
      expect(first[name].interval.low).toBeLessThan(first[name].value);
      expect(first[name].interval.high).toBeGreaterThan(first[name].value);
    }
  });

  test("covers the true values at about the stated level", () => {
    // Uniform p, labels by p: AUC 5/6, log loss ½, Brier 1/6, by integration. 120 samples at 90 %: the binomial law
    // leaves under 1e-3 outside [96, 119]; the percentile method errs by about a per cent itself at 800 rows.
    const truth = { auc: 5 / 6, logLoss: 1 / 2, brier: 1 / 6 };
    const covered = { auc: 0, logLoss: 0, brier: 0 };
    for (let sample = 0; sample < 120; sample++) {
      const ranking = ranked(calibratedRows(800, 1000 + sample));
      const found = bootstrapIntervals(ranking, { seed: sample, level: 0.9, replicates: 150 });
      for (const name of ["auc", "logLoss", "brier"] as const) {
        const { low, high } = found[name].interval;
        if (low <= truth[name] && truth[name] <= high) covered[name]++;
      }
    }
    for (const count of Object.values(covered)) {
      expect(count).toBeGreaterThanOrEqual(95);
      expect(count).toBeLessThanOrEqual(119);
    }
  });

  test.each([
    ["calibrated probabilities", 1, 0],
    ["probabilities drawn apart", 0.8, 0.05],
    ["hardly calibrated ones", 0.4, 0.15],
  ])("covers the true calibration error of %s at about the stated level", (_, slope, truth) => {
    // Labels are 1 with chance ½ + slope·(p − ½), so the error is ∫ (1 − slope)·|p − ½| dp = (1 − slope) / 4. 120
    // samples at 90 %: the binomial law leaves under 1e-3 below 96; the correction for noise is allowed 5 % itself.
    let covered = 0;
    for (let sample = 0; sample < 120; sample++) {
      const { interval } = bootstrapIntervals(ranked(calibratedRows(1000, 2000 + sample, slope)), {
        seed: sample,
        level: 0.9,
        replicates: 100,
      }).ece;
      if (interval.low <= truth && truth <= interval.high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(90);
  });

  test("by cluster sees that copies of a row bring no news", () => {
    const { scores, labels } = calibratedRows(400, 5);
    const copies = 9;
    const repeat = (values: readonly number[]) =>
      values.flatMap((value) => new Array<number>(copies).fill(value));
    const ranking = ranked({ scores: repeat(scores), labels: repeat(labels) });
    const groups = Int32Array.from(repeat([...scores.keys()]));
    const width = (intervals: ReturnType<typeof bootstrapIntervals>) =>
      intervals.auc.interval.high - intervals.auc.interval.low;
    const byRow = width(bootstrapIntervals(ranking, { seed: 1, replicates: 400 }));
    const byCluster = width(bootstrapIntervals(ranking, { seed: 1, replicates: 400, groups }));
    // Nine copies shrink the row bootstrap's width by √9; the cluster bootstrap's not at all.
    expect(byCluster / byRow).toBeGreaterThan(2.4);
    expect(byCluster / byRow).toBeLessThan(3.6);
  });

  test("numbers groups in the order of their ids, whatever the rows' order", () => {
    const units = groupUnits(Int32Array.of(70, -3, 70));
    expect(units).toEqual({ count: 2, ofRow: Int32Array.of(1, 0, 1), rows: false });
  });

  test("refuses what it cannot resample", () => {
    const ranking = ranked({ scores: [0.2, 0.7], labels: [0, 1] });
    expect(() => bootstrapIntervals(ranking, { seed: 1, groups: Int32Array.of(1) })).toThrow(/MW1401/);
    expect(() => bootstrapIntervals(ranking, { seed: 1, groups: Int32Array.of(1, 1) })).toThrow(/MW1401/);
    expect(() => bootstrapIntervals(ranking, { seed: 1, replicates: 1 })).toThrow(/MW1401/);
    expect(() => bootstrapIntervals(ranking, { seed: 1, level: 1 })).toThrow(/MW1401/);
    const margins = ranked({ scores: [-2, 2], labels: [0, 1] });
    expect(() => bootstrapIntervals(margins, { seed: 1 })).toThrow(/MW1402/);
  });

  test("draws again while a class is absent", () => {
    const intervals = bootstrapIntervals(ranked({ scores: [0.2, 0.7], labels: [0, 1] }), { seed: 1 });
    for (const name of metricNames) expect(Number.isFinite(intervals[name].interval.low)).toBe(true);
  });
});
