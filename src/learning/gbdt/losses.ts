import type { GbdtOptions, RegressionLoss } from "./options.js";

/** What a row's scores are judged by. */
export type LossName = "logistic" | "softmax" | RegressionLoss;

/** A loss with all that it depends on. Plain data. */
export interface Loss {
  readonly name: LossName;
  /** Scores per row: the number of classes for softmax, else 1. */
  readonly width: number;
  /** For the quantile loss: which. */
  readonly quantile: number;
}

export function regressionLoss({ loss, quantile }: GbdtOptions): Loss {
  return Object.freeze({ name: loss, width: 1, quantile: loss === "absolute" ? 0.5 : quantile });
}

/** What the curve of a loss is called. */
export const lossTitles: Readonly<Record<LossName, string>> = {
  logistic: "logLoss",
  softmax: "logLoss",
  squared: "squaredError",
  absolute: "absoluteError",
  quantile: "pinballLoss",
  poisson: "poissonLoss",
};

/** Beyond it exp leaves the range of float32. */
const scoreReach = 87;

/** Mean of a Poisson score. */
export const meanOfScore = (score: number) => Math.exp(Math.min(scoreReach, score));

/**
 * The curvature of the exponential grows along a step; this is it at 0.7 above the score, which keeps steps in
 * leaves of few events in bounds. LightGBM's `poisson_max_delta_step`.
 */
export const poissonCaution = Math.exp(0.7);

/**
 * Largest |gradient| and hessian of a row of weight 1, or undefined where they depend on the data and must be
 * looked for.
 */
export function derivativeBounds({ name, quantile }: Loss): { g: number; h: number } | undefined {
  switch (name) {
    case "logistic":
    case "softmax":
      return { g: 1, h: 0.25 };
    case "absolute":
      return { g: 1, h: 1 };
    case "quantile":
      return { g: Math.max(quantile, 1 - quantile), h: 1 };
    case "squared":
    case "poisson":
      return undefined;
  }
}

/** Some rows by one of their scores. */
export interface ScoredTargets {
  readonly scores: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  /** For softmax: per row the log of the classes' summed exp. */
  readonly rest?: ArrayLike<number> | undefined;
  /** For softmax: the class of the score. */
  readonly output: number;
}

/** Where first and second derivatives go, row by row. */
export interface Derivatives {
  readonly g: { [row: number]: number };
  readonly h: { [row: number]: number };
}

/** First and second derivative of the rows' losses, in plain code. */
export function derive(loss: Loss, rows: ScoredTargets, { g, h }: Derivatives): void {
  const { scores, targets, rest, output } = rows;
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row];
    const target = targets[row];
    h[row] = 1;
    switch (loss.name) {
      case "logistic": {
        const p = 1 / (1 + Math.exp(-score));
        g[row] = p - target;
        h[row] = p * (1 - p);
        break;
      }
      case "softmax": {
        const p = Math.exp(score - (rest?.[row] ?? 0));
        g[row] = p - (target === output ? 1 : 0);
        h[row] = p * (1 - p);
        break;
      }
      case "squared":
        g[row] = score - target;
        break;
      case "absolute":
        g[row] = Math.sign(score - target);
        break;
      case "quantile":
        g[row] = score < target ? -loss.quantile : 1 - loss.quantile;
        break;
      case "poisson": {
        const mean = meanOfScore(score);
        g[row] = mean - target;
        h[row] = poissonCaution * mean;
      }
    }
  }
}

/** Loss of a row: −log-likelihood (Poisson: without log y!), squared or absolute error, pinball loss. */
export function lossOf(loss: Loss, scores: readonly number[], target: number): number {
  const [score] = scores;
  switch (loss.name) {
    case "logistic":
      return softplus(target === 1 ? -score : score);
    case "softmax":
      return logSumExp(scores) - scores[target];
    case "squared":
      return (score - target) ** 2;
    case "absolute":
      return Math.abs(score - target);
    case "quantile":
      return (target - score) * (loss.quantile - (target < score ? 1 : 0));
    case "poisson":
      return meanOfScore(score) - target * score;
  }
}

const softplus = (x: number) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));

/** log Σ exp of some scores. */
function logSumExp(scores: readonly number[]): number {
  const most = Math.max(...scores);
  return most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0));
}

/** The value of a leaf is then not Newton's step but this quantile of its residuals. */
export function leafQuantile({ name, quantile }: Loss): number | undefined {
  return name === "absolute" || name === "quantile" ? quantile : undefined;
}
