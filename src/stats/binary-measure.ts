import { equalMassBins } from "./calibration.js";
import { logLossOf } from "./classification-metrics.js";
import type { Measure } from "./measure.js";
import type { Ranked } from "./ranking.js";
import { rowWeights, type SampleUnits } from "./resampling.js";

export interface BinaryMeasureOptions {
  /** What each of the caller's rows counts for; default 1. */
  readonly weights?: Float32Array;
  /** Bins of the calibration error, default 15. */
  readonly bins?: number;
  /** Measure also what depends on a cut (see `sweepFrom`), positive when score ≥ threshold. Default: do not. */
  readonly threshold?: number;
}

/** What depends on the rows above a cut, in the order of `sweepFrom`. */
const cutFigures = ["averagePrecision", "bestF1", "accuracy", "precision", "recall", "f1", "mcc"] as const;

/**
 * AUC, log loss, Brier score and calibration error of ranked probabilities: one pass a replicate, which is drawn again
 * where a class is absent. With a threshold also average precision, the best F1 over all distinct thresholds, and
 * accuracy, precision, recall, F1 and Matthews' correlation at the threshold: a second pass. Definitions of
 * scikit-learn, precision excepted, which is undefined (not 0) when nothing is predicted positive.
 */
export function binaryMeasure(
  ranked: Ranked,
  units: SampleUnits,
  { weights: base, bins = 15, threshold }: BinaryMeasureOptions = {},
): Measure {
  const fill = rowWeights(units, { order: ranked.order, ...(base === undefined ? {} : { base }) });
  const weights = new Float64Array(ranked.count);
  const metrics = weightedMetrics(ranked, bins);
  const sweep = threshold === undefined ? undefined : sweepFrom(ranked, threshold);
  return Object.freeze({
    figures: [
      { name: "auc" },
      { name: "logLoss" },
      { name: "brier" },
      { name: "ece", absolute: true },
      ...(sweep === undefined ? [] : cutFigures.map((name) => ({ name }))),
    ],
    of(multiplicity: Uint16Array) {
      fill(multiplicity, weights);
      const figures = metrics(weights);
      if (figures === undefined || sweep === undefined) return figures;
      return Float64Array.of(...figures, ...sweep(weights));
    },
  });
}

/** [AUC, log loss, Brier score, calibration error] of weighted ranked rows; undefined without both classes. */
export type WeightedMetrics = (weights: Float64Array) => Float64Array | undefined;

/**
 * Prepares the weighted evaluation of a ranking: what does not depend on the weights is computed once. Each call
 * reads all rows once, and the tied ones again.
 *
 * Negatives stand before positives within equal scores, so the negatives up to a positive are those below it and
 * those tied with it; counting all as whole pairs and taking half the tied ones back needs no branch a row.
 */
export function weightedMetrics(ranked: Ranked, bins: number): WeightedMetrics {
  const { scores, labels, count } = ranked;
  const ends = equalMassBins(ranked, bins);
  const ties = mixedTies(ranked);
  const losses = new Float64Array(count);
  const differences = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    losses[i] = logLossOf(scores[i], labels[i]);
    differences[i] = scores[i] - labels[i];
  }
  return (weights) => {
    let [positives, negatives, pairs] = [0, 0, 0];
    let [lossSum, squareSum, calibrationSum] = [0, 0, 0];
    let i = 0;
    for (const end of ends) {
      let surplus = 0;
      for (; i < end; i++) {
        const weight = weights[i];
        const positive = weight * labels[i];
        const weighted = weight * differences[i];
        positives += positive;
        negatives += weight - positive;
        pairs += positive * negatives;
        lossSum += weight * losses[i];
        surplus += weighted;
        squareSum += weighted * differences[i];
      }
      calibrationSum += Math.abs(surplus);
    }
    if (positives === 0 || negatives === 0) return undefined;
    const rows = positives + negatives;
    const auc = (pairs - tiedPairs(weights, ties) / 2) / (positives * negatives);
    return Float64Array.of(auc, lossSum / rows, squareSum / rows, calibrationSum / rows);
  };
}

/** AUC alone of weighted ranked rows; NaN without both classes. */
export function weightedAuc(
  ranked: Pick<Ranked, "scores" | "labels" | "count">,
): (w: Float64Array) => number {
  const { labels, count } = ranked;
  const ties = mixedTies(ranked);
  return (weights) => {
    let [positives, negatives, pairs] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const positive = weights[i] * labels[i];
      positives += positive;
      negatives += weights[i] - positive;
      pairs += positive * negatives;
    }
    return (pairs - tiedPairs(weights, ties) / 2) / (positives * negatives);
  };
}

/** Blocks of equal scores that hold both classes, flat: start, first positive, end; start … */
function mixedTies({ scores, labels, count }: Pick<Ranked, "scores" | "labels" | "count">): Uint32Array {
  const blocks: number[] = [];
  for (let start = 0, end = 0; start < count; start = end) {
    let firstPositive = start;
    for (end = start; end < count && scores[end] === scores[start]; end++) firstPositive += 1 - labels[end];
    if (firstPositive > start && firstPositive < end) blocks.push(start, firstPositive, end);
  }
  return Uint32Array.from(blocks);
}

function tiedPairs(weights: Float64Array, ties: Uint32Array): number {
  let pairs = 0;
  for (let t = 0; t < ties.length; t += 3) {
    let negatives = 0;
    let positives = 0;
    for (let i = ties[t]; i < ties[t + 1]; i++) negatives += weights[i];
    for (let i = ties[t + 1]; i < ties[t + 2]; i++) positives += weights[i];
    pairs += negatives * positives;
  }
  return pairs;
}

/**
 * Prepares one pass from the highest score down, for weights that leave both classes. Cutting at every distinct score
 * has no branch that depends on the labels: a mispredicted one costs more than its division.
 */
function sweepFrom(
  { scores, labels, count }: Ranked,
  threshold: number,
): (weights: Float64Array) => number[] {
  const starts = tieStarts(scores, count);
  let cut = count;
  while (cut > 0 && scores[cut - 1] >= threshold) cut--;
  return (weights) => {
    let positives = 0;
    for (let i = 0; i < count; i++) positives += weights[i] * labels[i];
    let [found, total, tied] = [0, 0, 0];
    let [above, aboveTotal, precisionSum, bestF1] = [0, 0, 0, 0];
    for (let i = count - 1; i >= 0; i--) {
      const positive = weights[i] * labels[i];
      found += positive;
      tied += positive;
      total += weights[i];
      if (i === cut) [above, aboveTotal] = [found, total];
      if (starts[i] === 0) continue;
      precisionSum += (tied * found) / Math.max(total, Number.MIN_VALUE);
      tied = 0;
      bestF1 = Math.max(bestF1, (2 * found) / (positives + total));
    }
    const [fp, fn] = [aboveTotal - above, positives - above];
    const rates = ratesOf({ tp: above, fp, fn, tn: total - positives - fp });
    return [precisionSum / positives, bestF1, ...rates];
  };
}

/** 1 where a run of equal scores starts, seen from below. */
function tieStarts(scores: Float64Array, count: number): Uint8Array {
  const starts = new Uint8Array(count);
  for (let i = 0; i < count; i++) starts[i] = Number(i === 0 || scores[i - 1] !== scores[i]);
  return starts;
}

/**
 * [accuracy, precision, recall, F1, Matthews' correlation] of weighted counts. The correlation is 0 where a row or a
 * column of the table is empty, its limit (Chicco & Jurman 2020); precision and recall are NaN without a denominator.
 */
function ratesOf({ tp, fp, fn, tn }: Readonly<Record<"tp" | "fp" | "fn" | "tn", number>>): number[] {
  const spread = Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn);
  return [
    (tp + tn) / (tp + fp + fn + tn),
    tp / (tp + fp),
    tp / (tp + fn),
    (2 * tp) / (2 * tp + fp + fn),
    spread === 0 ? 0 : (tp * tn - fp * fn) / spread,
  ];
}

/** The lowest threshold of the highest F1, positive when score ≥ threshold. */
export function bestThreshold({ scores, labels, count, positives }: Ranked): {
  threshold: number;
  f1: number;
} {
  let best = { threshold: scores[count - 1], f1: 0 };
  let found = 0;
  for (let i = count - 1; i >= 0; i--) {
    found += labels[i];
    if (i > 0 && scores[i - 1] === scores[i]) continue;
    const f1 = (2 * found) / (positives + count - i);
    if (f1 >= best.f1) best = { threshold: scores[i], f1 };
  }
  return best;
}
