import { didYouMean, type MillwrightError } from "../../kernel/index.js";
import type { TargetKind } from "../../learning/index.js";
import { trainingErrors } from "../errors.js";

/** What a metric is. */
export interface MetricFacts {
  /** The tasks that have it. */
  readonly tasks: readonly TargetKind[];
  readonly better: "higher" | "lower";
  /** Least and greatest value. */
  readonly range: readonly [number, number];
  /** The function of scikit-learn with the same definition, or the paper that defines it. */
  readonly source: string;
}

const unit = [0, 1] as const;
const losses = [0, Infinity] as const;
const row = (
  tasks: readonly TargetKind[],
  better: MetricFacts["better"],
  [range, source]: readonly [MetricFacts["range"], string],
): MetricFacts => Object.freeze({ tasks, better, range, source });

/** All metrics by name. What each leaves out, and how it takes ties and zeros, stands with its measure in `stats`. */
export const metricTable = Object.freeze({
  auc: row(["binary", "anomaly"], "higher", [unit, "roc_auc_score"]),
  averagePrecision: row(["binary", "anomaly"], "higher", [unit, "average_precision_score"]),
  logLoss: row(["binary", "multiclass"], "lower", [losses, "log_loss, clipped at 1e-15"]),
  brier: row(["binary"], "lower", [unit, "brier_score_loss"]),
  ece: row(["binary", "multiclass"], "lower", [unit, "Naeini 2015, 15 bins of equal mass"]),
  accuracy: row(["binary", "multiclass"], "higher", [unit, "accuracy_score"]),
  precision: row(["binary"], "higher", [unit, "precision_score"]),
  recall: row(["binary"], "higher", [unit, "recall_score"]),
  f1: row(["binary"], "higher", [unit, "f1_score"]),
  mcc: row(["binary"], "higher", [[-1, 1], "matthews_corrcoef"]),
  bestF1: row(["binary"], "higher", [unit, "greatest f1_score over all thresholds"]),
  balancedAccuracy: row(["multiclass"], "higher", [unit, "balanced_accuracy_score"]),
  macroF1: row(["multiclass"], "higher", [unit, "f1_score, average macro"]),
  weightedF1: row(["multiclass"], "higher", [unit, "f1_score, average weighted"]),
  macroAuc: row(["multiclass"], "higher", [unit, "roc_auc_score, one versus rest, average macro"]),
  rmse: row(["regression"], "lower", [losses, "root_mean_squared_error"]),
  mae: row(["regression"], "lower", [losses, "mean_absolute_error"]),
  medianAbsoluteError: row(["regression"], "lower", [losses, "median_absolute_error"]),
  r2: row(["regression"], "higher", [[-Infinity, 1], "r2_score"]),
  mape: row(["regression"], "lower", [losses, "mean_absolute_percentage_error, without values of 0"]),
  smape: row(["regression"], "lower", [
    [0, 2],
    "Makridakis 1993, 2|y − ŷ| / (|y| + |ŷ|), 0 where both are 0",
  ]),
  poissonDeviance: row(["regression"], "lower", [losses, "mean_poisson_deviance"]),
  pinball: row(["regression"], "lower", [losses, "mean_pinball_loss, mean over the quantiles"]),
  quantileCoverage: row(["regression"], "higher", [
    unit,
    "share of values not above their quantile, one quantile",
  ]),
  coverage: row(["binary", "multiclass", "regression"], "higher", [
    unit,
    "share of outcomes inside their intervals or sets",
  ]),
  intervalWidth: row(["regression"], "lower", [losses, "mean width of the intervals"]),
  setSize: row(["binary", "multiclass"], "lower", [losses, "mean number of labels in the sets"]),
  ndcg: row(["ranking"], "higher", [unit, "ndcg_score at k, ties averaged"]),
  map: row(["ranking"], "higher", [unit, "mean average precision, ties by McSherry & Najork 2008"]),
  mrr: row(["ranking"], "higher", [unit, "mean reciprocal rank, ties by McSherry & Najork 2008"]),
  recallAtK: row(["ranking"], "higher", [unit, "recall at k, ties by McSherry & Najork 2008"]),
  precisionAtK: row(["anomaly"], "higher", [unit, "precision at k, ties by McSherry & Najork 2008"]),
} satisfies Record<string, MetricFacts>);

/** The name of a metric of any task. */
export type EvaluationMetric = keyof typeof metricTable;

const metricNames = Object.keys(metricTable) as EvaluationMetric[];

/** The metrics of a task, in the order of the table. */
export function metricsOf(task: TargetKind): readonly EvaluationMetric[] {
  return metricNames.filter((name) => metricTable[name].tasks.includes(task));
}

/** Throws MW0501 unless there is such a metric. @param where e.g. `atLeast()` */
export function checkMetric(metric: string, where: string): asserts metric is EvaluationMetric {
  if (Object.hasOwn(metricTable, metric)) return;
  throw unknownMetric(metric, where, metricNames);
}

/** Throws MW0501 unless the task has the metric. */
export function checkMetricOfTask(metric: EvaluationMetric, task: TargetKind, where: string): void {
  const names = metricsOf(task);
  if (!names.includes(metric)) throw unknownMetric(metric, `${where} of a ${task} model`, names);
}

function unknownMetric(metric: string, where: string, names: readonly string[]): MillwrightError {
  return trainingErrors.error("MW0501", {
    expected: `a metric for ${where}: ${names.join(", ")}`,
    found: JSON.stringify(metric) ?? typeof metric,
    remedy: didYouMean(String(metric), names),
  });
}
