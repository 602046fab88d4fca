import type { SampleUnits } from "./resampling.js";

/**
 * Sums of a row quantity per unit: a sum over a replicate is then a dot product with the multiplicities, however many
 * rows a unit has.
 * @param value of one of the caller's rows; what it counts for is the value's matter
 */
export function sumByUnit(units: SampleUnits, value: (row: number) => number): Float64Array {
  const sums = new Float64Array(units.count);
  const { ofRow } = units;
  for (let row = 0; row < ofRow.length; row++) sums[ofRow[row]] += value(row);
  return sums;
}

/** Σ multiplicity[u] · sums[u] */
export function drawnSum(multiplicity: Uint16Array, sums: Float64Array): number {
  let total = 0;
  for (let u = 0; u < sums.length; u++) total += multiplicity[u] * sums[u];
  return total;
}

/** Adds what each row counts for to its cell: `cells[row]` of the result. */
export function sumByCell(
  weights: Float64Array,
  cells: Uint16Array | Uint32Array,
  count: number,
): Float64Array {
  const sums = new Float64Array(count);
  for (let row = 0; row < weights.length; row++) sums[cells[row]] += weights[row];
  return sums;
}
