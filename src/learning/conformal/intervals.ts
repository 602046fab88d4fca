import { badConformal, groupQuantiles, quantilePerRow, type GroupQuantiles } from "./conformal-quantile.js";

type Numbers = Float32Array | Float64Array;

/** What a model says of each row's value before it is widened. */
export interface Band {
  readonly lows: Numbers;
  readonly highs: Numbers;
  /** How hard the row is, above 0: the interval widens in proportion. Default 1. */
  readonly scales?: Numbers;
}

/** A band of no width around predicted values. With scales the residuals are normalised by them. */
export function bandAround(predictions: Numbers, scales?: Numbers): Band {
  const band = { lows: predictions, highs: predictions };
  return Object.freeze(scales === undefined ? band : { ...band, scales });
}

/** Fitted widening of a model's bands. Plain data. */
export interface ConformalIntervals extends GroupQuantiles {
  readonly kind: "interval";
}

/** Interval per row; infinite ends where nothing can be promised. */
export interface Intervals {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * Split-conformal intervals: the outcome of a row exchangeable with these falls inside with probability 1 − alpha or
 * more, and less than 1 − alpha + 1/(n + 1) where no two scores are equal. The score is how far the outcome lies
 * outside the band, negative inside, over the scale. `bandAround(predictions)` gives absolute residuals (Lei et al.
 * 2018), with scales normalised ones, and a band of two quantile models conformalized quantile regression (Romano,
 * Patterson, Candès 2019). With `groups` the promise holds in every group. Throws MW0423.
 */
export function fitIntervals(
  band: Band,
  outcomes: Numbers,
  options: { readonly alpha: number; readonly groups?: readonly string[] },
): ConformalIntervals {
  checkBand(band, outcomes.length);
  const { lows, highs, scales } = band;
  const scores = Float64Array.from(
    outcomes,
    (outcome: number, row: number) =>
      Math.max(lows[row] - outcome, outcome - highs[row]) / (scales?.[row] ?? 1),
  );
  return Object.freeze({ kind: "interval", ...groupQuantiles(scores, options) });
}

/** A band that would shrink below nothing becomes its middle. Throws MW0423. */
export function intervalsOf(fitted: ConformalIntervals, band: Band, groups?: readonly string[]): Intervals {
  checkBand(band, band.lows.length);
  const widening = quantilePerRow(fitted, band.lows.length, groups);
  const low = new Float64Array(widening.length);
  const high = new Float64Array(widening.length);
  widening.forEach((quantile, row) => {
    const half = (band.highs[row] - band.lows[row]) / 2;
    const by = Math.max(quantile * (band.scales?.[row] ?? 1), -half);
    low[row] = band.lows[row] - by;
    high[row] = band.highs[row] + by;
  });
  return Object.freeze({ low, high });
}

function checkBand({ lows, highs, scales }: Band, rowCount: number): void {
  for (const values of [lows, highs, scales ?? lows]) {
    if (values.length !== rowCount) throw badConformal(`${rowCount} predictions`, String(values.length));
  }
  for (let row = 0; row < rowCount; row++) {
    if (!(lows[row] <= highs[row]))
      throw badConformal("bands whose low is not above their high", `row ${row}`);
    if (scales !== undefined && !(scales[row] > 0 && scales[row] < Infinity)) {
      throw badConformal("finite scales above 0", `${scales[row]} at row ${row}`);
    }
  }
}
