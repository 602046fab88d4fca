import { firstResult, workerModule } from "../../kernel/index.js";
import { baseRate, encodeFeatures, fitFeatures, sharedLabels } from "../feature-encoding.js";
import { checkExamples, type BinaryExamples } from "../feature-table.js";
import { workerFailed } from "../worker-failed.js";
import type { LogisticModel } from "./model.js";
import type { LogisticProblem, LogisticSolution } from "./newton.js";
import { compileLogisticOptions, type LogisticOptions } from "./options.js";
import { fitStandardisation } from "./standardisation.js";

/**
 * L2-regularised logistic regression on standardised features, missing values at the mean. One worker
 * thread, whatever the caller has to give. Time: about eight passes of rows × features² / 2 multiplications.
 * Throws MW0401 to MW0405, MW0105 when cancelled, MW0407 if the worker dies.
 */
export async function trainLogistic(
  examples: BinaryExamples,
  options: Partial<LogisticOptions>,
  context: {
    readonly signal?: AbortSignal | undefined;
    readonly onIteration?: ((done: number) => void) | undefined;
  } = {},
): Promise<LogisticModel> {
  const compiled = compileLogisticOptions(options);
  checkExamples(examples);
  const features = fitFeatures(examples);
  const columns = encodeFeatures(features, examples);
  const scaling = columns.map(fitStandardisation);
  const rate = baseRate(examples.labels);
  const problem: LogisticProblem = {
    columns,
    labels: sharedLabels(examples.labels),
    scaling,
    options: compiled,
    base: Math.log(rate / (1 - rate)),
  };
  const solution = await firstResult<LogisticSolution>({
    module: workerModule(import.meta.url, "train-worker.js"),
    inputs: [problem],
    signal: context.signal,
    failure: workerFailed,
    onProgress: context.onIteration,
  });
  const weights = Array.from(solution.weights, Math.fround);
  return Object.freeze({
    kind: "logistic",
    features: Object.freeze(features),
    options: compiled,
    rowCount: examples.rowCount,
    scaling: Object.freeze(scaling),
    weights: Object.freeze(weights.slice(0, -1)),
    intercept: weights[columns.length],
    iterations: solution.iterations,
    converged: solution.converged,
  });
}
