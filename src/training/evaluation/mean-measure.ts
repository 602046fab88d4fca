import { rowWeights, type Measure, type SampleUnits } from "../../stats/index.js";

/** Weighted means over the rows, one figure per column; a column gives a number for each row. */
export function meanMeasure(
  columns: Readonly<Record<string, (row: number) => number>>,
  { rows, weights: base }: { readonly rows: number; readonly weights?: Float32Array },
  units: SampleUnits,
): Measure {
  const fill = rowWeights(units, base === undefined ? {} : { base });
  const weights = new Float64Array(rows);
  const values = Object.values(columns).map((column) =>
    Float64Array.from({ length: rows }, (_, i) => column(i)),
  );
  return Object.freeze({
    figures: Object.keys(columns).map((name) => ({ name })),
    of(multiplicity: Uint16Array) {
      fill(multiplicity, weights);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return Float64Array.from(
        values,
        (column) => column.reduce((sum, value, row) => sum + weights[row] * value, 0) / total,
      );
    },
  });
}
