import { metricFigures, replicateMetrics, unmeasured, type Figures } from "./figures.js";
import { metricsOf } from "./metric-table.js";
import { days, severalOf, takeRows, type BinaryScored, type Scored } from "./scored.js";

/** One group of test rows by itself. */
export interface SliceEvaluation {
  readonly dimension: string;
  readonly value: string;
  readonly rows: number;
  /** The metrics of the task. A slice that is too small has none, and says so. */
  readonly metrics: Figures;
}

export interface BinarySliceEvaluation extends SliceEvaluation {
  /** Share of positives. */
  readonly rate: number;
  /** Null when the slice is too small or has one class or one day only. */
  readonly auc: { readonly value: number; readonly low: number; readonly high: number } | null;
}

type SliceOf<S extends Scored> = S extends BinaryScored ? BinarySliceEvaluation : SliceEvaluation;

/** The rows of each value of a slicing column, as positions in the scored rows. */
export interface SliceRows {
  readonly dimension: string;
  readonly groups: ReadonlyMap<string, Uint32Array>;
}

/** Slices with fewer rows than this are shown without a figure. */
export const smallestSliceRows = 500;

const sliceReplicates = 100;

/**
 * Evaluates the slices of one dimension, each with its intervals by 100 replicates, in the order of the groups. What
 * is resampled whole (days, groups) in all rows is so in a slice, and of one there is nothing to draw.
 */
export function evaluateSlices<S extends Scored>(
  scored: S,
  { dimension, groups }: SliceRows,
  seed: number,
): SliceOf<S>[] {
  const together = scored.groups ?? days(scored.times);
  const several = severalOf(together);
  return [...groups].map(([value, positions]) => {
    const part = takeRows(scored, positions);
    const rows = positions.length;
    const alone = several && !severalOf(Int32Array.from(positions, (row) => together[row]));
    const reason = alone ? "its rows are all of one day or group" : tooLittle(part);
    const metrics = reason === undefined ? sliceFigures(part, seed) : absentFigures(part, reason);
    const slice: SliceEvaluation = { dimension, value, rows, metrics };
    return (part.task === "binary" ? { ...slice, ...binaryFacts(part, metrics) } : slice) as SliceOf<S>;
  });
}

/** Why a slice has no figures, if so. */
function tooLittle(part: Scored): string | undefined {
  if (part.times.length < smallestSliceRows) return `fewer than ${smallestSliceRows} rows`;
  if (part.task === "binary" && !(part.labels.includes(0) && part.labels.includes(1))) return "one class";
  return undefined;
}

function sliceFigures(part: Scored, seed: number): Figures {
  return metricFigures(replicateMetrics(part, { seed, replicates: sliceReplicates }));
}

function absentFigures({ task }: Scored, reason: string): Figures {
  return Object.fromEntries(metricsOf(task).map((name) => [name, unmeasured(reason)]));
}

function binaryFacts(
  { labels }: BinaryScored,
  { auc }: Figures,
): Pick<BinarySliceEvaluation, "rate" | "auc"> {
  return {
    rate: labels.reduce((total, label) => total + label, 0) / labels.length,
    auc:
      auc === undefined || auc.value === null
        ? null
        : { value: auc.value, low: auc.interval.low, high: auc.interval.high },
  };
}
