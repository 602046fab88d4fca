import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calibrationCurve, equalMassBins } from "./calibration.js";
import {
  auc,
  averagePrecision,
  brierScore,
  confusionAt,
  expectedCalibrationError,
  logLoss,
} from "./classification-metrics.js";
import { ascendingOrder, sortFinite } from "./radix-sort.js";
import { rankScores } from "./ranking.js";
import { calibratedRows, ranked, scoredRows, type ScoredRows } from "./scored-rows.testing.js";

/** The twelve rows behind the scikit-learn figures below. */
const small: ScoredRows = {
  scores: [0.1, 0.4, 0.35, 0.8, 0.8, 0.2, 0.65, 0.35, 0.9, 0.05, 0.5, 0.5],
  labels: [0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0],
};

/** 2,000 rows with many ties, by the linear congruential generator of ANSI C. */
function generated(): ScoredRows {
  let state = 12345;
  const uniform = Array.from({ length: 4000 }, () => {
    state = Number((1103515245n * BigInt(state) + 12345n) % 2147483648n);
    return state / 2147483648;
  });
  const scores = uniform.slice(0, 2000).map((u) => (Math.round(u * 100) / 100) * 0.98 + 0.01);
  return { scores, labels: uniform.slice(2000).map((u, i) => (u < scores[i] ** 2 ? 1 : 0)) };
}

describe("metrics agree with scikit-learn 1.9.1", () => {
  // roc_auc_score, average_precision_score, log_loss, brier_score_loss
  test.each([
    ["small", small, 0.8142857142857143, 0.7277777777777779, 0.5105206068612659, 0.1725],
    ["generated", generated(), 0.8633107354329358, 0.7494978044960969, 0.5199116287645493, 0.17475103418],
  ])("on the %s rows", (_, rows, expectedAuc, precision, loss, brier) => {
    const ranking = ranked(rows);
    expect(auc(ranking)).toBeCloseTo(expectedAuc, 14);
    expect(averagePrecision(ranking)).toBeCloseTo(precision, 13);
    expect(logLoss(ranking)).toBeCloseTo(loss, 13);
    expect(brierScore(ranking)).toBeCloseTo(brier, 12);
  });
});

/** All pairs of a positive and a negative. */
function aucByPairs({ scores, labels }: ScoredRows): number {
  let won = 0;
  let pairs = 0;
  scores.forEach((a, i) =>
    scores.forEach((b, j) => {
      if (labels[i] !== 1 || labels[j] !== 0) return;
      pairs++;
      won += a > b ? 1 : a === b ? 0.5 : 0;
    }),
  );
  return won / pairs;
}

/** One confusion table for each distinct threshold. */
function averagePrecisionByThresholds({ scores, labels }: ScoredRows): number {
  const positives = labels.filter((label) => label === 1).length;
  let recallBefore = 0;
  let sum = 0;
  for (const threshold of [...new Set(scores)].sort((a, b) => b - a)) {
    const chosen = labels.filter((_, i) => scores[i] >= threshold);
    const found = chosen.filter((label) => label === 1).length;
    sum += (found / positives - recallBefore) * (found / chosen.length);
    recallBefore = found / positives;
  }
  return sum;
}

/** Walks the sorted rows one by one and closes a bin at the first tie-free place past its share. */
function calibrationErrorByRows({ scores, labels }: ScoredRows, bins: number): number {
  const rows = scores.map((p, i) => ({ p, y: labels[i] })).sort((a, b) => a.p - b.p);
  const boundaries = new Set(
    Array.from({ length: bins }, (_, b) => Math.floor(((b + 1) * rows.length) / bins)),
  );
  let error = 0;
  let bin: typeof rows = [];
  let due = false;
  rows.forEach((row, i) => {
    bin.push(row);
    due ||= boundaries.has(i + 1);
    if (!due || rows[i + 1]?.p === row.p) return;
    const mean = (of: (r: typeof row) => number) => bin.reduce((sum, r) => sum + of(r), 0) / bin.length;
    error += (bin.length / rows.length) * Math.abs(mean((r) => r.p) - mean((r) => r.y));
    bin = [];
    due = false;
  });
  return error;
}

describe("metrics agree with their definitions", () => {
  test("on any rows", () => {
    fc.assert(
      fc.property(scoredRows(), fc.integer({ min: 1, max: 20 }), (rows, bins) => {
        const ranking = ranked(rows);
        expect(auc(ranking)).toBeCloseTo(aucByPairs(rows), 12);
        expect(averagePrecision(ranking)).toBeCloseTo(averagePrecisionByThresholds(rows), 12);
        expect(expectedCalibrationError(ranking, bins)).toBeCloseTo(calibrationErrorByRows(rows, bins), 12);
      }),
    );
  });

  test("equal-mass calibration error without ties is numpy.array_split's", () => {
    // NumPy 2.4.6 on 300 distinct probabilities k + ½ over 300, labels by the ANSI C generator: 0.0855….
    let state = 12345;
    const uniform = Array.from({ length: 600 }, () => {
      state = Number((1103515245n * BigInt(state) + 12345n) % 2147483648n);
      return state / 2147483648;
    });
    const first = uniform.slice(0, 300);
    const scores = first.map((u) => (first.filter((v) => v < u).length + 0.5) / 300);
    const labels = uniform.slice(300).map((u, i) => (u < scores[i] ? 1 : 0));
    expect(expectedCalibrationError(ranked({ scores, labels }))).toBeCloseTo(0.08555555555555558, 13);
  });

  test("are the same to the last bit when rows are shuffled", () => {
    fc.assert(
      fc.property(scoredRows(), fc.integer(), (rows, salt) => {
        const keys = rows.scores.map((_, i) => Math.sin(i * 12.9898 + salt));
        const order = keys.map((_, i) => i).sort((a, b) => keys[a] - keys[b]);
        const shuffled = {
          scores: order.map((i) => rows.scores[i]),
          labels: order.map((i) => rows.labels[i]),
        };
        for (const metric of [auc, averagePrecision, logLoss, brierScore, expectedCalibrationError]) {
          expect(metric(ranked(shuffled))).toBe(metric(ranked(rows)));
        }
      }),
    );
  });
});

describe("log loss", () => {
  test("clips a sure mistake at 1e-15", () => {
    // One of two rows is sure and wrong: −ln(1e-15) = 34.5388; the other costs nothing.
    expect(logLoss(ranked({ scores: [0, 0], labels: [0, 1] }))).toBeCloseTo(34.538776394910684 / 2, 10);
  });

  test("refuses scores that are not probabilities, which AUC accepts", () => {
    const ranking = ranked({ scores: [-3, 2], labels: [0, 1] });
    expect(auc(ranking)).toBe(1);
    expect(() => logLoss(ranking)).toThrow(/MW1402/);
    expect(() => brierScore(ranking)).toThrow(/MW1402/);
    expect(() => expectedCalibrationError(ranking)).toThrow(/MW1402/);
  });
});

describe("confusionAt", () => {
  test("counts a score at the threshold as positive", () => {
    // By hand: scores ≥ 0.5 are 0.8+ 0.8− 0.65+ 0.9+ 0.5+ 0.5−.
    expect(confusionAt(ranked(small), 0.5)).toEqual({
      threshold: 0.5,
      truePositives: 4,
      falsePositives: 2,
      trueNegatives: 5,
      falseNegatives: 1,
      precision: 4 / 6,
      recall: 4 / 5,
      specificity: 5 / 7,
    });
  });

  test("has no precision when nothing is predicted positive", () => {
    expect(confusionAt(ranked(small), 2)).toMatchObject({ precision: null, recall: 0, specificity: 1 });
  });
});

describe("calibrationCurve", () => {
  test("partitions the rows, never splitting equal scores", () => {
    fc.assert(
      fc.property(scoredRows(), fc.integer({ min: 1, max: 12 }), (rows, bins) => {
        const ranking = ranked(rows);
        const points = calibrationCurve(ranking, { bins });
        expect(points.reduce((sum, point) => sum + point.count, 0)).toBe(ranking.count);
        expect(points.length).toBeLessThanOrEqual(bins);
        for (const end of equalMassBins(ranking, bins).slice(0, -1)) {
          expect(ranking.scores[end]).toBeGreaterThan(ranking.scores[end - 1]);
        }
        for (const { observedRate, interval } of points) {
          expect(interval.low).toBeLessThanOrEqual(observedRate);
          expect(interval.high).toBeGreaterThanOrEqual(observedRate);
        }
      }),
    );
  });

  test("of a calibrated model covers the diagonal at the stated level", () => {
    // 40 bins at 95 %: fewer than 32 covering has a chance of about 1e-4 under the binomial law.
    const points = calibrationCurve(ranked(calibratedRows(40_000, 7)), { bins: 40 });
    const covering = points.filter(
      (p) => p.interval.low <= p.meanPredicted && p.meanPredicted <= p.interval.high,
    );
    expect(covering.length).toBeGreaterThanOrEqual(33);
  });

  test("refuses no bins", () => {
    expect(() => calibrationCurve(ranked(small), { bins: 0 })).toThrow(/MW1401/);
  });
});

describe("rankScores", () => {
  test.each([
    ["no-rows", [], []],
    ["length-mismatch", [0.5], [0, 1]],
    ["score-not-finite", [0.5, NaN], [0, 1]],
    ["score-not-finite", [0.5, Infinity], [0, 1]],
    ["label-not-binary", [0.5, 0.6], [0, 2]],
    ["one-class", [0.5, 0.6], [1, 1]],
    ["one-class", [0.5, 0.6], [0, 0]],
  ])("answers %s", (problem, scores, labels) => {
    const result = rankScores(Float64Array.from(scores), Uint8Array.from(labels));
    expect(result).toMatchObject({ ok: false, problem });
  });

  test("widens Float32 scores without changing their order or ties", () => {
    const scores = Float32Array.from([0.1, 0.1, 0.3, -0, 0]);
    const result = rankScores(scores, Uint8Array.from([1, 0, 1, 1, 0]));
    expect(result).toMatchObject({ ok: true, ranked: { order: Uint32Array.from([4, 3, 1, 0, 2]) } });
  });
});

describe("radix sort", () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: -3, max: 3 }),
  );

  test("orders doubles as a stable comparison sort does", () => {
    fc.assert(
      fc.property(fc.array(number), (values) => {
        const order = ascendingOrder(Float64Array.from(values), Uint32Array.from(values.keys()));
        const expected = [...values.keys()].sort((a, b) => values[a] - values[b] || a - b);
        expect([...order]).toEqual(expected);
      }),
    );
  });

  test("sorts the finite numbers of a column", () => {
    const any = fc.oneof(fc.float(), fc.constantFrom(NaN, Infinity, -Infinity, 0, -0));
    fc.assert(
      fc.property(fc.array(any), (values) => {
        const expected = values.filter(Number.isFinite).sort((a, b) => a - b);
        // −0 and 0 are equal numbers; adding 0 gives both one sign.
        expect(Array.from(sortFinite(Float32Array.from(values)), (x) => x + 0)).toEqual(
          expected.map((x) => x + 0),
        );
        expect(Array.from(sortFinite(Float64Array.from(values)), (x) => x + 0)).toEqual(
          expected.map((x) => x + 0),
        );
      }),
    );
  });
});
