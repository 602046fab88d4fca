import { solvePositiveDefinite } from "./cholesky.js";
import { descend } from "./coordinate-descent.js";
import { bestShift } from "./common-shift.js";
import { expand, lossOf, type Block } from "./block.js";
import type { LinearProblem } from "./problem.js";

export interface LinearSolution {
  /** Per output, one weight per column and then the intercept. */
  readonly weights: readonly Float64Array[];
  readonly iterations: number;
  readonly converged: boolean;
}

/** Converged when a pass promises to lower the loss by less than this part per unit of weight and variance. */
const tolerance = 1e-13;

/**
 * Minimises Σ weight · loss + ½·l2·‖w‖² + l1·‖w‖₁ (intercepts free) by Newton steps, one output after the
 * other: exact steps where l1 = 0, proximal ones by coordinate descent where l1 > 0 (glmnet; Lee, Sun, Saunders
 * 2014). For softmax the block of one output is a logistic regression with the other outputs as offset, so
 * one code serves all. A step that does not lower the loss is halved. The problem is strictly convex but for a
 * shift common to all softmax intercepts, which is taken out, so the answer is unique. Cost of a pass: rows ×
 * columns² / 2 multiplications per output.
 */
export function solveLinear(problem: LinearProblem, onIteration: (done: number) => void): LinearSolution {
  const { options, targets, weights: rowWeights } = problem;
  const blocks = targets.map((target) => startBlock(problem, target));
  const weights = blocks.map((block) => block.weights);
  const total = rowWeights.reduce((sum, weight) => sum + weight, 0);
  const enough = tolerance * total * lossScale(problem, total);
  for (let iteration = 1; iteration <= options.maxIterations; iteration++) {
    let promised = 0;
    for (const block of blocks) {
      if (blocks.length > 1) fillRest(block, blocks);
      promised += improve(problem, block, enough);
    }
    if (blocks.length > 1) takeOutShift(blocks, options);
    onIteration(iteration);
    if (promised <= enough) return { weights, iterations: iteration, converged: true };
  }
  return { weights, iterations: options.maxIterations, converged: false };
}

/** The variance of the target for the squared loss, so that its unit does not matter; 1 else. */
function lossScale({ loss, targets, weights }: LinearProblem, total: number): number {
  if (loss === "logistic") return 1;
  const mean = targets[0].reduce((sum, t, row) => sum + weights[row] * t, 0) / total;
  const squares = targets[0].reduce((sum, t, row) => sum + weights[row] * (t - mean) ** 2, 0);
  return squares > 0 ? squares / total : 1;
}

/** An output at weight 0 and the intercept that is best there. */
function startBlock(problem: LinearProblem, target: Float64Array): Block {
  const { rowCount, width, loss, weights: rowWeights, targets } = problem;
  const total = rowWeights.reduce((sum, weight) => sum + weight, 0);
  const mean = target.reduce((sum, t, row) => sum + rowWeights[row] * t, 0) / total;
  const softmax = targets.length > 1;
  const share = Math.max(mean, 1e-12);
  const intercept = loss === "squared" ? mean : Math.log(softmax ? share : share / (1 - share));
  const weights = new Float64Array(width + 1);
  weights[width] = intercept;
  return {
    weights,
    target,
    scores: new Float64Array(rowCount).fill(intercept),
    rest: new Float64Array(rowCount),
  };
}

/** Logarithm of the other outputs' summed exponentials, per row. */
function fillRest(block: Block, blocks: readonly Block[]): void {
  const others = blocks.filter((other) => other !== block).map(({ scores }) => scores);
  for (let row = 0; row < block.rest.length; row++) {
    let most = -Infinity;
    for (const scores of others) most = Math.max(most, scores[row]);
    let sum = 0;
    for (const scores of others) sum += Math.exp(scores[row] - most);
    block.rest[row] = most + Math.log(sum);
  }
}

/** One Newton step of one output in place; returns by how much the quadratic model promised to lower the loss. */
function improve(problem: LinearProblem, block: Block, enough: number): number {
  const { options, width } = problem;
  const here = expand(problem, block);
  const { gradient, hessian } = here;
  const step =
    options.l1 === 0
      ? solvePositiveDefinite(hessian.slice(), gradient).map((value) => -value)
      : descend({ hessian, gradient, weights: block.weights, l1: options.l1 }, enough * 1e-3);
  const promised = promiseOf(here, { step, weights: block.weights, l1: options.l1 });
  const rise = new Float64Array(problem.rowCount);
  for (let row = 0; row < rise.length; row++) {
    let sum = step[width];
    for (let j = 0; j < width; j++) sum += step[j] * problem.design[row * width + j];
    rise[row] = sum;
  }
  const moved = (size: number): Block => ({
    ...block,
    weights: block.weights.map((weight, j) => weight + size * step[j]),
    scores: block.scores.map((score, row) => score + size * rise[row]),
  });
  let size = 1;
  let next = moved(size);
  // What rounding alone may add to the loss.
  const slack = 1e-13 * Math.abs(here.loss);
  while (!(lossOf(problem, next) <= here.loss + slack) && size > 1e-9) next = moved((size /= 2));
  block.weights.set(next.weights);
  block.scores.set(next.scores);
  return promised;
}

function promiseOf(
  { gradient, hessian }: { readonly gradient: Float64Array; readonly hessian: Float64Array },
  { step, weights, l1 }: { readonly step: Float64Array; readonly weights: Float64Array; readonly l1: number },
): number {
  const n = step.length;
  let change = 0;
  for (let i = 0; i < n; i++) {
    change += gradient[i] * step[i] + (hessian[i * n + i] * step[i] * step[i]) / 2;
    for (let j = 0; j < i; j++) change += hessian[i * n + j] * step[i] * step[j];
    if (i < n - 1) change += l1 * (Math.abs(weights[i] + step[i]) - Math.abs(weights[i]));
  }
  return -change;
}

/** Takes out of every weight and of the intercepts what all classes share; probabilities stay as they are. */
function takeOutShift(blocks: readonly Block[], options: LinearProblem["options"]): void {
  const intercept = blocks[0].weights.length - 1;
  for (let j = 0; j <= intercept; j++) {
    const penalty = j === intercept ? { l1: 0, l2: 1 } : options;
    const shift = bestShift(
      blocks.map(({ weights }) => weights[j]),
      penalty,
    );
    for (const { weights } of blocks) weights[j] -= shift;
  }
}
