export { calibrate, type Calibration } from "./calibration/calibration.js";
export { fitIsotonic } from "./calibration/isotonic.js";
export { fitPlatt } from "./calibration/platt.js";
export type { CalibrationRows } from "./calibration/rows.js";
export { fitTemperature } from "./calibration/temperature.js";
export { bandAround, fitIntervals, intervalsOf, type Band } from "./conformal/intervals.js";
export type { ConformalIntervals, Intervals } from "./conformal/intervals.js";
export { requireConformalRows } from "./conformal/conformal-quantile.js";
export { fitSetThreshold } from "./conformal/set-threshold.js";
export { fitSets, setsOf, type ConformalSets, type SetMethod } from "./conformal/prediction-sets.js";
export { explainGbdt, type Explanation } from "./explain/explain-gbdt.js";
export { permutationImportance, type PermutationImportance } from "./explain/permutation-importance.js";
export type { FittedFeature } from "./feature-encoding.js";
export type {
  Examples,
  Feature,
  FeatureTable,
  NumberFeature,
  Target,
  TargetKind,
  TargetOf,
  TextFeature,
} from "./feature-table.js";
export { checkExamples, checkNumbers, requireTarget } from "./feature-table.js";
export { featureImportance, type FeatureImportance, type FittedModel } from "./fitted-model.js";
export type { GbdtOptions } from "./gbdt/options.js";
export { compileGbdtOptions } from "./gbdt/options.js";
export { trainGbdt } from "./gbdt/train.js";
export type { GbdtModel, Tree } from "./gbdt/tree.js";
export type { IsolationModel } from "./isolation/model.js";
export { compileIsolationOptions, type IsolationOptions } from "./isolation/options.js";
export { trainIsolation } from "./isolation/train.js";
export type { LinearFeature, LinearModel } from "./linear/model.js";
export { compileLinearOptions, type LinearOptions } from "./linear/options.js";
export { trainLinear } from "./linear/train.js";
export { calibratedOnnx } from "./onnx/calibrated.js";
export { intervalOnnx, setOnnx, type BandGraphs } from "./onnx/conformal.js";
export { toOnnx } from "./onnx/export.js";
export type { GraphInfo } from "./onnx/graph-maker.js";
export { readGraphInfo, type FileInfo } from "./onnx/graph-info.js";
