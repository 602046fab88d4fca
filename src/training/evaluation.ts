import {
  auc,
  averagePrecision,
  bootstrapIntervals,
  brierScore,
  calibrationCurve,
  expectedCalibrationError,
  logLoss,
  precisionRecallCurve,
  rankScores,
  rocCurve,
  type CalibrationPoint,
  type MetricEstimates,
  type MetricName,
  type Ranked,
} from "../stats/index.js";
import { trainingErrors } from "./errors.js";

/** One model's scores against the outcomes of the test rows. */
export interface Scored {
  /** Probabilities, 0 to 1. */
  readonly scores: Float32Array;
  /** 0 or 1. */
  readonly labels: Uint8Array;
  /** Epoch milliseconds of each row: whole days are resampled. */
  readonly times: Float64Array;
}

/** How a model ranks the test rows. */
interface Curves {
  readonly rows: number;
  readonly positives: number;
  readonly averagePrecision: number;
  /** [false positive rate, true positive rate] */
  readonly roc: readonly (readonly [number, number])[];
  /** [recall, precision] */
  readonly precisionRecall: readonly (readonly [number, number])[];
}

/** What a model is compared by that stands beside the candidate: figures without intervals. Plain JSON. */
export interface Comparison extends Curves {
  readonly metrics: Readonly<Record<MetricName, number>>;
}

/** How well a model does on the test rows. Plain JSON. */
export interface Evaluation extends Curves {
  readonly metrics: MetricEstimates;
  readonly calibration: readonly CalibrationPoint[];
  /** Counts of scores in 50 bins of equal width from 0 to 1. */
  readonly scoreHistogram: readonly number[];
}

/** One group of test rows by itself. */
export interface SliceEvaluation {
  readonly dimension: string;
  readonly value: string;
  readonly rows: number;
  /** Share of positives. */
  readonly rate: number;
  /** Null when the slice is too small or has one class or one day only. */
  readonly auc: { readonly value: number; readonly low: number; readonly high: number } | null;
}

export const evaluationConvention =
  "percentile bootstrap over whole days, 200 replicates, 95 %; log loss with natural logarithm; calibration error over 15 bins of equal mass";

/** Slices with fewer rows than this are shown without a figure. */
export const smallestSliceRows = 500;

const dayMs = 86_400_000;
const histogramBins = 50;
const curvePoints = 200;

/** Ranks scores or throws MW0502. */
export function ranked({ scores, labels }: Pick<Scored, "scores" | "labels">): Ranked {
  const result = rankScores(scores, labels);
  if (result.ok && result.ranked.areProbabilities) return result.ranked;
  throw trainingErrors.error("MW0502", {
    expected: "test rows of both classes with a probability each",
    found: result.ok ? "scores outside 0 to 1" : `${result.problem}: ${result.detail}`,
    remedy: "Look at the split, the label and the data of the test period.",
  });
}

function days(times: Float64Array): Int32Array {
  return Int32Array.from(times, (time) => Math.floor(time / dayMs));
}

/** Whole days are resampled, and of one day there is nothing to draw. */
function ofSeveralDays(times: Float64Array): boolean {
  return days(times).some((day, _, all) => day !== all[0]);
}

function curvesOf(rows: Ranked): Curves {
  const roc = rocCurve(rows, curvePoints).points;
  const precisionRecall = precisionRecallCurve(rows, curvePoints).points;
  return {
    rows: rows.count,
    positives: rows.positives,
    averagePrecision: averagePrecision(rows),
    roc: roc.map(({ falsePositiveRate, truePositiveRate }) => [falsePositiveRate, truePositiveRate] as const),
    precisionRecall: precisionRecall.map(({ recall, precision }) => [recall, precision] as const),
  };
}

/** Metrics and curves without intervals: cheap. Throws MW0502. */
export function compare(scored: Pick<Scored, "scores" | "labels">): Comparison {
  const rows = ranked(scored);
  const metrics = {
    auc: auc(rows),
    logLoss: logLoss(rows),
    brier: brierScore(rows),
    ece: expectedCalibrationError(rows),
  };
  return { ...curvesOf(rows), metrics };
}

/** Evaluates one model with intervals. The seed makes the bootstrap repeatable. Throws MW0502. */
export function evaluate(scored: Scored, seed: number): Evaluation {
  const rows = ranked(scored);
  if (!ofSeveralDays(scored.times)) {
    throw trainingErrors.error("MW0502", {
      expected: "test rows of at least two days in UTC, which the intervals are made of",
      found: "one day",
      remedy: "Widen the test part of the split.",
    });
  }
  const scoreHistogram = new Array<number>(histogramBins).fill(0);
  for (const score of scored.scores) {
    scoreHistogram[Math.min(histogramBins - 1, Math.floor(score * histogramBins))]++;
  }
  return {
    ...curvesOf(rows),
    metrics: bootstrapIntervals(rows, { seed, groups: days(scored.times) }),
    calibration: calibrationCurve(rows),
    scoreHistogram,
  };
}

/** The rows of each value of a slicing column, as positions in the scored rows. */
export interface SliceRows {
  readonly dimension: string;
  readonly groups: ReadonlyMap<string, Uint32Array>;
}

/** Evaluates the slices of one dimension, each with its interval by days, in the order of the groups. */
export function evaluateSlices(
  scored: Scored,
  { dimension, groups }: SliceRows,
  seed: number,
): SliceEvaluation[] {
  return [...groups].map(([value, rows]) => {
    const part: Scored = {
      scores: Float32Array.from(rows, (row) => scored.scores[row]),
      labels: Uint8Array.from(rows, (row) => scored.labels[row]),
      times: Float64Array.from(rows, (row) => scored.times[row]),
    };
    const positives = part.labels.reduce((total, label) => total + label, 0);
    const rate = positives / rows.length;
    const bothClasses = positives > 0 && positives < rows.length;
    const enough = rows.length >= smallestSliceRows && bothClasses && ofSeveralDays(part.times);
    return { dimension, value, rows: rows.length, rate, auc: enough ? sliceAuc(part, seed) : null };
  });
}

function sliceAuc(part: Scored, seed: number): { value: number; low: number; high: number } {
  const rows = ranked(part);
  const { interval } = bootstrapIntervals(rows, { seed, groups: days(part.times), replicates: 100 }).auc;
  return { value: auc(rows), low: interval.low, high: interval.high };
}
