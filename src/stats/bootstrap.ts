import { binaryMeasure } from "./binary-measure.js";
import { badArgument } from "./bad-argument.js";
import { requireProbabilities } from "./classification-metrics.js";
import type { Estimate, Interval } from "./intervals.js";
import { bootstrapMeasures, percentileInterval } from "./measure.js";
import type { Ranked } from "./ranking.js";
import { groupUnits, rowUnits } from "./resampling.js";

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
 * about 20) intervals are too short. The calibration error's interval is corrected for noise and may lie below the
 * value.
 * @throws MW1401 bad options, MW1402 scores are not probabilities
 */
export function bootstrapIntervals(ranked: Ranked, options: BootstrapOptions): MetricEstimates {
  const { level = 0.95, bins = 15, groups } = options;
  if (!(level > 0 && level < 1)) throw badArgument("a confidence level between 0 and 1", level);
  requireProbabilities(ranked);
  if (groups !== undefined && groups.length !== ranked.count) {
    throw badArgument(`${ranked.count} group ids`, groups.length);
  }
  const units = groups === undefined ? rowUnits(ranked.count) : groupUnits(groups);
  const [{ values, draws }] = bootstrapMeasures([binaryMeasure(ranked, units, { bins })], units, options);
  const estimate = (name: MetricName): Estimate => {
    const figure = metricNames.indexOf(name);
    const interval = percentileInterval(draws[figure], level) as Interval;
    return Object.freeze({ value: values[figure], interval });
  };
  return Object.freeze({
    auc: estimate("auc"),
    logLoss: estimate("logLoss"),
    brier: estimate("brier"),
    ece: estimate("ece"),
  });
}
