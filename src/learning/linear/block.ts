import type { LinearProblem } from "./problem.js";

/** One output while it is being fitted. The arrays are rewritten in place. */
export interface Block {
  /** One weight per column, then the intercept. */
  readonly weights: Float64Array;
  readonly target: Float64Array;
  /** Intercept plus weighted columns, per row. */
  readonly scores: Float64Array;
  /** What a score stands against, per row: 0, or the logarithm of the other classes' summed exponentials. */
  readonly rest: Float64Array;
}

/** The penalised loss of one output with the first two derivatives of its smooth part. */
interface Expansion {
  readonly loss: number;
  readonly gradient: Float64Array;
  /** Lower triangle, row-major. */
  readonly hessian: Float64Array;
}

/** Loss of the rows plus both penalties of this output, as far as they depend on it. */
export function lossOf(problem: LinearProblem, block: Block): number {
  const { weights: rowWeights, options } = problem;
  const { scores, target, rest, weights } = block;
  let loss = 0;
  for (let row = 0; row < scores.length; row++) {
    if (problem.loss === "squared") loss += (rowWeights[row] * (scores[row] - target[row]) ** 2) / 2;
    else {
      const odds = scores[row] - rest[row];
      const softplus = Math.max(0, odds) + Math.log1p(Math.exp(-Math.abs(odds)));
      loss += rowWeights[row] * (softplus - target[row] * odds);
    }
  }
  for (let j = 0; j < weights.length - 1; j++) {
    loss += (options.l2 * weights[j] * weights[j]) / 2 + options.l1 * Math.abs(weights[j]);
  }
  return loss;
}

/** Cost: rows × columns² / 2 multiplications, less where columns are 0. */
export function expand(problem: LinearProblem, block: Block): Expansion {
  const { design, width, weights: rowWeights, options } = problem;
  const { scores, target, rest, weights } = block;
  const n = width + 1;
  const gradient = new Float64Array(n);
  const hessian = new Float64Array(n * n);
  const x = new Float64Array(n).fill(1);
  for (let row = 0; row < scores.length; row++) {
    x.set(design.subarray(row * width, (row + 1) * width));
    const squared = problem.loss === "squared";
    const mean = squared ? scores[row] : 1 / (1 + Math.exp(rest[row] - scores[row]));
    const slope = rowWeights[row] * (mean - target[row]);
    const curvature = rowWeights[row] * (squared ? 1 : mean * (1 - mean));
    for (let i = 0; i < n; i++) {
      if (x[i] === 0) continue;
      gradient[i] += slope * x[i];
      const xi = curvature * x[i];
      for (let j = 0; j <= i; j++) hessian[i * n + j] += xi * x[j];
    }
  }
  for (let j = 0; j < width; j++) {
    gradient[j] += options.l2 * weights[j];
    hessian[j * n + j] += options.l2;
  }
  // A separated output has next to no curvature left; its intercept must still have a finite step.
  hessian[n * n - 1] += 1e-12 * scores.length;
  return { loss: lossOf(problem, block), gradient, hessian };
}
