import { badConformal, groupQuantiles, quantilePerRow, type GroupQuantiles } from "./conformal-quantile.js";

/** `lac`: one minus the class's probability. `aps`: the probabilities of all classes down to it, added up. */
export type SetMethod = "lac" | "aps";

/** Fitted threshold for sets of classes. Plain data. */
export interface ConformalSets extends GroupQuantiles {
  readonly kind: "set";
  readonly method: SetMethod;
  readonly classes: number;
}

/**
 * Split-conformal prediction sets: the class of a row exchangeable with these is in its set with probability
 * 1 − alpha or more. `lac` (Sadinle, Lei, Wasserman 2019) has the smallest sets, and empty ones where nothing fits;
 * `aps` (Romano, Sesia, Candès 2020, without their random tie-breaking, which makes sets larger) adapts to how sure
 * the model is, and always holds the most probable class. With `groups` the promise holds in every group; grouped by
 * the true class one would not know the group of a new row. Throws MW0423.
 * @param rows probabilities row-major, one per class, and the number of each row's class
 */
export function fitSets(
  method: SetMethod,
  rows: {
    readonly probabilities: Float32Array;
    readonly labels: ArrayLike<number>;
    readonly classes: number;
  },
  options: { readonly alpha: number; readonly groups?: readonly string[] },
): ConformalSets {
  const { probabilities, labels, classes } = rows;
  checkProbabilities(probabilities, classes);
  if (probabilities.length !== labels.length * classes) {
    throw badConformal(
      `${labels.length} rows of ${classes} probabilities`,
      `${probabilities.length} numbers`,
    );
  }
  const scores = Float64Array.from(labels, (label: number, row: number) => {
    if (label >= classes) throw badConformal(`labels below ${classes}`, `${label} at row ${row}`);
    return scoresOf(method, probabilities.subarray(row * classes, (row + 1) * classes))[label];
  });
  return Object.freeze({ kind: "set", method, classes, ...groupQuantiles(scores, options) });
}

/** Rows × classes, row-major: 1 where the class is in the row's set. Throws MW0423. */
export function setsOf(
  { method, classes, ...quantiles }: ConformalSets,
  probabilities: Float32Array,
  groups?: readonly string[],
): Uint8Array {
  checkProbabilities(probabilities, classes);
  const sets = new Uint8Array(probabilities.length);
  quantilePerRow(quantiles, probabilities.length / classes, groups).forEach((quantile, row) => {
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    scoresOf(method, own).forEach((score, k) => (sets[row * classes + k] = score <= quantile ? 1 : 0));
    if (method === "aps") sets[row * classes + own.indexOf(Math.max(...own))] = 1;
  });
  return sets;
}

/** How strange each class would be for the row. */
function scoresOf(method: SetMethod, row: Float32Array): readonly number[] {
  if (method === "lac") return Array.from(row, (p) => 1 - p);
  const order = [...row.keys()].sort((a, b) => row[b] - row[a] || a - b);
  const scores = new Array<number>(row.length).fill(0);
  let sum = 0;
  for (const k of order) scores[k] = sum += row[k];
  return scores;
}

/** Throws MW0423. */
export function checkProbabilities(probabilities: Float32Array, classes: number): void {
  if (!Number.isInteger(classes) || classes < 2 || probabilities.length % classes !== 0) {
    throw badConformal("rows of at least 2 classes", `${probabilities.length} numbers, ${classes} classes`);
  }
  const stray = probabilities.findIndex((p) => !(p >= 0 && p <= 1));
  if (stray >= 0) throw badConformal("probabilities from 0 to 1", String(probabilities[stray]));
}
