import {
  auc,
  averagePrecision,
  bestThreshold,
  brierScore,
  calibrationCurve,
  expectedCalibrationError,
  logLoss,
  precisionRecallCurve,
  predictedClasses,
  rocCurve,
  sumByCell,
  type MetricEstimates,
  type Ranked,
} from "../../stats/index.js";
import type {
  AnomalyEvaluation,
  BinaryEvaluation,
  Comparison,
  Curves,
  Evaluation,
  EvaluationOf,
  Histogram,
  MulticlassEvaluation,
  RankingEvaluation,
  RegressionEvaluation,
} from "./evaluation.js";
import { figure, metricFigures, replicateMetrics, type MetricReplicates } from "./figures.js";
import {
  byTask,
  ranked,
  type AnomalyScored,
  type BinaryScored,
  type ByTask,
  type MulticlassScored,
  type RankingScored,
  type RegressionScored,
  type Scored,
} from "./scored.js";
import { defaultDepth, defaultThreshold, defaultTop, pointPrediction } from "./task-measures.js";

/** How the figures of an evaluation were computed, in one line. */
export function evaluationConvention({
  resampling: { unit, replicates },
  task,
}: Pick<Evaluation, "resampling" | "task">): string {
  const drawn = unit === "rows" ? "single rows" : `whole ${unit}`;
  const intervals = `percentile bootstrap over ${drawn}, ${replicates} replicates, 95 %`;
  if (task !== "binary" && task !== "multiclass") return intervals;
  return `${intervals}; log loss with natural logarithm; calibration error (ece) over 15 bins of equal mass, its interval corrected for the noise that only raises it: the value may lie above it`;
}

const histogramBins = 50;
const curvePoints = 200;

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

/** Metrics and curves of a binary model without intervals: cheap. Rows count alike. Throws MW0502. */
export function compare(scored: Pick<BinaryScored, "scores" | "labels">): Comparison {
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
export function evaluate<S extends Scored>(scored: S, seed: number): EvaluationOf<S["task"]> {
  return evaluationFrom(replicateMetrics(scored, { seed })) as EvaluationOf<S["task"]>;
}

/** The evaluation of a model whose metrics were bootstrapped already. */
export const evaluationFrom = (replicates: MetricReplicates): Evaluation =>
  byTask(evaluations, replicates.scored, replicates);

const evaluations: ByTask<MetricReplicates, Evaluation> = {
  binary: binaryEvaluation,
  multiclass: multiclassEvaluation,
  regression: regressionEvaluation,
  ranking: rankingEvaluation,
  anomaly: anomalyEvaluation,
};

function factsOf(replicates: MetricReplicates) {
  return {
    rows: replicates.scored.times.length,
    resampling: { ...replicates.resampling, replicates: replicates.replicates },
    metrics: metricFigures(replicates),
  };
}

function binaryEvaluation(scored: BinaryScored, replicates: MetricReplicates): BinaryEvaluation {
  const rows = ranked(scored);
  const scoreHistogram = new Array<number>(histogramBins).fill(0);
  for (const score of scored.scores) {
    scoreHistogram[Math.min(histogramBins - 1, Math.floor(score * histogramBins))]++;
  }
  const { metrics, ...facts } = factsOf(replicates);
  return {
    task: "binary",
    ...facts,
    ...curvesOf(rows),
    // Both classes are there, so AUC, losses and calibration are defined on every resample.
    metrics: metrics as BinaryEvaluation["metrics"] & MetricEstimates,
    threshold: scored.threshold ?? defaultThreshold,
    bestThreshold: bestThreshold(rows).threshold,
    calibration: calibrationCurve(rows),
    scoreHistogram,
  };
}

function multiclassEvaluation(scored: MulticlassScored, replicates: MetricReplicates): MulticlassEvaluation {
  const { scores, labels, classes } = scored;
  const width = classes.length;
  const predicted = predictedClasses({ scores, classes: width });
  const cells = Uint32Array.from(labels, (label, row) => label * width + predicted[row]);
  const table = Array.from(sumByCell(new Float64Array(labels.length).fill(1), cells, width * width));
  const confusion = classes.map((_, c) => table.slice(c * width, (c + 1) * width));
  return {
    task: "multiclass",
    ...factsOf(replicates),
    classes: classes.map((name, c) => ({
      name,
      rows: confusion[c].reduce((sum, count) => sum + count, 0),
      precision: figure(replicates, `precision:${c}`),
      recall: figure(replicates, `recall:${c}`),
    })),
    confusion,
  };
}

function regressionEvaluation(scored: RegressionScored, replicates: MetricReplicates): RegressionEvaluation {
  const predicted = pointPrediction(scored);
  const { values } = scored;
  return {
    task: "regression",
    ...factsOf(replicates),
    zeros: values.reduce((count, value) => count + Number(value === 0), 0),
    residuals: predicted === undefined ? null : histogram(values.map((value, row) => value - predicted[row])),
  };
}

function rankingEvaluation(scored: RankingScored, replicates: MetricReplicates): RankingEvaluation {
  const { groups, relevance, k = defaultDepth } = scored;
  return {
    task: "ranking",
    ...factsOf(replicates),
    k,
    lists: new Set(groups).size,
    relevantLists: new Set(groups.filter((_, row) => relevance[row] > 0)).size,
  };
}

function anomalyEvaluation(scored: AnomalyScored, replicates: MetricReplicates): AnomalyEvaluation {
  const { labels, scores, k = defaultTop } = scored;
  return {
    task: "anomaly",
    ...factsOf(replicates),
    k,
    known: labels === undefined ? null : labels.reduce((sum, label) => sum + label, 0),
    scores: histogram(scores),
  };
}

/** Bins of equal width from the least to the greatest value; one bin when all are equal. */
function histogram(values: Float64Array | Float32Array): Histogram {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const bins = low === high ? 1 : histogramBins;
  const counts = new Array<number>(bins).fill(0);
  const width = (high - low) / bins;
  for (const value of values)
    counts[width === 0 ? 0 : Math.min(bins - 1, Math.floor((value - low) / width))]++;
  return { edges: Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + i * width)), counts };
}
