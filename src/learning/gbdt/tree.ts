import type { FeatureTable } from "../feature-table.js";
import { encodeFeatures, type FittedFeature } from "../feature-encoding.js";
import type { GbdtOptions } from "./options.js";

/**
 * A binary tree as parallel arrays, one entry per node; node 0 is the root and children come after their
 * parent. A row goes left if `value ≤ threshold`, or, if the value is missing, where `missingLeft` is 1.
 */
export interface Tree {
  /** Index of the feature that an inner node looks at; −1 for a leaf. */
  readonly feature: readonly number[];
  /** float32. 0 for a leaf. */
  readonly threshold: readonly number[];
  readonly missingLeft: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** Log-odds that a leaf adds, float32, shrinkage included. 0 for an inner node. */
  readonly value: readonly number[];
  /** Loss reduction of an inner node's split. 0 for a leaf. */
  readonly gain: readonly number[];
}

/** A fitted ensemble. Plain data: survives JSON unchanged, and equal training gives equal bytes. */
export interface GbdtModel {
  readonly kind: "gbdt";
  readonly features: readonly FittedFeature[];
  readonly options: GbdtOptions;
  readonly rowCount: number;
  /** Log-odds of the base rate, float32; every score starts here. */
  readonly base: number;
  readonly trees: readonly Tree[];
}

/** Probability of label 1 per row: the logistic function of base plus one leaf per tree. */
export function predictGbdt(model: GbdtModel, table: FeatureTable): Float32Array {
  const columns = encodeFeatures(model.features, table);
  return Float32Array.from({ length: table.rowCount }, (_, row) => {
    let score = model.base;
    for (const tree of model.trees) score = Math.fround(score + leafValue(tree, columns, row));
    return 1 / (1 + Math.exp(-score));
  });
}

function leafValue(tree: Tree, columns: readonly Float32Array[], row: number): number {
  let node = 0;
  while (tree.feature[node] >= 0) {
    const value = columns[tree.feature[node]][row];
    const left = Number.isNaN(value) ? tree.missingLeft[node] === 1 : value <= tree.threshold[node];
    node = left ? tree.left[node] : tree.right[node];
  }
  return tree.value[node];
}
