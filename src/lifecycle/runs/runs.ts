import type { Run } from "../../training/index.js";
import { lifecycleErrors } from "../errors.js";
import type { SeenStatus } from "../train/run-worker.js";
import type { Project } from "../project.js";
import type { TrainResult } from "../train/train.js";

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
    const result = parseResult(run);
    if (packageId === undefined || result.packageId === packageId) return result;
  }
  throw lifecycleErrors.error("MW1109", {
    expected: `a finished training run of model "${model}"`,
    found: "none",
    remedy: `Run millwright train ${model}.`,
    details: { model },
  });
}

/** What a finished run brought: the JSON of its result, as `train` stored it. Throws MW1109 for another run. */
export function parseResult(run: Run, status: SeenStatus = run.status): TrainResult {
  if (run.status === "finished") return storedResult(run.metrics);
  throw lifecycleErrors.error("MW1109", {
    expected: "a finished training run",
    found: `${run.id}, ${status}`,
    remedy: `Run millwright train ${run.model}.`,
    details: { model: run.model, run: run.id },
  });
}

const storedResult = (metrics: unknown): TrainResult => metrics as TrainResult;
