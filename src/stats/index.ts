export { binOf, countSorted, quantileEdgesOfSorted } from "./binning.js";
export {
  bootstrapIntervals,
  metricNames,
  type BootstrapOptions,
  type MetricEstimates,
  type MetricName,
} from "./bootstrap.js";
export { calibrationCurve, type CalibrationPoint } from "./calibration.js";
export {
  auc,
  averagePrecision,
  brierScore,
  expectedCalibrationError,
  logLoss,
  type Confusion,
} from "./classification-metrics.js";
export { compareCounts, poolRareBins, type CountComparison } from "./count-comparison.js";
export {
  precisionRecallCurve,
  rocCurve,
  type PrecisionRecallPoint,
  type RocPoint,
  type ThresholdCurve,
} from "./curves.js";
export { distinctSketch, type DistinctSketch } from "./distinct-sketch.js";
export { frequencySketch, type FrequencySketch } from "./frequency-sketch.js";
export { differenceInterval, wilsonInterval, type Estimate, type Interval } from "./intervals.js";
export { latencyRelativeError, latencySketch, type LatencySketch } from "./latency-sketch.js";
export { holm } from "./multiple-tests.js";
export { quantileSketch, type QuantileSketch } from "./quantile-sketch.js";
export { ascendingOrder, sortFinite } from "./radix-sort.js";
export { rankScores, type Ranked, type RankProblem, type RankResult } from "./ranking.js";
export { hashValue, secondHash } from "./value-hash.js";
