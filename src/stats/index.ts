export { binOf, countSorted, quantileEdgesOfSorted } from "./binning.js";
export {
  bootstrapIntervals,
  metricNames,
  type BootstrapOptions,
  type MetricEstimates,
  type MetricName,
} from "./bootstrap.js";
export { bestThreshold, binaryMeasure } from "./binary-measure.js";
export { calibrationCurve, type CalibrationPoint } from "./calibration.js";
export {
  auc,
  averagePrecision,
  brierScore,
  expectedCalibrationError,
  logLoss,
  logLossOf,
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
export {
  bootstrapMeasures,
  measureSample,
  percentileInterval,
  type Measure,
  type MeasuredReplicates,
} from "./measure.js";
export { multiclassMeasure, predictedClasses } from "./multiclass-measure.js";
export { benjaminiHochberg, holm } from "./multiple-tests.js";
export { normalCdf, normalQuantile } from "./normal.js";
export { quantileSketch, type QuantileSketch } from "./quantile-sketch.js";
export { ascendingOrder, sortFinite } from "./radix-sort.js";
export { rankScores, type Ranked, type RankProblem, type RankResult } from "./ranking.js";
export { rankingMeasure } from "./ranking-measure.js";
export { intervalMeasure, pinballMeasure, regressionMeasure } from "./regression-measure.js";
export { groupUnits, rowUnits, rowWeights, type SampleUnits } from "./resampling.js";
export { momentsOf, welchGreater, type Moments } from "./student-t.js";
export { topMeasure } from "./top-measure.js";
export { sumByCell } from "./unit-sums.js";
export { hashValue, secondHash } from "./value-hash.js";
