import { badArgument } from "./bad-argument.js";
import { sortFinite } from "./radix-sort.js";

/**
 * Strictly increasing edges that cut a column into bins of nearly equal mass; see `quantileEdgesOfSorted`. NaN and
 * infinite values do not count.
 */
export function quantileEdges(values: Float32Array | Float64Array, bins = 10): readonly number[] {
  return quantileEdgesOfSorted(sortFinite(values), bins);
}

/**
 * Edges at the order statistics ⌊j·n/bins⌋ (j = 0 …), and one just above the maximum. Bins are left-closed and
 * right-open: bin 0 lies below the minimum, the last one above the maximum, both empty for the column itself, so that
 * later values out of its range have bins of their own. Ties merge edges, so there may be fewer bins; a constant
 * column has two edges, an empty one none.
 * @param sorted finite values, ascending
 * @param bins wanted number of inner bins, at least 1. Throws MW1401
 */
export function quantileEdgesOfSorted(sorted: Float32Array | Float64Array, bins = 10): readonly number[] {
  if (!Number.isInteger(bins) || bins < 1) throw badArgument("a positive whole number of bins", bins);
  if (sorted.length === 0) return [];
  const edges: number[] = [];
  for (let j = 0; j < bins; j++) {
    const edge = sorted[Math.floor((j * sorted.length) / bins)] + 0;
    if (edges.length === 0 || edge > edges[edges.length - 1]) edges.push(edge);
  }
  const above = nextUp(sorted[sorted.length - 1]);
  return above < Infinity ? [...edges, above] : edges;
}

/** The smallest double above a finite x. */
function nextUp(x: number): number {
  if (x === 0) return Number.MIN_VALUE;
  const value = new Float64Array([x]);
  const bits = new BigInt64Array(value.buffer);
  bits[0] += x > 0 ? 1n : -1n;
  return value[0];
}

/** The bin of a finite value: how many edges are at most that value, 0..edges.length. */
export function binOf(edges: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Counts of ascending values in the `edges.length + 1` bins of `binOf`; O(edges · log n). */
export function countSorted(
  sorted: Float32Array | Float64Array,
  edges: readonly number[],
): readonly number[] {
  const starts = [0, ...edges.map((edge) => firstAtLeast(sorted, edge)), sorted.length];
  return Array.from({ length: edges.length + 1 }, (_, bin) => starts[bin + 1] - starts[bin]);
}

function firstAtLeast(sorted: Float32Array | Float64Array, edge: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < edge) low = middle + 1;
    else high = middle;
  }
  return low;
}
