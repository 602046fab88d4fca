import { learningErrors } from "../errors.js";
import { sharedFloats } from "../feature-encoding.js";
import { requireTarget, type Examples, type TargetOf } from "../feature-table.js";
import { regressionLoss, type Loss } from "./losses.js";
import { badConstraint, type GbdtOptions } from "./options.js";
import type { GbdtTask } from "./tree.js";

type Learned = Examples<TargetOf<GbdtTask>>;

/** A training set as trees see it: one loss, one number per row. */
export interface Problem {
  readonly task: GbdtTask;
  readonly loss: Loss;
  readonly classes: readonly string[];
  /** Shared: label, number of the class, or value. */
  readonly targets: Float32Array;
  /** Shared. */
  readonly weights: Float32Array | undefined;
}

/** Throws MW0408 for a target that trees do not learn. Ranking is learned as regression of the relevance. */
export function problemOf(given: Examples, options: GbdtOptions): Problem {
  const examples: Learned = requireTarget(given, "gbdt()", "binary", "multiclass", "regression", "ranking");
  const { target } = examples;
  const weights = examples.weights && shared(examples.weights);
  const common = { task: target.kind, classes: [], weights };
  switch (target.kind) {
    case "binary":
      return {
        ...common,
        loss: { name: "logistic", width: 1, quantile: 0.5 },
        targets: shared(target.labels),
      };
    case "multiclass":
      return {
        ...common,
        loss: { name: "softmax", width: target.classes.length, quantile: 0.5 },
        classes: target.classes,
        targets: shared(target.labels),
      };
    case "regression":
      return { ...common, loss: regressionLoss(options), targets: shared(target.values) };
    case "ranking":
      return { ...common, loss: regressionLoss(options), targets: shared(target.relevance) };
  }
}

function shared(values: ArrayLike<number>): Float32Array {
  const memory = sharedFloats(values.length);
  memory.set(values);
  return memory;
}

/** Per output the float32 score with the least loss that all rows can share. Throws MW0409. */
export function baseScores({ loss, targets, weights }: Problem): readonly number[] {
  const weightOf = (row: number) => weights?.[row] ?? 1;
  if (loss.name === "absolute" || loss.name === "quantile")
    return [weightedQuantile(targets, weightOf, loss.quantile)];
  const sums = new Float64Array(loss.width);
  let total = 0;
  targets.forEach((target, row) => {
    if (loss.name === "softmax") sums[target] += weightOf(row);
    else sums[0] += weightOf(row) * target;
    total += weightOf(row);
  });
  const means = sums.map((sum) => sum / total);
  if (loss.name === "softmax") {
    // A class without rows still needs a finite score.
    return Array.from(means, (mean) => Math.fround(Math.log(Math.max(mean, 1 / (total + 1)))));
  }
  if (loss.name === "poisson") requireCounts(targets, means[0]);
  const [mean] = means;
  if (loss.name === "logistic") return [Math.fround(Math.log(mean / (1 - mean)))];
  return [Math.fround(loss.name === "poisson" ? Math.log(mean) : mean)];
}

function requireCounts(targets: Float32Array, mean: number): void {
  const stray = targets.findIndex((target) => target < 0);
  if (stray < 0 && mean > 0) return;
  throw learningErrors.error("MW0409", {
    expected: "target values of at least 0, not all 0, for the Poisson loss",
    found: stray < 0 ? "0 in every row" : `${targets[stray]} at row ${stray}`,
    remedy: "Choose another loss, or correct the target.",
  });
}

/** Mean of the smallest value with at least, and with more than, the quantile's weight up to it. */
function weightedQuantile(values: Float32Array, weightOf: (row: number) => number, quantile: number): number {
  const order = Uint32Array.from(values, (_, row) => row).sort((a, b) => values[a] - values[b]);
  const rank = quantile * order.reduce((sum, row) => sum + weightOf(row), 0);
  let upTo = 0;
  let low: number | undefined;
  for (const row of order) {
    upTo += weightOf(row);
    if (low === undefined && upTo >= rank) low = values[row];
    if (upTo > rank) return Math.fround(((low ?? values[row]) + values[row]) / 2);
  }
  return values[order[order.length - 1]];
}

/** Per column of the model the direction of its constraint, or undefined without any. Throws MW0411. */
export function constraintsOf(
  examples: Examples,
  { monotone }: GbdtOptions,
): Map<string, number> | undefined {
  const entries = Object.entries(monotone);
  if (entries.length === 0) return undefined;
  if (examples.target.kind === "multiclass")
    throw badConstraint(
      "no monotone constraints with several classes",
      entries.map(([name]) => name).join(", "),
    );
  for (const [name] of entries) {
    const feature = examples.features.find((candidate) => candidate.name === name);
    if (feature?.kind !== "number")
      throw badConstraint(
        `"${name}" to be a number feature`,
        feature === undefined ? "no feature of that name" : "a text feature",
      );
  }
  return new Map(entries);
}
