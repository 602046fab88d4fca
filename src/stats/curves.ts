import { badArgument } from "./bad-argument.js";
import type { Ranked } from "./ranking.js";

/** A curve over thresholds from the highest down, thinned for drawing. */
export interface ThresholdCurve<Point> {
  readonly points: readonly Point[];
  /** Every vertex left out lies within this distance of a kept one, in both coordinates; 0 when none was. */
  readonly tolerance: number;
}

export interface RocPoint {
  /** Predicted positive when score ≥ threshold; null stands above every score. */
  readonly threshold: number | null;
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
}

export interface PrecisionRecallPoint {
  readonly threshold: number;
  readonly recall: number;
  readonly precision: number;
}

/** Cumulative counts at each distinct score, from the highest down. */
interface Cuts {
  readonly thresholds: Float64Array;
  readonly truePositives: Float64Array;
  readonly falsePositives: Float64Array;
}

function cutsOf({ scores, labels, count }: Ranked): Cuts {
  const thresholds = new Float64Array(count);
  const truePositives = new Float64Array(count);
  const falsePositives = new Float64Array(count);
  let cuts = 0;
  let found = 0;
  for (let i = count - 1; i >= 0; i--) {
    found += labels[i];
    if (i > 0 && scores[i - 1] === scores[i]) continue;
    thresholds[cuts] = scores[i];
    truePositives[cuts] = found;
    falsePositives[cuts++] = count - i - found;
  }
  return {
    thresholds: thresholds.subarray(0, cuts),
    truePositives: truePositives.subarray(0, cuts),
    falsePositives: falsePositives.subarray(0, cuts),
  };
}

/**
 * ROC curve from (0, 0) to (1, 1).
 * @param maxPoints at least 3, default 200. Throws MW1401
 */
export function rocCurve(ranked: Ranked, maxPoints = 200): ThresholdCurve<RocPoint> {
  const { thresholds, truePositives, falsePositives } = cutsOf(ranked);
  const x = falsePositives.map((n) => n / (ranked.count - ranked.positives));
  const y = truePositives.map((n) => n / ranked.positives);
  const { kept, tolerance } = thin(x, y, maxPoints - 1);
  const origin: RocPoint = { threshold: null, falsePositiveRate: 0, truePositiveRate: 0 };
  const points = kept.map((i) => ({
    threshold: thresholds[i],
    falsePositiveRate: x[i],
    truePositiveRate: y[i],
  }));
  return { points: [origin, ...points], tolerance };
}

/**
 * Precision against recall at the distinct scores, without an invented point at recall 0.
 * @param maxPoints at least 2, default 200. Throws MW1401
 */
export function precisionRecallCurve(ranked: Ranked, maxPoints = 200): ThresholdCurve<PrecisionRecallPoint> {
  const { thresholds, truePositives, falsePositives } = cutsOf(ranked);
  const recall = truePositives.map((n) => n / ranked.positives);
  const precision = truePositives.map((n, i) => n / (n + falsePositives[i]));
  const { kept, tolerance } = thin(recall, precision, maxPoints);
  const points = kept.map((i) => ({ threshold: thresholds[i], recall: recall[i], precision: precision[i] }));
  return { points, tolerance };
}

/**
 * At most `maxPoints` vertices of a path in the unit square, first and last among them. A vertex is kept when it
 * has moved further than ε from the last kept one; ε is found by bisection, so detail goes where the path moves.
 */
function thin(x: Float64Array, y: Float64Array, maxPoints: number): { kept: number[]; tolerance: number } {
  if (!(maxPoints >= 2)) throw badArgument("room for the first and the last point of a curve", maxPoints);
  if (x.length <= maxPoints) return { kept: Array.from(x.keys()), tolerance: 0 };
  let low = 0;
  let tolerance = 1;
  for (let step = 0; step < 20; step++) {
    const middle = (low + tolerance) / 2;
    if (walk(x, y, middle).length <= maxPoints) tolerance = middle;
    else low = middle;
  }
  return { kept: walk(x, y, tolerance), tolerance };
}

function walk(x: Float64Array, y: Float64Array, tolerance: number): number[] {
  const last = x.length - 1;
  const kept = [0];
  let from = 0;
  for (let i = 1; i < last; i++) {
    if (Math.abs(x[i] - x[from]) <= tolerance && Math.abs(y[i] - y[from]) <= tolerance) continue;
    kept.push(i);
    from = i;
  }
  kept.push(last);
  return kept;
}
