import { compileOptions, type NumericRule } from "../numeric-options.js";

/** Options of `trainGbdt`, all with defaults. */
export interface GbdtOptions {
  /** Boosting rounds, one tree each. Default 200, 1 to 10,000. */
  readonly trees: number;
  /** Most leaves of a tree. Default 31, 2 to 1,024. */
  readonly leaves: number;
  /** Shrinkage of every leaf. Default 0.1, 0.0001 to 1. */
  readonly learningRate: number;
  /**
   * Least sum of p·(1 − p) over a leaf's rows, where p is the prediction so far. As p·(1 − p) ≤ ¼, a leaf
   * holds at least four times as many rows, and more where the model is already sure. Default 5 (so never
   * fewer than 20 rows), 0.001 to 1e9.
   */
  readonly minLeafHessian: number;
  /** L2 penalty on leaf values. Default 1, 0 to 1e9. */
  readonly l2: number;
  /** Most intervals into which a feature's values are cut; missing is one more. Default 255, 2 to 255. */
  readonly maxBins: number;
  /** Seeds the dither of the gradients and the sample that cuts the intervals. Default 0, 32 bits. */
  readonly seed: number;
}

const rules: Readonly<Record<keyof GbdtOptions, NumericRule>> = {
  trees: { default: 200, min: 1, max: 10_000, whole: true },
  leaves: { default: 31, min: 2, max: 1_024, whole: true },
  learningRate: { default: 0.1, min: 1e-4, max: 1, whole: false },
  minLeafHessian: { default: 5, min: 1e-3, max: 1e9, whole: false },
  l2: { default: 1, min: 0, max: 1e9, whole: false },
  maxBins: { default: 255, min: 2, max: 255, whole: true },
  seed: { default: 0, min: 0, max: 2 ** 32 - 1, whole: true },
};

/** Fills in defaults and checks. Throws MW0401. */
export function compileGbdtOptions(given: Partial<GbdtOptions>): GbdtOptions {
  return compileOptions(rules, given);
}
