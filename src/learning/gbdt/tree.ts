import { leafOf, type DecisionNodes } from "../decision-nodes.js";
import type { FeatureTable, TargetKind } from "../feature-table.js";
import { encodeFeatures, type FittedFeature } from "../feature-encoding.js";
import { meanOfScore, type Loss } from "./losses.js";
import type { GbdtOptions } from "./options.js";

/** One tree of the ensemble. */
export interface Tree extends DecisionNodes {
  /** What a leaf adds to the score, float32, shrinkage included. 0 for an inner node. */
  readonly value: readonly number[];
  /** Loss reduction of an inner node's split. 0 for a leaf. */
  readonly gain: readonly number[];
  /** Rows that the tree learned from and that came to the node. */
  readonly rows: readonly number[];
}

/** What trees learn. */
export type GbdtTask = Exclude<TargetKind, "anomaly">;

/** A figure of every round of a fit. */
export interface Curve {
  readonly name: string;
  readonly values: readonly number[];
}

/** A fitted ensemble. Plain data: survives JSON unchanged, and equal training gives equal bytes. */
export interface GbdtModel {
  readonly kind: "gbdt";
  readonly task: GbdtTask;
  readonly loss: Loss;
  /** Of a multiclass model. */
  readonly classes: readonly string[];
  /** Columns that trees look at. A text may have several, one per class. */
  readonly features: readonly FittedFeature[];
  readonly options: GbdtOptions;
  readonly rowCount: number;
  /** Per output the score that every row starts with, float32. */
  readonly base: readonly number[];
  /** Round by round, each with one tree per output. */
  readonly trees: readonly Tree[];
  /** Loss per round on training and validation rows; none without validation rows. */
  readonly curves: readonly Curve[];
}

/**
 * What the model says of each row, row by row: the probability of label 1, one probability per class, or the
 * value. Scores are added up in float32, tree by tree.
 */
export function predictGbdt(model: GbdtModel, table: FeatureTable): Float32Array {
  const columns = encodeFeatures(model.features, table);
  const width = model.base.length;
  const out = new Float32Array(table.rowCount * width);
  const scores = new Float32Array(width);
  for (let row = 0; row < table.rowCount; row++) {
    scores.set(model.base);
    model.trees.forEach((tree, i) => (scores[i % width] += leafValue(tree, columns, row)));
    out.set(linked(model.loss, scores), row * width);
  }
  return out;
}

/** From scores to probabilities or values. */
function linked({ name }: Loss, scores: Float32Array): ArrayLike<number> {
  if (name === "logistic") return [1 / (1 + Math.exp(-scores[0]))];
  if (name === "poisson") return [meanOfScore(scores[0])];
  if (name !== "softmax") return scores;
  const most = Math.max(...scores);
  const shares = scores.map((score) => Math.exp(score - most));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}

/** The value of the leaf that a row comes to. */
export function leafValue(tree: Tree, columns: readonly Float32Array[], row: number): number {
  return tree.value[leafOf(tree, columns, row)];
}
