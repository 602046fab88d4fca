import type { Examples, FeatureTable, TargetOf } from "../feature-table.js";
import { columnCount, designOf, fillDesign, type DesignPart } from "./design.js";
import type { LinearFeature, LinearModel } from "./model.js";
import type { LinearOptions } from "./options.js";
import { solveLinear } from "./solve.js";

export type LinearTarget = TargetOf<"regression" | "binary" | "multiclass">;

/** Checked examples and options, as a training worker is given them. */
export interface LinearInput {
  readonly examples: Examples<LinearTarget>;
  readonly options: LinearOptions;
}

/** Fits in the calling thread. */
export function fitLinear(
  { examples, options }: LinearInput,
  onIteration: (done: number) => void,
): LinearModel {
  const { target, weights, rowCount } = examples;
  const targets = targetsOf(target);
  const parts = designOf(examples, options.oneHotCategories);
  const solved = solveLinear(
    {
      rowCount,
      width: parts.reduce((sum, part) => sum + columnCount(part), 0),
      design: fillDesign(parts, examples),
      loss: target.kind === "regression" ? "squared" : "logistic",
      targets,
      weights: weights === undefined ? new Float64Array(rowCount).fill(1) : Float64Array.from(weights),
      options,
    },
    onIteration,
  );
  const float32 = solved.weights.map((output) => Array.from(output, Math.fround));
  let column = 0;
  const features = parts.map((part, j) => {
    const from = column;
    column += columnCount(part);
    const own = float32.map((output) => output.slice(from, column));
    return fittedFeature(part, own, { table: examples, feature: j, weights });
  });
  return {
    kind: "linear",
    task: target.kind,
    classes: target.kind === "multiclass" ? [...target.classes] : [],
    features,
    options,
    rowCount,
    intercepts: float32.map((output) => output[column]),
    iterations: solved.iterations,
    converged: solved.converged,
  };
}

function targetsOf(target: LinearTarget): readonly Float64Array[] {
  if (target.kind === "regression") return [target.values];
  if (target.kind === "binary") return [Float64Array.from(target.labels)];
  return target.classes.map((_, k) => Float64Array.from(target.labels, (label) => (label === k ? 1 : 0)));
}

interface TrainingRows {
  readonly table: FeatureTable;
  readonly feature: number;
  readonly weights: Float32Array | undefined;
}

/** @param own per output the weights of the part's columns */
function fittedFeature(
  part: DesignPart,
  own: readonly (readonly number[])[],
  rows: TrainingRows,
): LinearFeature {
  const { name } = part;
  if (part.kind === "number") {
    const weights = own.map(([weight]) => weight);
    const spread = weights.reduce((sum, weight) => sum + Math.abs(weight), 0) / weights.length;
    return { kind: "number", name, spread, scaling: part.scaling, weights };
  }
  const addOf = (columns: Float32Array) =>
    own.map((weights) => Math.fround(weights.reduce((sum, weight, j) => sum + weight * columns[j], 0)));
  const { categories } = part;
  const adds = part.rows.map(addOf);
  const missing = addOf(part.missing);
  const encoding = part.oneHot ? "one-hot" : "mean target";
  const spread = spreadOf(part.codes, { adds, missing }, rows);
  return { kind: "text", name, spread, encoding, categories, adds, unseen: addOf(part.unseen), missing };
}

/** Weighted standard deviation of what a text adds, mean over the outputs. */
function spreadOf(
  codes: readonly number[],
  { adds, missing }: { readonly adds: readonly (readonly number[])[]; readonly missing: readonly number[] },
  { table, feature, weights }: TrainingRows,
): number {
  const column = table.features[feature];
  if (column.kind !== "text") return 0;
  const place = new Map(codes.map((code, i) => [code, i]));
  const counts = new Float64Array(codes.length + 1);
  column.codes.forEach((code, row) => (counts[place.get(code) ?? codes.length] += weights?.[row] ?? 1));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const all = [...adds, missing];
  const variance = (k: number) => {
    const mean = all.reduce((sum, add, i) => sum + counts[i] * add[k], 0) / total;
    return all.reduce((sum, add, i) => sum + counts[i] * (add[k] - mean) ** 2, 0) / total;
  };
  return missing.reduce((sum, _, k) => sum + Math.sqrt(variance(k)), 0) / missing.length;
}
