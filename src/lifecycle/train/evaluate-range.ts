import { auc } from "../../stats/index.js";
import { ranked } from "../../training/index.js";
import { lifecycleErrors } from "../errors.js";
import { findTimedBinaryModel, type Project } from "../project.js";
import { latestResult } from "../runs/runs.js";
import { createSteps } from "./steps.js";
import { openTrainingData } from "./training-data.js";

/** What the offline evaluation says of a range of test rows. */
export interface RangeEvaluation {
  readonly model: string;
  readonly version: number;
  readonly rows: number;
  readonly positives: number;
  readonly auc: number;
}

/**
 * Evaluates the latest trained version on the test rows of a range `[fromMs, toMs)`, from the scores that
 * its evaluation kept. Throws MW1109 when there is no such version and MW1111 when the range is empty.
 */
export async function evaluateRange(
  project: Project,
  { model: name, fromMs, toMs }: { readonly model: string; readonly fromMs: number; readonly toMs: number },
): Promise<RangeEvaluation> {
  const model = findTimedBinaryModel(project, name);
  const result = await latestResult(project, name);
  const dataset = await project.datasets.get(result.dataset);
  if (dataset === undefined) throw new TypeError(`dataset version ${result.dataset} is not in the catalog`);
  const versions = new Map([[model.spine.source.name, dataset]]);
  const data = await openTrainingData(project, { model, versions, steps: createSteps(project) });
  const bytes = await project.blobs.get(result.report.scores);
  const all = new Float32Array(Uint8Array.from(bytes).buffer);
  const positions = Array.from(data.test.keys()).filter((position) => {
    const time = data.times[data.test[position]];
    return time >= fromMs && time < toMs;
  });
  if (positions.length === 0) {
    throw lifecycleErrors.error("MW1111", {
      expected: "test rows in the range",
      found: `none from ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`,
      remedy: "Choose a range within the test period.",
    });
  }
  // A version with sets has further columns behind its probability.
  const width = all.length / data.test.length;
  const scores = Float32Array.from(positions, (position) => all[position * width]);
  const labels = Uint8Array.from(positions, (position) => data.outcomes.values[data.test[position]]);
  const rows = ranked({ scores, labels });
  return {
    model: name,
    version: result.version,
    rows: rows.count,
    positives: rows.positives,
    auc: auc(rows),
  };
}
