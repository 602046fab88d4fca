import type { FeatureTable } from "./feature-table.js";
import { predictGbdt, type GbdtModel } from "./gbdt/tree.js";
import { predictIsolation, type IsolationModel } from "./isolation/model.js";
import { predictLinear, type LinearModel } from "./linear/model.js";

/** What a learner returns: frozen plain data that survives JSON. */
export type FittedModel = GbdtModel | LinearModel | IsolationModel;

/**
 * What a model says of each row, in plain code: the reference that the ONNX graph is held to. Row by row: the
 * probability of label 1, one probability per class, the value, or the anomaly score. Features are found by
 * name; others in the table are ignored. Throws MW0406.
 */
export function predict(model: FittedModel, table: FeatureTable): Float32Array {
  if (model.kind === "gbdt") return predictGbdt(model, table);
  return model.kind === "linear" ? predictLinear(model, table) : predictIsolation(model, table);
}

export interface FeatureImportance {
  readonly name: string;
  /** Share of the model's total: loss reduction of the feature's splits, or its `spread` in a linear model. */
  readonly gain: number;
  /** Number of splits; 1 for every feature of a linear model. */
  readonly splits: number;
}

/**
 * Features by falling share, a text with several columns once. Shares sum to 1, or are all 0 if the model uses
 * no feature.
 */
export function featureImportance(model: FittedModel): readonly FeatureImportance[] {
  const importances = new Map(model.features.map(({ name }) => [name, { gain: 0, splits: 0 }]));
  const add = (name: string, gain: number) => {
    const of = importances.get(name);
    if (of === undefined) return;
    of.gain += gain;
    of.splits++;
  };
  if (model.kind === "linear") model.features.forEach(({ name, spread }) => add(name, spread));
  if (model.kind === "gbdt") {
    for (const { feature, gain } of model.trees)
      feature.forEach((of, node) => {
        if (of >= 0) add(model.features[of].name, gain[node]);
      });
  }
  const total = [...importances.values()].reduce((sum, { gain }) => sum + gain, 0);
  return [...importances]
    .map(([name, { gain, splits }]) => ({ name, gain: total === 0 ? 0 : gain / total, splits }))
    .sort((a, b) => b.gain - a.gain);
}
