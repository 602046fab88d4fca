import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { confusionAt } from "./classification-metrics.js";
import { precisionRecallCurve, rocCurve } from "./curves.js";
import { calibratedRows, ranked, scoredRows } from "./scored-rows.testing.js";

describe("curves", () => {
  test("agree with scikit-learn 1.9.1's roc_curve(drop_intermediate=False)", () => {
    const rows = {
      scores: [0.1, 0.4, 0.35, 0.8, 0.8, 0.2, 0.65, 0.35, 0.9, 0.05, 0.5, 0.5],
      labels: [0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0],
    };
    const { points, tolerance } = rocCurve(ranked(rows));
    expect(tolerance).toBe(0);
    expect(points.map((p) => p.threshold)).toEqual([null, 0.9, 0.8, 0.65, 0.5, 0.4, 0.35, 0.2, 0.1, 0.05]);
    expect(points.map((p) => p.truePositiveRate)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 0.8, 1, 1, 1, 1]);
    const falsePositives = [0, 0, 1, 1, 2, 3, 4, 5, 6, 7];
    expect(points.map((p) => p.falsePositiveRate)).toEqual(falsePositives.map((n) => n / 7));
  });

  test("have the confusion table's rates at every threshold", () => {
    fc.assert(
      fc.property(scoredRows(), (rows) => {
        const ranking = ranked(rows);
        for (const point of rocCurve(ranking).points.slice(1)) {
          const confusion = confusionAt(ranking, point.threshold as number);
          expect(point.truePositiveRate).toBe(confusion.recall);
          expect(point.falsePositiveRate).toBeCloseTo(1 - confusion.specificity, 12);
        }
        for (const point of precisionRecallCurve(ranking).points) {
          const { precision, recall } = confusionAt(ranking, point.threshold);
          expect(point).toMatchObject({ precision, recall });
        }
      }),
    );
  });

  test("thinned keep their ends and stay within the stated tolerance of every vertex", () => {
    const ranking = ranked(calibratedRows(3000, 11));
    const full = precisionRecallCurve(ranking, 5000).points;
    const thin = precisionRecallCurve(ranking, 60);
    expect(full.length).toBe(3000);
    expect(thin.points.length).toBeLessThanOrEqual(60);
    expect([thin.points[0], thin.points.at(-1)]).toEqual([full[0], full.at(-1)]);
    const distance = (a: (typeof full)[number], b: (typeof full)[number]) =>
      Math.max(Math.abs(a.recall - b.recall), Math.abs(a.precision - b.precision));
    const farthest = Math.max(...full.map((v) => Math.min(...thin.points.map((k) => distance(v, k)))));
    expect(farthest).toBeLessThanOrEqual(thin.tolerance);
    expect(thin.tolerance).toBeLessThan(0.1);
  });

  test("thinned ROC keeps the area", () => {
    const ranking = ranked(calibratedRows(20_000, 12));
    const { points, tolerance } = rocCurve(ranking, 100);
    const area = points.slice(1).reduce((sum, p, i) => {
      const before = points[i];
      const height = (p.truePositiveRate + before.truePositiveRate) / 2;
      return sum + (p.falsePositiveRate - before.falsePositiveRate) * height;
    }, 0);
    expect(points.length).toBeLessThanOrEqual(100);
    // The curve of uniform calibrated probabilities has area 5/6, by integration; 20,000 rows give ±0.006.
    expect(Math.abs(area - 5 / 6)).toBeLessThan(0.006 + tolerance);
  });

  test("refuse to be thinned to less than their ends", () => {
    const ranking = ranked({ scores: [0.1, 0.2], labels: [0, 1] });
    expect(() => precisionRecallCurve(ranking, 1)).toThrow(/MW1401/);
    expect(() => rocCurve(ranking, 2)).toThrow(/MW1401/);
  });
});
