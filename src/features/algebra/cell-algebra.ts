/* eslint-disable @typescript-eslint/max-params -- the hottest paths of all: they allocate nothing */
/**
 * Operations whose state is a few numbers. Each is a commutative monoid: `merge` of any two parts of a
 * multiset of events, in any order, gives the state of the whole.
 */
export type CellOperation = "count" | "sum" | "squares" | "min" | "max" | "first" | "last";

export interface CellAlgebra {
  /** The state of no events; its length is the number of cells. */
  readonly identity: readonly number[];
  /** Adds the value of one event to the cells that begin at `at`. */
  add(cells: Float64Array, at: number, event: CellEvent): void;
  /** Adds the cells that begin at `fromAt` in another array. */
  merge(cells: Float64Array, at: number, from: Float64Array, fromAt: number): void;
  /**
   * Takes out a part that was merged before. False when the rest cannot be known from the two, and then the
   * cells mean nothing any more.
   */
  takeOut(cells: Float64Array, at: number, from: Float64Array, fromAt: number): boolean;
}

/** Reused from event to event. */
export interface CellEvent {
  value: number;
  timeMs: number;
}

/** A wide number is two cells: high · 2^50 + low, with 0 ≤ low < 2^50. */
const lowUnits = 2 ** 50;
const half = 2 ** 25;

/**
 * Adds to a wide number. A sum that is too large for one cell on the way, but not at its end, is exact all the
 * same: so the order of its parts never matters. The magnitude of `low` is at most 2^50.
 */
export function addWide(cells: Float64Array, at: number, high: number, low: number): void {
  const lowSum = cells[at + 1] + low;
  const carry = lowSum >= lowUnits ? 1 : lowSum < 0 ? -1 : 0;
  cells[at + 1] = lowSum - carry * lowUnits;
  cells[at] += high + carry;
}

/** A wide number as one; NaN from 2^53 on, where that would not be exact. */
export function wideSum(cells: Float64Array, at: number): number {
  const total = cells[at] * lowUnits + cells[at + 1];
  return Number.isSafeInteger(total) ? total : NaN;
}

/** A wide number as a whole one; undefined from 2^103 on. */
export function wideInteger(cells: Float64Array, at: number): bigint | undefined {
  const high = cells[at];
  return Number.isSafeInteger(high) ? (BigInt(high) << 50n) + BigInt(cells[at + 1]) : undefined;
}

/** A wide number as one, to be split into the same cells again; undefined where that is not so. */
export function joinWide(cells: Float64Array, at: number): number | undefined {
  const [high, low] = [cells[at], cells[at + 1]];
  const total = high * lowUnits + low;
  const same = Object.is(Math.floor(total / lowUnits), high) && Object.is(total - high * lowUnits, low);
  return same && Number.isSafeInteger(total) ? total : undefined;
}

/** Writes a whole number below 2^53 as a wide one. */
export function splitWide(total: number, cells: Float64Array, at: number): void {
  const high = total >= 0 && total < lowUnits ? 0 : Math.floor(total / lowUnits);
  cells[at] = high;
  cells[at + 1] = total - high * lowUnits;
}

/** A wide number beyond 2^103 has lost what it would be without the part. */
const takeOutWide: CellAlgebra["takeOut"] = (cells, at, from, fromAt) => {
  if (!Number.isSafeInteger(cells[at])) return false;
  addWide(cells, at, -from[fromAt], -from[fromAt + 1]);
  return true;
};

/** An extreme stays unless the part that leaves holds it. */
const takeOutExtreme: CellAlgebra["takeOut"] = (cells, at, from, fromAt) =>
  from[fromAt] !== cells[at] || !Number.isFinite(from[fromAt]);

/** Adds x² of a whole number of at most 2^50, exactly: x = a · 2^25 + b. */
function addSquare(cells: Float64Array, at: number, x: number): void {
  const magnitude = Math.abs(x);
  const a = Math.floor(magnitude / half);
  const b = magnitude - a * half;
  const cross = 2 * a * b;
  const crossHigh = Math.floor(cross / half);
  addWide(cells, at, a * a + crossHigh, 0);
  addWide(cells, at, 0, (cross - crossHigh * half) * half);
  addWide(cells, at, 0, b * b);
}

/** An event at one end of the time line; of equal times the more extreme value, so that order never matters. */
function edge(sign: 1 | -1): CellAlgebra {
  const take = (cells: Float64Array, at: number, timeMs: number, value: number) => {
    const later = sign * (timeMs - cells[at]);
    if (later > 0 || (later === 0 && sign * (value - cells[at + 1]) > 0)) {
      cells[at] = timeMs;
      cells[at + 1] = value;
    }
  };
  return {
    identity: [-sign * Infinity, NaN],
    add: (cells, at, { value, timeMs }) => take(cells, at, timeMs, value),
    merge(cells, at, from, fromAt) {
      if (Number.isFinite(from[fromAt])) take(cells, at, from[fromAt], from[fromAt + 1]);
    },
    takeOut: takeOutExtreme,
  };
}

function extreme(sign: 1 | -1): CellAlgebra {
  const take = (cells: Float64Array, at: number, value: number) => {
    if (sign * value > sign * cells[at]) cells[at] = value;
  };
  return {
    identity: [-sign * Infinity],
    add: (cells, at, { value }) => take(cells, at, value),
    merge: (cells, at, from, fromAt) => take(cells, at, from[fromAt]),
    takeOut: takeOutExtreme,
  };
}

export const cellAlgebras: Readonly<Record<CellOperation, CellAlgebra>> = {
  count: {
    identity: [0],
    add(cells, at) {
      cells[at] += 1;
    },
    merge(cells, at, from, fromAt) {
      cells[at] += from[fromAt];
    },
    takeOut(cells, at, from, fromAt) {
      cells[at] -= from[fromAt];
      return true;
    },
  },
  sum: {
    identity: [0, 0],
    add: (cells, at, { value }) => addWide(cells, at, 0, value),
    merge: (cells, at, from, fromAt) => addWide(cells, at, from[fromAt], from[fromAt + 1]),
    takeOut: takeOutWide,
  },
  squares: {
    identity: [0, 0],
    add: (cells, at, { value }) => addSquare(cells, at, value),
    merge: (cells, at, from, fromAt) => addWide(cells, at, from[fromAt], from[fromAt + 1]),
    takeOut: takeOutWide,
  },
  min: extreme(-1),
  max: extreme(1),
  first: edge(-1),
  last: edge(1),
};
