import { ascendingOrder } from "./radix-sort.js";
import type { Measure } from "./measure.js";
import { rowWeights, type SampleUnits } from "./resampling.js";
import { drawnSum, sumByUnit } from "./unit-sums.js";

/** Predicted and true numbers, one a row. */
export interface NumberScores {
  readonly predicted: ArrayLike<number>;
  readonly values: Float64Array;
  /** What each row counts for; default 1. */
  readonly weights?: Float32Array;
}

/**
 * Errors of predicted numbers, by the definitions of scikit-learn but for zeros:
 * - `mape` is over the rows whose value is not 0, and undefined without any
 * - `smape` is the mean of 2|y − ŷ| / (|y| + |ŷ|), 0 to 2, a row with y = ŷ = 0 counting 0
 * - `poissonDeviance` is undefined unless all values are at least 0 and all predictions above 0
 * - `r2` is undefined where all values are equal
 */
export function regressionMeasure({ predicted, values, weights }: NumberScores, units: SampleUnits): Measure {
  const of = (cost: (y: number, p: number) => number) =>
    sumByUnit(units, (row) => (weights === undefined ? 1 : weights[row]) * cost(values[row], predicted[row]));
  const centre = values.reduce((sum, y) => sum + y, 0) / values.length;
  const mass = of(() => 1);
  const squares = of((y, p) => (y - p) ** 2);
  const absolute = of((y, p) => Math.abs(y - p));
  const signed = of((y) => y - centre);
  const spread = of((y) => (y - centre) ** 2);
  const nonZero = of((y) => Number(y !== 0));
  const relative = of((y, p) => (y === 0 ? 0 : Math.abs((y - p) / y)));
  const symmetric = of((y, p) =>
    y === 0 && p === 0 ? 0 : (2 * Math.abs(y - p)) / (Math.abs(y) + Math.abs(p)),
  );
  const deviance = of(poissonDeviance);
  const median = medianAbsoluteError(
    { predicted, values, ...(weights === undefined ? {} : { weights }) },
    units,
  );
  return Object.freeze({
    figures: ["rmse", "mae", "medianAbsoluteError", "r2", "mape", "smape", "poissonDeviance"].map((name) => ({
      name,
    })),
    of(multiplicity: Uint16Array) {
      const sum = (sums: Float64Array) => drawnSum(multiplicity, sums);
      const total = sum(mass);
      const around = sum(spread) - sum(signed) ** 2 / total;
      return Float64Array.of(
        Math.sqrt(sum(squares) / total),
        sum(absolute) / total,
        median(multiplicity, total),
        around > roundingShare * sum(spread) ? 1 - sum(squares) / around : NaN,
        sum(relative) / sum(nonZero),
        sum(symmetric) / total,
        sum(deviance) / total,
      );
    },
  });
}

/** A spread below this share of its terms is rounding. */
const roundingShare = 1e-12;

function poissonDeviance(y: number, p: number): number {
  if (!(y >= 0 && p > 0)) return NaN;
  return 2 * ((y === 0 ? 0 : y * Math.log(y / p)) - y + p);
}

/** The weighted median of |y − ŷ|: the middle of the two middle ones where the weight splits in halves. */
function medianAbsoluteError(
  { predicted, values, weights: base }: NumberScores,
  units: SampleUnits,
): (multiplicity: Uint16Array, total: number) => number {
  const count = values.length;
  const errors = values.map((y, row) => Math.abs(y - predicted[row]));
  const order = ascendingOrder(
    errors,
    Uint32Array.from({ length: count }, (_, row) => row),
  );
  const sorted = Float64Array.from(order, (row) => errors[row]);
  const fill = rowWeights(units, { order, ...(base === undefined ? {} : { base }) });
  const weights = new Float64Array(count);
  return (multiplicity, total) => {
    fill(multiplicity, weights);
    let below = 0;
    let i = 0;
    for (; i < count; i++) {
      below += weights[i];
      if (below >= total / 2) break;
    }
    if (below > total / 2) return sorted[i];
    let next = i + 1;
    while (next < count && weights[next] === 0) next++;
    return next < count ? (sorted[i] + sorted[next]) / 2 : sorted[Math.min(i, count - 1)];
  };
}

/** Predicted quantiles, row-major: one column per level. */
export interface QuantileScores {
  readonly scores: Float32Array;
  readonly levels: readonly number[];
  readonly values: Float64Array;
  readonly weights?: Float32Array;
}

/** Pinball loss max(q(y − ŷ), (q − 1)(y − ŷ)), mean over rows and levels (Koenker & Bassett 1978). */
export function pinballMeasure(
  { scores, levels, values, weights }: QuantileScores,
  units: SampleUnits,
): Measure {
  const width = levels.length;
  const counts = (row: number) => (weights === undefined ? 1 : weights[row]);
  const mass = sumByUnit(units, counts);
  const losses = sumByUnit(units, (row) => {
    let loss = 0;
    levels.forEach((q, column) => {
      const error = values[row] - scores[row * width + column];
      loss += Math.max(q * error, (q - 1) * error);
    });
    return (counts(row) * loss) / width;
  });
  return Object.freeze({
    figures: [{ name: "pinball" }],
    of: (multiplicity: Uint16Array) =>
      Float64Array.of(drawnSum(multiplicity, losses) / drawnSum(multiplicity, mass)),
  });
}

/** Predicted intervals, one a row, ends included. */
export interface IntervalScores {
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
  readonly values: Float64Array;
  readonly weights?: Float32Array;
}

/** The share of values inside their intervals, and the mean width of the intervals. */
export function intervalMeasure({ low, high, values, weights }: IntervalScores, units: SampleUnits): Measure {
  const counts = (row: number) => (weights === undefined ? 1 : weights[row]);
  const mass = sumByUnit(units, counts);
  const inside = sumByUnit(
    units,
    (row) => counts(row) * Number(low[row] <= values[row] && values[row] <= high[row]),
  );
  const widths = sumByUnit(units, (row) => counts(row) * (high[row] - low[row]));
  return Object.freeze({
    figures: [{ name: "coverage" }, { name: "intervalWidth" }],
    of(multiplicity: Uint16Array) {
      const total = drawnSum(multiplicity, mass);
      return Float64Array.of(drawnSum(multiplicity, inside) / total, drawnSum(multiplicity, widths) / total);
    },
  });
}
