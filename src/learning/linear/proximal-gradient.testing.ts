import type { LinearProblem } from "./problem.js";

/** Slow and obvious: accelerated proximal gradient on the whole problem at once, by its definition. */
export function proximalGradient(problem: LinearProblem, steps: number): Float64Array[] {
  const { targets, width, options } = problem;
  const size = 1 / lipschitz(problem);
  let weights = targets.map(() => new Float64Array(width + 1));
  let look = weights;
  for (let step = 1; step <= steps; step++) {
    const slopes = slopesOf(problem, look);
    const next = look.map((output, k) =>
      output.map((weight, j) => {
        const moved = weight - size * slopes[k][j];
        return j === width ? moved : Math.sign(moved) * Math.max(0, Math.abs(moved) - size * options.l1);
      }),
    );
    const before = weights;
    look = next.map((output, k) => output.map((w, j) => w + ((step - 1) / (step + 2)) * (w - before[k][j])));
    weights = next;
  }
  const mean = weights.reduce((sum, output) => sum + output[width], 0) / weights.length;
  if (weights.length > 1) for (const output of weights) output[width] -= mean;
  return weights;
}

/** Gradient of Σ weight · loss + ½·l2·‖w‖², per output. */
function slopesOf(problem: LinearProblem, weights: readonly Float64Array[]): Float64Array[] {
  const { rowCount, width, design, targets, options } = problem;
  const slopes = weights.map((output) => output.map((w, j) => (j === width ? 0 : options.l2 * w)));
  for (let row = 0; row < rowCount; row++) {
    const x = [...design.subarray(row * width, (row + 1) * width), 1];
    const scores = weights.map((output) => output.reduce((sum, w, j) => sum + w * x[j], 0));
    const means = meansOf(problem.loss, scores);
    means.forEach((mean, k) => {
      const error = problem.weights[row] * (mean - targets[k][row]);
      x.forEach((value, j) => (slopes[k][j] += error * value));
    });
  }
  return slopes;
}

function meansOf(loss: LinearProblem["loss"], scores: readonly number[]): readonly number[] {
  if (loss === "squared") return scores;
  if (scores.length === 1) return [1 / (1 + Math.exp(-scores[0]))];
  const most = Math.max(...scores);
  const sum = scores.reduce((total, score) => total + Math.exp(score - most), 0);
  return scores.map((score) => Math.exp(score - most) / sum);
}

/** The curvature is nowhere above this: the trace of Σ weight · x · xᵀ, plus l2. */
function lipschitz({ rowCount, width, design, weights, options }: LinearProblem): number {
  let trace = 0;
  for (let row = 0; row < rowCount; row++) {
    let norm = 1;
    for (let j = 0; j < width; j++) norm += design[row * width + j] ** 2;
    trace += weights[row] * norm;
  }
  return trace + options.l2;
}

/**
 * How far weights are from the conditions of Karush, Kuhn and Tucker: a zero subgradient for every weight
 * (within ±l1 where the weight is 0) and a zero gradient for every intercept.
 */
export function worstViolation(problem: LinearProblem, weights: readonly Float64Array[]): number {
  const { width, options } = problem;
  const violations = slopesOf(problem, weights).flatMap((output, k) =>
    Array.from(output, (slope, j) => {
      if (j === width) return Math.abs(slope);
      const weight = weights[k][j];
      return weight === 0
        ? Math.max(0, Math.abs(slope) - options.l1)
        : Math.abs(slope + Math.sign(weight) * options.l1);
    }),
  );
  return Math.max(...violations);
}
