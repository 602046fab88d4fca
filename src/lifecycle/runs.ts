import { lifecycleErrors } from "./errors.js";
import type { Project } from "./project.js";
import type { TrainResult } from "./train.js";

/**
 * The result of the latest finished training run of a model, or of the latest one that made a package.
 * Throws MW1109 when there is none.
 */
export async function latestResult(
  project: Project,
  model: string,
  packageId?: string,
): Promise<TrainResult> {
  for (const run of await project.runs.listRuns(model)) {
    if (run.status !== "finished") continue;
    const result = storedResult(run.metrics);
    if (packageId === undefined || result.packageId === packageId) return result;
  }
  throw lifecycleErrors.error("MW1109", {
    expected: `a finished training run of model "${model}"`,
    found: "none",
    remedy: `Run millwright train ${model}.`,
    details: { model },
  });
}

/** What `train` stored as a finished run's metrics: the JSON of its result. */
function storedResult(metrics: unknown): TrainResult {
  return metrics as TrainResult;
}
