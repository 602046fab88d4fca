import { compileOptions, type NumericRule } from "../numeric-options.js";

/** Options of `trainLinear`, all with defaults. Penalties stand beside the summed (not the mean) loss. */
export interface LinearOptions {
  /** Penalty l1·‖w‖₁: sets weights to exactly 0. Default 0, 0 to 1e9. */
  readonly l1: number;
  /**
   * Penalty ½·l2·‖w‖² on the weights of standardised numbers and of categories. Default 1, 1e-6 to 1e9; the
   * least is as good as none, yet keeps the answer unique where columns repeat each other.
   */
  readonly l2: number;
  /** A text with at most so many categories has a weight for each; beyond, its mean target is one number. Default 16, 0 to 1,000. */
  readonly oneHotCategories: number;
  /** Most passes over all outputs, one Newton step each. Default 50, 1 to 1,000. */
  readonly maxIterations: number;
}

const rules: Readonly<Record<keyof LinearOptions, NumericRule>> = {
  l1: { default: 0, min: 0, max: 1e9, whole: false },
  l2: { default: 1, min: 1e-6, max: 1e9, whole: false },
  oneHotCategories: { default: 16, min: 0, max: 1_000, whole: true },
  maxIterations: { default: 50, min: 1, max: 1_000, whole: true },
};

/** Fills in defaults and checks. Throws MW0401. */
export function compileLinearOptions(given: Partial<LinearOptions>): LinearOptions {
  return compileOptions(rules, given);
}
