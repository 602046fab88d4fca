import type { Measure } from "./measure.js";
import { listFigures, type ListFigures } from "./ranking-metrics.js";
import type { SampleUnits } from "./resampling.js";
import { drawnSum } from "./unit-sums.js";

/** Lists to be ranked: rows of equal group id are one list. */
export interface RankedLists {
  readonly scores: Float32Array;
  readonly relevance: Float64Array;
  /** Depth of NDCG and recall. */
  readonly k: number;
  /** What each row counts for; a list counts for the mean of its rows. Default 1. */
  readonly weights?: Float32Array;
}

const figureNames = {
  ndcg: "ndcg",
  averagePrecision: "map",
  reciprocalRank: "mrr",
  recall: "recallAtK",
} as const satisfies Record<keyof ListFigures, string>;

/** Means over the lists that hold a relevant item; the units are the lists. */
export function rankingMeasure({ scores, relevance, k, weights }: RankedLists, units: SampleUnits): Measure {
  const names = Object.keys(figureNames) as (keyof ListFigures)[];
  const mass = new Float64Array(units.count);
  const sums = names.map(() => new Float64Array(units.count));
  rowsByUnit(units).forEach((rows, unit) => {
    const figures = listFigures(
      Float64Array.from(rows, (row) => scores[row]),
      Float64Array.from(rows, (row) => relevance[row]),
      k,
    );
    if (Number.isNaN(figures.ndcg)) return;
    mass[unit] = weights === undefined ? 1 : rows.reduce((sum, row) => sum + weights[row], 0) / rows.length;
    names.forEach((name, figure) => (sums[figure][unit] = mass[unit] * figures[name]));
  });
  return Object.freeze({
    figures: names.map((name) => ({ name: figureNames[name] })),
    of(multiplicity: Uint16Array) {
      const total = drawnSum(multiplicity, mass);
      return Float64Array.from(sums, (sum) => drawnSum(multiplicity, sum) / total);
    },
  });
}

/** The rows of each unit, ascending. */
function rowsByUnit({ count, ofRow }: SampleUnits): Uint32Array[] {
  const sizes = new Uint32Array(count);
  for (const unit of ofRow) sizes[unit]++;
  const rows = Array.from(sizes, (size) => new Uint32Array(size));
  sizes.fill(0);
  ofRow.forEach((unit, row) => (rows[unit][sizes[unit]++] = row));
  return rows;
}
