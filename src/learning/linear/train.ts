import { firstResult, workerModule } from "../../kernel/index.js";
import { checkExamples, requireTarget, type Examples } from "../feature-table.js";
import { frozen } from "../frozen.js";
import { workerFailed } from "../worker-failed.js";
import type { LinearModel } from "./model.js";
import { compileLinearOptions, type LinearOptions } from "./options.js";

/**
 * Linear regression (squared loss) on a `regression` target, logistic on `binary`, softmax on `multiclass`, with
 * elastic net penalty on standardised features, missing numbers at the mean. A text of up to `oneHotCategories`
 * categories has a weight for each, and one for missing if training has missing ones; a text of more is its
 * smoothed mean target. One worker thread, whatever the caller has to give; the same examples give the same
 * bytes. Throws MW0401 to MW0405, MW0408, MW0105 when cancelled, MW0407 if the worker dies.
 */
export async function trainLinear(
  given: Examples,
  options: Partial<LinearOptions>,
  context: {
    readonly signal?: AbortSignal | undefined;
    readonly onIteration?: ((done: number) => void) | undefined;
  } = {},
): Promise<LinearModel> {
  const compiled = compileLinearOptions(options);
  const examples = requireTarget(given, "a linear model", "regression", "binary", "multiclass");
  checkExamples(examples);
  const model = await firstResult<LinearModel>({
    module: workerModule(import.meta.url, "train-worker.js"),
    inputs: [{ examples, options: compiled }],
    signal: context.signal,
    failure: workerFailed,
    onProgress: context.onIteration,
  });
  return frozen(model);
}
