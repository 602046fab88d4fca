import { checkNumber, type Schema } from "../kernel/index.js";
import { badModel } from "./errors.js";
import { checkMetric, checkMetricOfTask } from "./evaluation/metric-table.js";
import type { CalibrationKind, ModelOptions } from "./model-options.js";
import type { TaskKind } from "./task.js";
import { leadingMetric } from "./tuning/metric-values.js";

/** Options that decide what is predicted: trials that differ in them have no common measure. */
const targetOptions: readonly string[] = ["loss", "quantile"];

/** What chooses and corrects the trainer. Throws MW0501 for a metric or a calibration that the task does not have. */
export function compileChoosing(
  name: string,
  {
    tuning,
    holdout = 0.2,
    calibration,
  }: Pick<ModelOptions<Schema, Schema, unknown>, "tuning" | "holdout" | "calibration">,
  { kind, quantile }: { readonly kind: TaskKind; readonly quantile: number | undefined },
) {
  checkNumber(holdout, `holdout of model "${name}"`, { min: 0.01, max: 0.9 });
  const metric = tuning?.metric ?? (quantile === undefined ? leadingMetric[kind] : "pinball");
  checkMetric(metric, `tuning of model "${name}"`);
  checkMetricOfTask(metric, kind, `tuning of model "${name}"`);
  const searched = Object.keys(tuning?.space ?? {}).find((option) => targetOptions.includes(option));
  if (kind === "regression" && searched !== undefined) {
    throw badModel(name, {
      expected: "a search of options that leave open how to predict, not what",
      found: JSON.stringify(searched),
      remedy: "Give it to the trainer itself.",
    });
  }
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
