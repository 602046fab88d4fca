import {
  encodeFeatures,
  meanOutcome,
  outcomesOf,
  smoothingRows,
  type FittedFeature,
  type Outcome,
} from "./feature-encoding.js";
import { requireFeature, type Examples, type TextFeature } from "./feature-table.js";

const folds = 5;

/**
 * Categories of at least so many rows keep the mean over all of them: it holds next to nothing of one row, and
 * as the same number in every row it stays apart from other categories of about the same mean. LightGBM's
 * `min_data_per_group`.
 */
const frequentRows = 100;

/** The fold of a row: a multiplicative hash, so that neither order nor period of the rows matters. */
function foldOf(row: number, seed: number): number {
  let bits = Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  return ((bits ^ (bits >>> 12)) >>> 0) % folds;
}

/**
 * The columns to train on: as `encodeFeatures`, but the mean outcome of a rare category is taken over the rows of
 * the other four of five folds, so that it does not contain the row's own. Micci-Barreca, "A preprocessing scheme for
 * high-cardinality categorical attributes", SIGKDD Explorations 2001; cross-fitted as in scikit-learn's
 * TargetEncoder.
 */
export function crossFitFeatures(
  fitted: readonly FittedFeature[],
  examples: Examples,
  seed: number,
): readonly Float32Array[] {
  const outcomes = outcomesOf(examples.target);
  const means = outcomes.map((outcome) => meanOutcome(examples, outcome));
  const columns = encodeFeatures(fitted, examples);
  let output = 0;
  fitted.forEach((feature, i) => {
    output = fitted[i - 1]?.name === feature.name ? output + 1 : 0;
    if (feature.kind !== "text") return;
    const text = requireFeature(examples, feature.name, "text");
    const fit = { outcome: outcomes[output], mean: means[output], weights: examples.weights, seed };
    crossFitText(text, fit, columns[i]);
  });
  return columns;
}

/** Rewrites the rows of rare categories. */
function crossFitText(
  { codes, dictionary }: TextFeature,
  fit: {
    readonly outcome: Outcome;
    readonly mean: number;
    readonly weights: Float32Array | undefined;
    readonly seed: number;
  },
  column: Float32Array,
): void {
  const { outcome, mean, weights, seed } = fit;
  const size = dictionary.length;
  const rows = new Float64Array(size);
  for (const code of codes) if (code >= 0) rows[code]++;
  if (rows.every((count) => count === 0 || count >= frequentRows)) return;
  // Of every category the sums per fold, then those of all folds.
  const total = new Float64Array((folds + 1) * size);
  const sum = new Float64Array((folds + 1) * size);
  codes.forEach((code, row) => {
    if (code < 0) return;
    const weight = weights?.[row] ?? 1;
    for (const fold of [foldOf(row, seed), folds]) {
      total[fold * size + code] += weight;
      sum[fold * size + code] += weight * outcome(row);
    }
  });
  codes.forEach((code, row) => {
    if (code < 0 || dictionary[code] === "" || rows[code] >= frequentRows) return;
    const own = foldOf(row, seed) * size + code;
    const all = folds * size + code;
    const others = sum[all] - sum[own] + smoothingRows * mean;
    column[row] = others / (total[all] - total[own] + smoothingRows);
  });
}
