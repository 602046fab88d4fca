import { requireFeature, type FeatureTable, type TextFeature } from "../feature-table.js";
import type { LinearOptions } from "./options.js";
import { standardise, type Standardisation } from "./standardisation.js";

interface LinearFeatureBase {
  readonly name: string;
  /** How much the feature moves the score over the training rows: standard deviation, mean over the outputs. */
  readonly spread: number;
}

/** What a feature adds to the score of every output. All numbers are float32. */
export type LinearFeature =
  | (LinearFeatureBase & {
      readonly kind: "number";
      readonly scaling: Standardisation;
      /** Per output: score per standard deviation. */
      readonly weights: readonly number[];
    })
  | (LinearFeatureBase & {
      readonly kind: "text";
      readonly encoding: "one-hot" | "mean target";
      readonly categories: readonly string[];
      /** Per category what it adds to each output. */
      readonly adds: readonly (readonly number[])[];
      /** What a category that training never saw adds. */
      readonly unseen: readonly number[];
      /** What a missing text adds. */
      readonly missing: readonly number[];
    });

/** A fitted linear model. Plain data: survives JSON unchanged. */
export interface LinearModel {
  readonly kind: "linear";
  /** `regression`: the score is the value. `binary`: its logistic function. `multiclass`: the scores' softmax. */
  readonly task: "regression" | "binary" | "multiclass";
  /** Names of the outputs of a multiclass model, in their order; else empty. */
  readonly classes: readonly string[];
  readonly features: readonly LinearFeature[];
  readonly options: LinearOptions;
  readonly rowCount: number;
  /** Per output, float32: the score where every number is at its mean and no text adds anything. */
  readonly intercepts: readonly number[];
  readonly iterations: number;
  /** False if `maxIterations` ended the search. */
  readonly converged: boolean;
}

/**
 * Per row the value (`regression`), the probability of label 1 (`binary`), or one probability per class
 * (`multiclass`, row-major). Throws MW0406 where the table does not fit.
 */
export function predictLinear(model: LinearModel, table: FeatureTable): Float32Array {
  const scores = linearScores(model, table);
  if (model.task === "regression") return scores;
  if (model.task === "binary") return scores.map((score) => 1 / (1 + Math.exp(-score)));
  return softmaxRows(scores, model.intercepts.length);
}

/** Scores before the link, rows × outputs, summed in float32 in the order in which the graph sums. */
function linearScores({ features, intercepts }: LinearModel, table: FeatureTable): Float32Array {
  const width = intercepts.length;
  const scores = new Float32Array(table.rowCount * width);
  for (const feature of features) {
    const add = addend(feature, table);
    for (let row = 0; row < table.rowCount; row++) {
      for (let k = 0; k < width; k++) scores[row * width + k] += add(row, k);
    }
  }
  return scores.map((score, i) => score + intercepts[i % width]);
}

function addend(feature: LinearFeature, table: FeatureTable): (row: number, output: number) => number {
  if (feature.kind === "number") {
    const { values } = requireFeature(table, feature.name, "number");
    const { scaling, weights } = feature;
    return (row, output) => Math.fround(standardise(values[row], scaling) * weights[output]);
  }
  const text = requireFeature(table, feature.name, "text");
  const byCode = addsPerCode(feature, text);
  return (row, output) => (byCode[text.codes[row]] ?? feature.missing)[output];
}

function addsPerCode(
  feature: LinearFeature & { readonly kind: "text" },
  { dictionary }: TextFeature,
): readonly (readonly number[])[] {
  const known = new Map(feature.categories.map((category, i) => [category, feature.adds[i]]));
  return dictionary.map((text) => (text === "" ? feature.missing : (known.get(text) ?? feature.unseen)));
}

function softmaxRows(scores: Float32Array, width: number): Float32Array {
  const probabilities = new Float32Array(scores.length);
  for (let at = 0; at < scores.length; at += width) {
    const row = scores.subarray(at, at + width);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const parts = Array.from(row, (score) => Math.exp(score - most));
    const sum = parts.reduce((a, b) => a + b, 0);
    parts.forEach((part, k) => (probabilities[at + k] = part / sum));
  }
  return probabilities;
}
