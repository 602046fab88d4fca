/** What a batch costs, learnt from the batches that ran. */
export interface RowCost {
  observe(rows: number, durationMs: number): void;
  /** Milliseconds that batches of so many rows together take; undefined before the first batch. */
  predictMs(rows: number, batches: number): number | undefined;
  /**
   * As long as if each batch took what the longest of the last ones did; Infinity where a batch would have more rows
   * than any of them had. A bound for predictions: where the loop is busy with other work, durations of small batches
   * are mostly noise, and a line through them foresees any time.
   */
  longestMs(rows: number, batches: number): number;
  /**
   * How many milliseconds longer a batch takes than predicted, one of twenty aside; 0 where none of them did. Whoever
   * promises an answer by a time keeps to this too: with the prediction alone every second promise would be broken.
   */
  marginMs(): number;
}

const defaultWindow = 50;
const keptShare = 0.95;

/**
 * Ordinary least squares of `duration = a · rows + b` over the last batches, 50 by default (as BentoML's dispatcher
 * does). Neither coefficient is below 0: a batch never gets cheaper by a row, nor is it free. Where all batches had
 * equally many rows the solution of the smallest norm is taken, as NumPy's `lstsq` does.
 */
export function rowCost(window = defaultWindow): RowCost {
  const rows = new Float64Array(window);
  const durations = new Float64Array(window);
  let seen = 0;
  let fit: Line | undefined;
  let margin: number | undefined;
  const lineOf = (count: number): Line =>
    (fit ??= leastSquares(rows.subarray(0, count), durations.subarray(0, count)));
  return Object.freeze({
    observe(batchRows: number, durationMs: number) {
      rows[seen % window] = batchRows;
      durations[seen % window] = durationMs;
      seen++;
      fit = undefined;
      margin = undefined;
    },
    predictMs(totalRows: number, batches: number) {
      if (seen === 0) return undefined;
      const { perRowMs, perBatchMs } = lineOf(Math.min(seen, window));
      return perRowMs * totalRows + perBatchMs * batches;
    },
    longestMs(totalRows: number, batches: number) {
      const count = Math.min(seen, window);
      return batches * longest(rows, durations, { count, totalRows, batches });
    },
    marginMs() {
      if (seen === 0) return 0;
      const count = Math.min(seen, window);
      const { perRowMs, perBatchMs } = lineOf(count);
      margin ??= quantile(
        durations.subarray(0, count).map((ms, i) => ms - perRowMs * rows[i] - perBatchMs),
        keptShare,
      );
      return Math.max(0, margin);
    },
  });
}

interface Asked {
  readonly count: number;
  readonly totalRows: number;
  readonly batches: number;
}

function longest(rows: Float64Array, durations: Float64Array, { count, totalRows, batches }: Asked): number {
  let mostRows = 0;
  let longestMs = 0;
  for (let i = 0; i < count; i++) {
    mostRows = Math.max(mostRows, rows[i]);
    longestMs = Math.max(longestMs, durations[i]);
  }
  return totalRows <= batches * mostRows ? longestMs : Infinity;
}

interface Line {
  readonly perRowMs: number;
  readonly perBatchMs: number;
}

function leastSquares(x: Float64Array, y: Float64Array): Line {
  const meanX = mean(x);
  const meanY = mean(y);
  let squares = 0;
  let products = 0;
  let rawSquares = 0;
  let rawProducts = 0;
  for (let i = 0; i < x.length; i++) {
    squares += (x[i] - meanX) ** 2;
    products += (x[i] - meanX) * (y[i] - meanY);
    rawSquares += x[i] ** 2;
    rawProducts += x[i] * y[i];
  }
  if (squares === 0) {
    const perBatchMs = meanY / (meanX ** 2 + 1);
    return { perRowMs: perBatchMs * meanX, perBatchMs };
  }
  const slope = products / squares;
  if (slope < 0) return { perRowMs: 0, perBatchMs: meanY };
  const intercept = meanY - slope * meanX;
  // The best line through the origin, where the best line of all lies below it.
  if (intercept < 0) return { perRowMs: rawProducts / rawSquares, perBatchMs: 0 };
  return { perRowMs: slope, perBatchMs: intercept };
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The least value that so large a share of them does not exceed. Sorts them. */
const quantile = (values: Float64Array, share: number): number =>
  values.sort()[Math.ceil(share * values.length) - 1];
