import type { FeatureTable } from "./feature-table.js";
import { predictGbdt, type GbdtModel } from "./gbdt/tree.js";
import { predictLogistic, type LogisticModel } from "./logistic/model.js";

/** What a learner returns: frozen plain data that survives JSON. */
export type FittedModel = GbdtModel | LogisticModel;

/**
 * Probability of label 1 per row, in plain code: the reference that the ONNX graph is held to. Features are
 * found by name; others in the table are ignored. Throws MW0406.
 */
export function predictProbability(model: FittedModel, table: FeatureTable): Float32Array {
  return model.kind === "gbdt" ? predictGbdt(model, table) : predictLogistic(model, table);
}

export interface FeatureImportance {
  readonly name: string;
  /** Share of the model's total: loss reduction of the feature's splits, or |weight| per standard deviation. */
  readonly gain: number;
  /** Number of splits; 1 for every feature of a logistic model. */
  readonly splits: number;
}

/** Features by falling share. Shares sum to 1, or are all 0 if the model uses no feature. */
export function featureImportance(model: FittedModel): readonly FeatureImportance[] {
  const gains = model.features.map((_, j) => (model.kind === "gbdt" ? 0 : Math.abs(model.weights[j])));
  const splits = model.features.map(() => (model.kind === "gbdt" ? 0 : 1));
  for (const tree of model.kind === "gbdt" ? model.trees : []) {
    tree.feature.forEach((feature, node) => {
      if (feature < 0) return;
      gains[feature] += tree.gain[node];
      splits[feature]++;
    });
  }
  const total = gains.reduce((sum, gain) => sum + gain, 0);
  return model.features
    .map(({ name }, j) => ({ name, gain: total === 0 ? 0 : gains[j] / total, splits: splits[j] }))
    .sort((a, b) => b.gain - a.gain);
}
