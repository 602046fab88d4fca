import type { Crew } from "./crew.js";
import type { GrownLeaf, Shard } from "./shard.js";

/** Integer weights of rows, so that sums are exact in any order. */
export const weightSteps = 2 ** 20;

const digits = 4;
const digitValues = 256;

/** Numbers that the threads exchange for so many leaves. */
export const quantileRoom = (leaves: number) => 2 * leaves * digitValues;

/** Order of float32 bits as that of unsigned integers. */
function orderOf(bits: number): number {
  return (bits < 0 ? ~bits : bits ^ 0x80000000) >>> 0;
}

function bitsOf(order: number): number {
  return order >= 0x80000000 ? order ^ 0x80000000 : ~order;
}

/** What is searched in one leaf: the smallest residual with more than, or at least, so much weight up to it. */
interface Cell {
  prefix: number;
  /** Weight that lies below the prefix. */
  below: number;
}

/**
 * The weighted quantile of the residuals in every leaf, over the rows of all threads: the mean of the smallest
 * value with at least, and the smallest with more than, the quantile's share of the weight up to it. Four
 * passes over the digits of the float32 residuals; exact, whatever the number of threads.
 */
export function leafQuantiles(
  work: {
    readonly shard: Shard;
    readonly leaves: readonly GrownLeaf[];
    readonly quantile: number;
    /** Integers; absent where every row counts the same. */
    readonly weights: Float64Array | undefined;
  },
  crew: Crew,
): readonly number[] {
  const { leaves, quantile } = work;
  const orders = residualOrders(work.shard);
  const cells = leaves.flatMap((): Cell[] => [
    { prefix: 0, below: 0 },
    { prefix: 0, below: 0 },
  ]);
  const counts = new Float64Array(cells.length * digitValues);
  const totals = leaves.map(() => 0);
  for (let digit = 0; digit < digits; digit++) {
    count({ ...work, orders, cells, digit }, counts.fill(0));
    crew.sum(counts, counts);
    cells.forEach((cell, c) => {
      const of = counts.subarray(c * digitValues, (c + 1) * digitValues);
      if (digit === 0) totals[c >> 1] = of.reduce((sum, weight) => sum + weight, 0);
      narrow(cell, of, { rank: quantile * totals[c >> 1], strict: c % 2 === 1 });
    });
  }
  const values = new Float32Array(Int32Array.from(cells, ({ prefix }) => bitsOf(prefix)).buffer);
  return leaves.map((_, leaf) => (values[2 * leaf] + values[2 * leaf + 1]) / 2);
}

function residualOrders({ targets, scores: [scores] }: Shard): Uint32Array {
  const residuals = new Float32Array(targets.length);
  for (let row = 0; row < targets.length; row++) residuals[row] = targets[row] - scores[row];
  const bits = new Int32Array(residuals.buffer);
  const orders = new Uint32Array(residuals.buffer);
  for (let row = 0; row < targets.length; row++) orders[row] = orderOf(bits[row]);
  return orders;
}

function count(
  pass: {
    readonly shard: Shard;
    readonly leaves: readonly GrownLeaf[];
    readonly weights: Float64Array | undefined;
    readonly orders: Uint32Array;
    readonly cells: readonly Cell[];
    readonly digit: number;
  },
  counts: Float64Array,
): void {
  const { shard, weights, orders, digit } = pass;
  const shift = 24 - 8 * digit;
  pass.leaves.forEach(({ start, end }, leaf) => {
    const [first, second] = [pass.cells[2 * leaf].prefix, pass.cells[2 * leaf + 1].prefix];
    const at = 2 * leaf * digitValues;
    for (let i = start; i < end; i++) {
      const row = shard.rows[i];
      // In two steps, since a shift by 32 is one by 0.
      const head = (orders[row] >>> shift) >>> 8;
      const value = (orders[row] >>> shift) & 255;
      const weight = weights?.[row] ?? 1;
      if (head === first >>> 0) counts[at + value] += weight;
      if (head === second >>> 0) counts[at + digitValues + value] += weight;
    }
  });
}

/** Appends to the prefix the digit at which the weight reaches (or exceeds) the rank. */
function narrow(
  cell: Cell,
  counts: Float64Array,
  { rank, strict }: { readonly rank: number; readonly strict: boolean },
): void {
  let digit = 0;
  let last = 0;
  let below = cell.below;
  for (; digit < digitValues; digit++) {
    if (counts[digit] === 0) continue;
    last = digit;
    const upTo = below + counts[digit];
    if (strict ? upTo > rank : upTo >= rank) break;
    below = upTo;
  }
  // Past the end (an empty leaf, or the highest quantile): the largest value there is.
  cell.prefix = cell.prefix * digitValues + (digit === digitValues ? last : digit);
  cell.below = below;
}
