import { leafOf } from "../decision-nodes.js";
import { encodeFeatures, type FittedFeature } from "../feature-encoding.js";
import type { FeatureTable } from "../feature-table.js";
import type { IsolationTree } from "./grow.js";
import type { IsolationOptions } from "./options.js";
import { averagePathLength } from "./path-length.js";

/** A fitted isolation forest. Plain data: survives JSON unchanged, and equal training gives equal bytes. */
export interface IsolationModel {
  readonly kind: "isolation";
  /** A text is read as its category's share of the training rows; one that training never saw is 0. */
  readonly features: readonly FittedFeature[];
  readonly options: IsolationOptions;
  readonly rowCount: number;
  /** Rows that each tree was grown from. */
  readonly sampleSize: number;
  readonly trees: readonly IsolationTree[];
}

/** What the summed path lengths are multiplied by, float32: the score is 2 to the power of the product. */
export function exponentScale({ trees, sampleSize }: IsolationModel): number {
  return Math.fround(-1 / (trees.length * averagePathLength(sampleSize)));
}

/**
 * Anomaly score per row, 2^(−E(h) / c(n)): near 1 is strange, 0.5 and below is ordinary (Liu, Ting, Zhou 2008).
 * Throws MW0406 where the table does not fit.
 */
export function predictIsolation(model: IsolationModel, table: FeatureTable): Float32Array {
  const columns = encodeFeatures(model.features, table);
  const scale = exponentScale(model);
  return Float32Array.from({ length: table.rowCount }, (_, row) => {
    let length = 0;
    for (const tree of model.trees)
      length = Math.fround(length + tree.pathLength[leafOf(tree, columns, row)]);
    return 2 ** Math.fround(length * scale);
  });
}
