import { compilePolicy, numberBetween, oneOf, wholeNumberFrom } from "./policy.js";

/** When a difference from the reference counts as drift. */
export interface DriftPolicy {
  /** `js`: Jensen–Shannon distance (base 2, 0..1). `psi`: population stability index (0..∞). Default `js`. */
  readonly effect: "js" | "psi";
  /** Largest tolerated effect; default 0.1. */
  readonly threshold: number;
  /** Largest tolerated difference of the share of missing values; default 0.05. */
  readonly missingThreshold: number;
  /** Chance of any false finding among the tests of one call (Holm); default 0.01. */
  readonly alpha: number;
  /** Fewer values than this are `insufficient`; default 1000. */
  readonly minRows: number;
  /** Confidence level of the effect's interval; default 0.95. */
  readonly level: number;
}

const defaults: DriftPolicy = {
  effect: "js",
  threshold: 0.1,
  missingThreshold: 0.05,
  alpha: 0.01,
  minRows: 1000,
  level: 0.95,
};

const rules = {
  effect: oneOf("js", "psi"),
  threshold: numberBetween(0, 10),
  missingThreshold: numberBetween(0, 1),
  alpha: numberBetween(0, 1),
  minRows: wholeNumberFrom(2),
  level: numberBetween(0, 1),
};

/** Fills in defaults and refuses unknown keys and bad values. Throws MW0901. */
export function compileDriftPolicy(given: Readonly<Partial<DriftPolicy>> = {}): DriftPolicy {
  return compilePolicy(defaults, rules, given);
}
