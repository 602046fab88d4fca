import { badConformal, conformalQuantile } from "./conformal-quantile.js";
import { checkProbabilities } from "./prediction-sets.js";

/** Rows that a set is calibrated on; the model must not have been trained on them. */
export interface SetRows {
  /** Row-major, one per class. */
  readonly probabilities: Float32Array;
  /** Per row the number of its class. */
  readonly labels: ArrayLike<number>;
  readonly classes: number;
}

/**
 * The least probability of a label that stays in a set: `lac` of {@link fitSets} as one number, which is exact in
 * float32, so that a graph can compare with it. Infinitely low when there are too few rows to rule anything out.
 * Throws MW0423.
 */
export function fitSetThreshold({ probabilities, labels, classes }: SetRows, alpha: number): number {
  checkProbabilities(probabilities, classes);
  if (probabilities.length !== labels.length * classes) {
    throw badConformal(
      `${labels.length} rows of ${classes} probabilities`,
      `${probabilities.length} numbers`,
    );
  }
  // The ⌈(n + 1)(1 − α)⌉-th smallest of 1 − p is one minus the p that is as far from the top.
  const strangeness = Array.from(
    labels,
    (label: number, row: number) => -probabilities[row * classes + label],
  );
  return -conformalQuantile(strangeness, alpha);
}
