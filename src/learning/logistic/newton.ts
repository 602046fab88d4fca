import { solvePositiveDefinite } from "./cholesky.js";
import type { LogisticOptions } from "./options.js";
import { standardise, type Standardisation } from "./standardisation.js";

/** What the solver reads; the columns may hold NaN. */
export interface LogisticProblem {
  readonly columns: readonly Float32Array[];
  readonly labels: Uint8Array;
  readonly scaling: readonly Standardisation[];
  readonly options: LogisticOptions;
  /** Log-odds to start the intercept at. */
  readonly base: number;
}

export interface LogisticSolution {
  /** One weight per standardised feature, then the intercept. */
  readonly weights: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
}

/** The penalised loss at some weights with its first two derivatives. */
interface Expansion {
  readonly loss: number;
  readonly gradient: Float64Array;
  /** Lower triangle, row-major. */
  readonly hessian: Float64Array;
}

/** Converged when a Newton step promises less than this part of a nat per row. */
const tolerance = 1e-14;

/**
 * Minimises Σ log loss + ½·l2·‖w‖² (intercept free) by Newton's method, halving a step that does not lower
 * the loss. The problem is strictly convex, so the answer is unique; five to eight passes over the rows are usual.
 */
export function solveLogistic(
  problem: LogisticProblem,
  onIteration: (done: number) => void,
): LogisticSolution {
  let weights = new Float64Array(problem.columns.length + 1);
  weights[problem.columns.length] = problem.base;
  let here = expand(problem, weights);
  for (let iteration = 1; iteration <= problem.options.maxIterations; iteration++) {
    const step = solvePositiveDefinite(here.hessian, here.gradient);
    const promised = step.reduce((sum, value, i) => sum + value * here.gradient[i], 0) / 2;
    if (promised <= tolerance * problem.labels.length)
      return { weights, iterations: iteration - 1, converged: true };
    let size = 1;
    let next = weights.map((weight, i) => weight - step[i]);
    let there = expand(problem, next);
    while (!(there.loss <= here.loss) && size > 1e-9) {
      size /= 2;
      next = weights.map((weight, i) => weight - size * step[i]);
      there = expand(problem, next);
    }
    weights = next;
    here = there;
    onIteration(iteration);
  }
  return { weights, iterations: problem.options.maxIterations, converged: false };
}

function expand({ columns, labels, scaling, options }: LogisticProblem, weights: Float64Array): Expansion {
  const n = weights.length;
  const gradient = new Float64Array(n);
  const hessian = new Float64Array(n * n);
  const x = new Float64Array(n).fill(1);
  let loss = 0;
  for (let row = 0; row < labels.length; row++) {
    let score = weights[n - 1];
    for (let j = 0; j < n - 1; j++) {
      x[j] = standardise(columns[j][row], scaling[j]);
      score += weights[j] * x[j];
    }
    const p = 1 / (1 + Math.exp(-score));
    const label = labels[row];
    loss += Math.log1p(Math.exp(-Math.abs(score))) + Math.max(0, label === 1 ? -score : score);
    const curvature = p * (1 - p);
    for (let i = 0; i < n; i++) {
      gradient[i] += (p - label) * x[i];
      const xi = curvature * x[i];
      for (let j = 0; j <= i; j++) hessian[i * n + j] += xi * x[j];
    }
  }
  for (let j = 0; j < n - 1; j++) {
    loss += (options.l2 * weights[j] * weights[j]) / 2;
    gradient[j] += options.l2 * weights[j];
    hessian[j * n + j] += options.l2;
  }
  return { loss, gradient, hessian };
}
