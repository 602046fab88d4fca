import { didYouMean } from "../../kernel/index.js";
import { learningErrors } from "../errors.js";
import { compileOptions, type NumericRule } from "../numeric-options.js";

/** What a regression minimises: squared or absolute error, the pinball loss of a quantile, Poisson deviance. */
export type RegressionLoss = "squared" | "absolute" | "quantile" | "poisson";

/** Options of `trainGbdt`, all with defaults. */
export interface GbdtOptions {
  /** Boosting rounds, one tree each (with several classes one per class). Default 200, 1 to 10,000. */
  readonly trees: number;
  /** Most leaves of a tree. Default 31, 2 to 1,024. */
  readonly leaves: number;
  /** Shrinkage of every leaf. Default 0.1, 0.0001 to 1. */
  readonly learningRate: number;
  /**
   * Fewest rows of a leaf, as its share of the parent's hessians tells (exact where all hessians are equal).
   * Default 20, 1 to 1e9.
   */
  readonly minLeafRows: number;
  /** Least sum of hessians over a leaf's rows. Default 0.001, 1e-6 to 1e9. */
  readonly minLeafHessian: number;
  /** L2 penalty on leaf values. Default 0, 0 to 1e9. */
  readonly l2: number;
  /** Most intervals into which a feature's values are cut; missing is one more. Default 255, 2 to 255. */
  readonly maxBins: number;
  /** Share of the rows that each round learns from, drawn anew. Default 1, 0.01 to 1. */
  readonly rowShare: number;
  /** Share of the features that each tree may split on, drawn anew; at least one. Default 1, 0.01 to 1. */
  readonly columnShare: number;
  /**
   * Training ends when the validation loss has not fallen for so many rounds, and only the rounds up to its
   * least value are kept; needs validation examples. Default 0, which is never; 0 to 10,000.
   */
  readonly patience: number;
  /** For regression. Default "squared". */
  readonly loss: RegressionLoss;
  /** The quantile that the loss "quantile" fits. Default 0.5, 0.001 to 0.999. */
  readonly quantile: number;
  /**
   * Number features along which the model must not fall (1) or not rise (−1), by name. Not for several classes.
   * Default none.
   */
  readonly monotone: Readonly<Record<string, 1 | -1>>;
  /** Seeds the dither, the draws and the sample that cuts the intervals. Default 0, 32 bits. */
  readonly seed: number;
}

const rules = {
  trees: { default: 200, min: 1, max: 10_000, whole: true },
  leaves: { default: 31, min: 2, max: 1_024, whole: true },
  learningRate: { default: 0.1, min: 1e-4, max: 1, whole: false },
  minLeafRows: { default: 20, min: 1, max: 1e9, whole: true },
  minLeafHessian: { default: 1e-3, min: 1e-6, max: 1e9, whole: false },
  l2: { default: 0, min: 0, max: 1e9, whole: false },
  maxBins: { default: 255, min: 2, max: 255, whole: true },
  rowShare: { default: 1, min: 0.01, max: 1, whole: false },
  columnShare: { default: 1, min: 0.01, max: 1, whole: false },
  patience: { default: 0, min: 0, max: 10_000, whole: true },
  quantile: { default: 0.5, min: 0.001, max: 0.999, whole: false },
  seed: { default: 0, min: 0, max: 2 ** 32 - 1, whole: true },
} as const satisfies Readonly<Record<string, NumericRule>>;

const losses: readonly string[] = ["squared", "absolute", "quantile", "poisson"];

/** Fills in defaults and checks. Throws MW0401 and MW0411. */
export function compileGbdtOptions(given: Partial<GbdtOptions>): GbdtOptions {
  const { loss = "squared", monotone = {}, ...numbers } = given;
  const compiled = compileOptions(rules, numbers);
  if (!losses.includes(loss)) {
    throw learningErrors.error("MW0401", {
      expected: `loss to be one of ${losses.join(", ")}`,
      found: JSON.stringify(loss),
      remedy: didYouMean(String(loss), losses),
      details: { option: "loss" },
    });
  }
  for (const [feature, direction] of Object.entries(monotone)) {
    if (direction !== 1 && direction !== -1)
      throw badConstraint("a direction of 1 or -1", `${String(direction)} for "${feature}"`);
  }
  return Object.freeze({ ...compiled, loss, monotone: Object.freeze({ ...monotone }) });
}

export function badConstraint(expected: string, found: string) {
  return learningErrors.error("MW0411", {
    expected,
    found,
    remedy: "Correct the option monotone.",
    details: { option: "monotone" },
  });
}
