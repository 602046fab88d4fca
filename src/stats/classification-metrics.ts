import { equalMassBins } from "./calibration.js";
import { statsErrors } from "./errors.js";
import type { Ranked } from "./ranking.js";

/** Probabilities are clipped to [ε, 1 − ε] in the log loss, so that one sure mistake costs 34.5 nats, not ∞. */
const logLossClip = 1e-15;

/** Refuses margins and other scores where the formula needs probabilities. Throws MW1402. */
export function requireProbabilities(ranked: Ranked): void {
  if (ranked.areProbabilities) return;
  throw statsErrors.error("MW1402", {
    expected: "scores in [0, 1]",
    found: `scores from ${ranked.scores[0]} to ${ranked.scores[ranked.count - 1]}`,
    remedy: "Calibrate the scores to probabilities, or use a ranking metric.",
  });
}

/**
 * Area under the ROC curve: the chance that a positive outranks a negative, ties counting half (Mann & Whitney
 * 1947). Exact: the numerator is an integer number of half-pairs, below 2^53 for up to 94 million rows.
 */
export function auc(ranked: Ranked): number {
  const { scores, labels, count, positives } = ranked;
  let halfPairs = 0;
  let negativesBelow = 0;
  for (let i = 0; i < count;) {
    const score = scores[i];
    let tiedPositives = 0;
    const start = i;
    for (; i < count && scores[i] === score; i++) tiedPositives += labels[i];
    const tiedNegatives = i - start - tiedPositives;
    halfPairs += tiedPositives * (2 * negativesBelow + tiedNegatives);
    negativesBelow += tiedNegatives;
  }
  return halfPairs / (2 * positives * (count - positives));
}

/**
 * Average precision: Σ (Rₙ − Rₙ₋₁) Pₙ over distinct thresholds from the highest down, without interpolation
 * (the definition of scikit-learn's `average_precision_score`).
 */
export function averagePrecision(ranked: Ranked): number {
  const { scores, labels, count, positives } = ranked;
  let sum = 0;
  let found = 0;
  for (let i = count - 1; i >= 0;) {
    const score = scores[i];
    let tiedPositives = 0;
    for (; i >= 0 && scores[i] === score; i--) tiedPositives += labels[i];
    found += tiedPositives;
    sum += (tiedPositives * found) / (count - 1 - i);
  }
  return sum / positives;
}

/** Cost of one prediction in nats, with clipping at `logLossClip`. */
export function logLossOf(probability: number, label: number): number {
  const p = Math.min(Math.max(probability, logLossClip), 1 - logLossClip);
  return label === 1 ? -Math.log(p) : -Math.log1p(-p);
}

/** Mean negative log likelihood in nats, clipped at `logLossClip`. Throws MW1402. */
export function logLoss(ranked: Ranked): number {
  requireProbabilities(ranked);
  let sum = 0;
  for (let i = 0; i < ranked.count; i++) sum += logLossOf(ranked.scores[i], ranked.labels[i]);
  return sum / ranked.count;
}

/** Mean squared difference of probability and label (Brier 1950, two-class form, 0..1). Throws MW1402. */
export function brierScore(ranked: Ranked): number {
  requireProbabilities(ranked);
  let sum = 0;
  for (let i = 0; i < ranked.count; i++) sum += (ranked.scores[i] - ranked.labels[i]) ** 2;
  return sum / ranked.count;
}

/**
 * Expected calibration error: Σ (n_b / n) |mean probability − observed rate| over equal-mass bins (Naeini 2015 with
 * the bins of Nixon 2019; see `equalMassBins`). Noise raises it by up to about √(bins / n) / 3. Throws MW1402.
 */
export function expectedCalibrationError(ranked: Ranked, bins = 15): number {
  requireProbabilities(ranked);
  const ends = equalMassBins(ranked, bins);
  let error = 0;
  let i = 0;
  for (const end of ends) {
    let surplus = 0;
    for (; i < end; i++) surplus += ranked.scores[i] - ranked.labels[i];
    error += Math.abs(surplus);
  }
  return error / ranked.count;
}

/** Counts at a threshold; a row is predicted positive when its score ≥ threshold. */
export interface Confusion {
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
  /** Null when nothing is predicted positive. */
  readonly precision: number | null;
  readonly recall: number;
  readonly specificity: number;
}

/** Confusion counts with the convention "positive when score ≥ threshold". */
export function confusionAt(ranked: Ranked, threshold: number): Confusion {
  const { scores, labels, count, positives } = ranked;
  let truePositives = 0;
  let falsePositives = 0;
  for (let i = count - 1; i >= 0 && scores[i] >= threshold; i--) {
    truePositives += labels[i];
    falsePositives += 1 - labels[i];
  }
  const predicted = truePositives + falsePositives;
  const negatives = count - positives;
  return Object.freeze({
    threshold,
    truePositives,
    falsePositives,
    trueNegatives: negatives - falsePositives,
    falseNegatives: positives - truePositives,
    precision: predicted === 0 ? null : truePositives / predicted,
    recall: truePositives / positives,
    specificity: (negatives - falsePositives) / negatives,
  });
}
