import { compileOptions, type NumericRule } from "../numeric-options.js";

/** Options of `trainIsolation`, all with defaults. */
export interface IsolationOptions {
  /** Default 100, 1 to 10,000. */
  readonly trees: number;
  /** Rows that each tree is grown from, drawn without replacement; all rows if there are fewer. Default 256, 2 to 1,000,000. */
  readonly sampleSize: number;
  /** Most decisions on the way to a leaf. Default 0, which is ⌈log₂ sampleSize⌉; 0 to 100. */
  readonly maxDepth: number;
  /** Default 0, 32 bits. */
  readonly seed: number;
}

const rules: Readonly<Record<keyof IsolationOptions, NumericRule>> = {
  trees: { default: 100, min: 1, max: 10_000, whole: true },
  sampleSize: { default: 256, min: 2, max: 1_000_000, whole: true },
  maxDepth: { default: 0, min: 0, max: 100, whole: true },
  seed: { default: 0, min: 0, max: 2 ** 32 - 1, whole: true },
};

/** Fills in defaults and checks. Throws MW0401. */
export function compileIsolationOptions(given: Partial<IsolationOptions>): IsolationOptions {
  return compileOptions(rules, given);
}
