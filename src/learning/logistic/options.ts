import { compileOptions, type NumericRule } from "../numeric-options.js";

/** Options of `trainLogistic`, all with defaults. */
export interface LogisticOptions {
  /** Penalty ½·l2·‖w‖² on the weights of standardised features, beside the summed log loss. Default 1, 1e-6 to 1e9. */
  readonly l2: number;
  /** Most Newton steps. Default 50, 1 to 1,000. */
  readonly maxIterations: number;
}

const rules: Readonly<Record<keyof LogisticOptions, NumericRule>> = {
  l2: { default: 1, min: 1e-6, max: 1e9, whole: false },
  maxIterations: { default: 50, min: 1, max: 1_000, whole: true },
};

/** Fills in defaults and checks. Throws MW0401. */
export function compileLogisticOptions(given: Partial<LogisticOptions>): LogisticOptions {
  return compileOptions(rules, given);
}
