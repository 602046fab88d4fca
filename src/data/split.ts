import { valueText, type Canonical } from "../kernel/index.js";
import { dataErrors } from "./errors.js";

/** What `assign` says of a row. */
export const splitPart = Object.freeze({ none: 0, train: 1, test: 2 });

/** What a split may look at of the rows that can be learned from. */
export interface SplitRows {
  /** Epoch milliseconds. A row with a NaN time is in no part. */
  readonly times: Float64Array;
  /** The outcome of each row: the number of its class, or a value. */
  readonly outcome: Float64Array;
  /** True when the outcome is the number of a class. */
  readonly classes: boolean;
  /** Per row a number that its group's rows alone have; given when the split names a column. */
  readonly groups?: Int32Array;
}

/** Divides the rows of a spine into training and test, and training once more. */
export interface Split {
  readonly kind: "time" | "group" | "stratified";
  /** The plain, hashable form. */
  readonly definition: Canonical;
  /** The column of the spine whose values stay together. */
  readonly column?: string;
  /** The part of each row: {@link splitPart}. Throws MW0209 when training or test gets no row. */
  assign(rows: SplitRows): Uint8Array;
  /**
   * Holds a share of the training rows back, divided like training and test: the last in time, whole groups, or
   * some of every class. For early stopping, tuning and calibration. Throws MW0209 when a part gets no row.
   */
  hold(rows: SplitRows, train: Uint32Array, share: number): HeldRows;
}

/** Row numbers, ascending. */
export interface HeldRows {
  readonly fit: Uint32Array;
  readonly held: Uint32Array;
}

/** @param found says what rows there are. Throws MW0209 */
export function checkParts(parts: Uint8Array, found: () => string, remedy?: string): Uint8Array {
  for (const name of ["train", "test"] as const) {
    if (!parts.includes(splitPart[name])) throw badSplit(`rows in the part "${name}"`, found(), remedy);
  }
  return parts;
}

/** How many rows there are to divide, of a split that asks for no times. */
export function foundRows(times: Float64Array): string {
  const count = times.reduce((sum, time) => sum + Number(!Number.isNaN(time)), 0);
  if (count === 0) return "no row that can be learned from";
  return `${count} ${count === 1 ? "row" : "rows"} that can be learned from`;
}

export function checkHeld(rows: HeldRows): HeldRows {
  const { fit, held } = rows;
  if (fit.length > 0 && held.length > 0) return rows;
  throw badSplit(
    "training rows to fit and training rows to hold back",
    `${fit.length} and ${held.length} rows`,
    "Give the training part more rows: early stopping, tuning and calibration hold some of them back.",
  );
}

export function checkShare(share: number, name: string): void {
  if (typeof share === "number" && share > 0 && share < 1) return;
  throw badSplit(`a ${name} above 0 and below 1`, valueText(share), "Give a share such as 0.3.");
}

export function foundTimes(times: Float64Array): string {
  let first = Infinity;
  let last = -Infinity;
  let count = 0;
  for (const time of times) {
    if (!Number.isNaN(time)) count++;
    if (time < first) first = time;
    if (time > last) last = time;
  }
  if (first > last) return "no row that can be learned from";
  return `${count} rows from ${new Date(first).toISOString()} to ${new Date(last).toISOString()}`;
}

/** MW0209. */
export function badSplit(
  expected: string,
  found: string,
  remedy = 'Mend the split, e.g. byTime({ train: "2001-01/2001-04", test: "2001-05/2001-06" }).',
) {
  return dataErrors.error("MW0209", {
    expected,
    found,
    remedy,
  });
}
