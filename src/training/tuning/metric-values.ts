import { measureSample } from "../../stats/index.js";
import { checkMetricOfTask, metricTable, type EvaluationMetric } from "../evaluation/metric-table.js";
import { checkScored, unitsOf, type Scored } from "../evaluation/scored.js";
import { measuresOf } from "../evaluation/task-measures.js";
import type { TaskKind } from "../task.js";

/** What trials are compared by unless their model says otherwise. */
export const leadingMetric: Readonly<Record<TaskKind, EvaluationMetric>> = {
  binary: "logLoss",
  multiclass: "logLoss",
  regression: "rmse",
  ranking: "ndcg",
  anomaly: "averagePrecision",
};

/** The metrics of one model on some rows, without intervals: cheap. Throws MW0502. */
export function metricValues(scored: Scored): ReadonlyMap<string, number> {
  checkScored(scored);
  const { units } = unitsOf(scored);
  return new Map(
    measuresOf(scored, units).measures.flatMap((measure) => {
      const values = measureSample(measure, units);
      return measure.figures.map(({ name }, f) => [name, values[f]] as const);
    }),
  );
}

/** One metric as a loss, the less the better; null where it is undefined. Throws MW0501 for another task's metric. */
export function metricLoss(scored: Scored, metric: EvaluationMetric): number | null {
  checkMetricOfTask(metric, scored.task, "tuning");
  const value = metricValues(scored).get(metric);
  if (value === undefined || !Number.isFinite(value)) return null;
  return metricTable[metric].better === "lower" ? value : -value;
}
