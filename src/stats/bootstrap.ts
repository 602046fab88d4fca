import { seededRng } from "../kernel/index.js";
import { equalMassBins } from "./calibration.js";
import {
  auc,
  brierScore,
  expectedCalibrationError,
  logLoss,
  logLossOf,
  requireProbabilities,
} from "./classification-metrics.js";
import { badArgument } from "./bad-argument.js";
import type { Estimate } from "./intervals.js";
import type { Ranked } from "./ranking.js";
import { clusterResampler, clustersOf, poissonResampler } from "./resampling.js";

export const metricNames = ["auc", "logLoss", "brier", "ece"] as const;
export type MetricName = (typeof metricNames)[number];

export interface BootstrapOptions {
  readonly seed: number;
  /** Default 200. */
  readonly replicates?: number;
  /** Confidence level, default 0.95. */
  readonly level?: number;
  /** Group id of each of the caller's rows (a day number, a user): whole groups are resampled. */
  readonly groups?: Int32Array;
  /** Bins of the calibration error, default 15. */
  readonly bins?: number;
}

export type MetricEstimates = Readonly<Record<MetricName, Estimate>>;

/**
 * Percentile bootstrap intervals (Efron 1979) of four metrics from one sort: each replicate reweights the ranked
 * rows and reads them once. Limits are replicate quantiles with linear interpolation.
 *
 * A replicate without both classes is drawn again. Calibration bins stay those of the sample. With few groups (under
 * about 20) intervals are too short.
 *
 * The calibration error is a sum of absolute values, which noise can only raise: with variance f² of noise the sample's
 * error e is too high, and a replicate's eᵣ, which carries noise twice, higher still. Taking noise to add in squares,
 * f² = mean(eᵣ²) − e² and the interval is that of √(eᵣ² − 2f²), not under 0. So it may lie below the value.
 * @throws MW1401 bad options, MW1402 scores are not probabilities
 */
export function bootstrapIntervals(ranked: Ranked, options: BootstrapOptions): MetricEstimates {
  const { level = 0.95, bins = 15 } = options;
  if (!(level > 0 && level < 1)) throw badArgument("a confidence level between 0 and 1", level);
  requireProbabilities(ranked);
  const drawn = drawReplicates(ranked, options);
  const ece = expectedCalibrationError(ranked, bins);
  const estimate = (value: number, replicates: Float64Array): Estimate =>
    Object.freeze({ value, interval: percentileInterval(replicates, level) });
  return Object.freeze({
    auc: estimate(auc(ranked), drawn.auc),
    logLoss: estimate(logLoss(ranked), drawn.logLoss),
    brier: estimate(brierScore(ranked), drawn.brier),
    ece: estimate(ece, withoutNoise(drawn.ece, ece)),
  });
}

function drawReplicates(
  ranked: Ranked,
  options: BootstrapOptions,
): Readonly<Record<MetricName, Float64Array>> {
  const { seed, replicates = 200, groups, bins = 15 } = options;
  if (!Number.isInteger(replicates) || replicates < 2) throw badArgument("at least 2 replicates", replicates);
  const rng = seededRng(seed);
  const resample =
    groups === undefined ? poissonResampler(rng) : clusterResampler(clustersOf(ranked, groups), rng);
  const evaluate = weightedMetrics(ranked, bins);
  const weights = new Uint16Array(ranked.count);
  const column = () => new Float64Array(replicates);
  const drawn = { auc: column(), logLoss: column(), brier: column(), ece: column() };
  for (let r = 0; r < replicates;) {
    resample(weights);
    const metrics = evaluate(weights);
    if (metrics === undefined) continue;
    for (const name of metricNames) drawn[name][r] = metrics[name];
    r++;
  }
  return drawn;
}

/** The metrics of a sample in which ranked row i occurs `weights[i]` times; undefined without both classes. */
export type WeightedMetrics = (weights: Uint16Array) => Readonly<Record<MetricName, number>> | undefined;

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
    return { auc, logLoss: lossSum / rows, brier: squareSum / rows, ece: calibrationSum / rows };
  };
}

/** Blocks of equal scores that hold both classes, flat: start, first positive, end; start … */
function mixedTies({ scores, labels, count }: Ranked): Uint32Array {
  const blocks: number[] = [];
  for (let start = 0, end = 0; start < count; start = end) {
    let firstPositive = start;
    for (end = start; end < count && scores[end] === scores[start]; end++) firstPositive += 1 - labels[end];
    if (firstPositive > start && firstPositive < end) blocks.push(start, firstPositive, end);
  }
  return Uint32Array.from(blocks);
}

function tiedPairs(weights: Uint16Array, ties: Uint32Array): number {
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

/** Replicates of the calibration error less the noise of the sample and of the resampling; see `bootstrapIntervals`. */
function withoutNoise(replicates: Float64Array, error: number): Float64Array {
  const meanSquare = replicates.reduce((sum, e) => sum + e * e, 0) / replicates.length;
  const noise = Math.max(0, meanSquare - error * error);
  return replicates.map((e) => Math.sqrt(Math.max(0, e * e - 2 * noise)));
}

function percentileInterval(values: Float64Array, level: number) {
  const sorted = values.toSorted();
  const quantile = (q: number) => {
    const position = q * (sorted.length - 1);
    const below = Math.floor(position);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  };
  return Object.freeze({ low: quantile((1 - level) / 2), high: quantile((1 + level) / 2), level });
}
