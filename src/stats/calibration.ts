import { badArgument } from "./bad-argument.js";
import { wilsonInterval, type Interval } from "./intervals.js";
import type { Ranked } from "./ranking.js";

/**
 * Ends (exclusive ranked positions) of bins of nearly equal mass: boundary b is ⌊b·n/bins⌋, moved up so that equal
 * scores are never split; boundaries that coincide then merge, so there may be fewer bins. Splitting ties would
 * make the error depend on the order of rows that the model cannot tell apart.
 * @param bins wanted number of bins, at least 1. Throws MW1401
 */
export function equalMassBins(ranked: Pick<Ranked, "scores" | "count">, bins: number): readonly number[] {
  if (!Number.isInteger(bins) || bins < 1) throw badArgument("a positive whole number of bins", bins);
  const { scores, count } = ranked;
  const ends: number[] = [];
  for (let b = 1; b <= bins; b++) {
    let end = Math.floor((b * count) / bins);
    if (end === 0 || end <= (ends.at(-1) ?? 0)) continue;
    while (end < count && scores[end] === scores[end - 1]) end++;
    ends.push(end);
  }
  return ends;
}

/** One bin of a calibration curve. */
export interface CalibrationPoint {
  readonly count: number;
  readonly meanPredicted: number;
  readonly observedRate: number;
  /** Wilson interval of the observed rate. */
  readonly interval: Interval;
}

/**
 * Mean prediction against observed rate in equal-mass bins (see `equalMassBins`).
 * @param options.bins default 15
 * @param options.level of the Wilson intervals, default 0.95
 */
export function calibrationCurve(
  ranked: Ranked,
  { bins = 15, level = 0.95 }: { readonly bins?: number; readonly level?: number } = {},
): readonly CalibrationPoint[] {
  let i = 0;
  return equalMassBins(ranked, bins).map((end) => {
    const count = end - i;
    let predicted = 0;
    let positives = 0;
    for (; i < end; i++) {
      predicted += ranked.scores[i];
      positives += ranked.labels[i];
    }
    return {
      count,
      meanPredicted: predicted / count,
      observedRate: positives / count,
      interval: wilsonInterval(positives, count, level),
    };
  });
}
