import { checkNumber, type Schema } from "../kernel/index.js";
import { badModel } from "./errors.js";
import { checkMetric, checkMetricOfTask } from "./evaluation/metric-table.js";
import type { CalibrationKind, ModelOptions } from "./model-options.js";
import type { Task, TaskKind } from "./task.js";
import { leadingMetric } from "./tuning/metric-values.js";

/** What chooses and corrects the trainer. Throws MW0501 for a metric or a calibration that the task does not have. */
export function compileChoosing(
  name: string,
  {
    tuning,
    holdout = 0.2,
    calibration,
  }: Pick<ModelOptions<Schema, Schema, unknown>, "tuning" | "holdout" | "calibration">,
  { kind }: Task,
) {
  checkNumber(holdout, `holdout of model "${name}"`, { min: 0.01, max: 0.9 });
  const metric = tuning?.metric ?? leadingMetric[kind];
  checkMetric(metric, `tuning of model "${name}"`);
  checkMetricOfTask(metric, kind, `tuning of model "${name}"`);
  const fitting = { binary: ["platt", "isotonic"], multiclass: ["temperature"] } as Partial<
    Record<TaskKind, readonly CalibrationKind[]>
  >;
  if (calibration !== undefined && fitting[kind]?.includes(calibration) !== true) {
    throw badModel(name, {
      expected: `a calibration of a ${kind} task: ${fitting[kind]?.join(", ") ?? "none"}`,
      found: JSON.stringify(calibration),
      remedy: "Choose another calibration, or leave it out.",
    });
  }
  const chosen = {
    ...(tuning === undefined ? {} : { tuning }),
    ...(calibration === undefined ? {} : { calibration }),
  };
  const definition = {
    ...(tuning === undefined ? {} : { tuning: tuning.definition }),
    ...(calibration === undefined ? {} : { calibration }),
    ...(holdout === 0.2 ? {} : { holdout }),
  };
  return { options: { metric, holdout, ...chosen }, definition };
}
