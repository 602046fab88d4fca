import type { LinearOptions } from "./options.js";

/** What there is to fit: a design matrix and one column of targets per output. */
export interface LinearProblem {
  readonly rowCount: number;
  /** Number of columns of the design, without the intercept. */
  readonly width: number;
  /** Row-major design matrix, rowCount × width. */
  readonly design: Float32Array;
  readonly loss: "squared" | "logistic";
  /** Per output the target of every row; several outputs with logistic loss mean softmax, and sum to 1 a row. */
  readonly targets: readonly Float64Array[];
  /** What each row counts for. */
  readonly weights: Float64Array;
  readonly options: Pick<LinearOptions, "l1" | "l2" | "maxIterations">;
}
