export { learningErrors } from "./errors.js";
export type { FittedFeature } from "./feature-encoding.js";
export type { BinaryExamples, Feature, FeatureTable, NumberFeature, TextFeature } from "./feature-table.js";
export {
  featureImportance,
  predictProbability,
  type FeatureImportance,
  type FittedModel,
} from "./fitted-model.js";
export type { GbdtOptions } from "./gbdt/options.js";
export { compileGbdtOptions } from "./gbdt/options.js";
export { trainGbdt } from "./gbdt/train.js";
export type { GbdtModel, Tree } from "./gbdt/tree.js";
export type { LogisticModel } from "./logistic/model.js";
export { compileLogisticOptions, type LogisticOptions } from "./logistic/options.js";
export { trainLogistic } from "./logistic/train.js";
export { toOnnx } from "./onnx/export.js";
export { numericInput, probabilityOutput, textInput } from "./onnx/features.js";
export type { GraphInfo } from "./onnx/graph.js";
