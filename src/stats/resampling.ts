import type { Rng } from "../kernel/index.js";
import { badArgument } from "./bad-argument.js";

/** What a bootstrap draws: single rows, or groups of rows that depend on one another. */
export interface SampleUnits {
  /** Units, numbered 0..count−1 in the order of the caller's group ids. */
  readonly count: number;
  /** The unit of each of the caller's rows. */
  readonly ofRow: Int32Array;
  /** Whether every row is a unit of its own. */
  readonly rows: boolean;
}

/** Fills how often each unit occurs in the next bootstrap replicate. */
export type Resampler = (multiplicity: Uint16Array) => void;

/**
 * Of 65,536 equally likely values, how many stand for weight 0, 1, 2 … 8: Poisson(1) rounded to 16 bits, with the
 * rounding chosen so that mean and variance are exactly 1.
 */
export const poissonCounts = [24107, 24113, 12055, 4017, 1004, 201, 33, 5, 1] as const;

const poissonTable = Uint8Array.from(
  poissonCounts.flatMap((count, weight) => new Array<number>(count).fill(weight)),
);

/** Each row by itself. */
export function rowUnits(rows: number): SampleUnits {
  return Object.freeze({
    count: rows,
    ofRow: Int32Array.from({ length: rows }, (_, row) => row),
    rows: true,
  });
}

/** The rows of equal group id together. Throws MW1401 for fewer than two groups. */
export function groupUnits(groups: Int32Array): SampleUnits {
  const ids = [...new Set(groups)].sort((a, b) => a - b);
  if (ids.length < 2) throw badArgument("at least two groups to resample", ids.length);
  const numbers = new Map(ids.map((id, number) => [id, number]));
  const ofRow = groups.map((id) => numbers.get(id) as number);
  return Object.freeze({ count: ids.length, ofRow, rows: false });
}

/**
 * Rows are drawn independently with Poisson(1) weights, the limit of n of n draws with replacement (Chamandy et al.
 * 2012, "Estimating uncertainty for massive data streams"), two per 32 random bits. Of G groups G are drawn.
 */
export function resampler(units: SampleUnits, rng: Rng): Resampler {
  return units.rows ? poissonResampler(rng) : groupResampler(units.count, rng);
}

function poissonResampler(rng: Rng): Resampler {
  return (multiplicity) => {
    for (let i = 0; i < multiplicity.length; i += 2) {
      const bits = rng.below(0x100000000);
      multiplicity[i] = poissonTable[bits & 0xffff];
      if (i + 1 < multiplicity.length) multiplicity[i + 1] = poissonTable[bits >>> 16];
    }
  };
}

function groupResampler(count: number, rng: Rng): Resampler {
  return (multiplicity) => {
    multiplicity.fill(0);
    for (let draw = 0; draw < count; draw++) multiplicity[rng.below(count)]++;
  };
}

/** Fills what the arranged rows count for when unit u occurs `multiplicity[u]` times. */
export type RowWeights = (multiplicity: Uint16Array, weights: Float64Array) => void;

/**
 * Prepares the weights of rows in an arrangement of the caller's rows (as they stand, or by rank).
 * @param order the caller's row number of each arranged row; default: as they stand
 * @param base what each of the caller's rows counts for; default 1
 */
export function rowWeights(
  units: SampleUnits,
  { order, base }: { readonly order?: Uint32Array; readonly base?: Float32Array } = {},
): RowWeights {
  const { ofRow } = units;
  const unit = order === undefined ? ofRow : Int32Array.from(order, (row) => ofRow[row]);
  if (base === undefined) {
    return (multiplicity, weights) => {
      for (let i = 0; i < unit.length; i++) weights[i] = multiplicity[unit[i]];
    };
  }
  const counts = order === undefined ? base : Float32Array.from(order, (row) => base[row]);
  return (multiplicity, weights) => {
    for (let i = 0; i < unit.length; i++) weights[i] = counts[i] * multiplicity[unit[i]];
  };
}
