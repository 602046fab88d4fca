import { encodeFeatures, type FittedFeature } from "../feature-encoding.js";
import type { FeatureTable } from "../feature-table.js";
import type { LogisticOptions } from "./options.js";
import { standardise, type Standardisation } from "./standardisation.js";

/** A fitted logistic regression. Plain data: survives JSON unchanged. */
export interface LogisticModel {
  readonly kind: "logistic";
  readonly features: readonly FittedFeature[];
  readonly options: LogisticOptions;
  readonly rowCount: number;
  readonly scaling: readonly Standardisation[];
  /** Log-odds per standard deviation of each feature, float32. */
  readonly weights: readonly number[];
  /** Log-odds where every feature is at its mean, float32. */
  readonly intercept: number;
  readonly iterations: number;
  /** False if `maxIterations` ended the search. */
  readonly converged: boolean;
}

/** Probability of label 1 per row: the logistic function of intercept plus weighted standardised features. */
export function predictLogistic(model: LogisticModel, table: FeatureTable): Float32Array {
  const columns = encodeFeatures(model.features, table);
  return Float32Array.from({ length: table.rowCount }, (_, row) => {
    let score = 0;
    for (let j = 0; j < columns.length; j++) {
      const term = Math.fround(standardise(columns[j][row], model.scaling[j]) * model.weights[j]);
      score = Math.fround(score + term);
    }
    return 1 / (1 + Math.exp(-Math.fround(score + model.intercept)));
  });
}
