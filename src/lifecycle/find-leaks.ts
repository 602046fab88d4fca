import { findLeakingFeatures } from "../training/index.js";
import type { ModelDefinition } from "../training/index.js";
import type { Steps } from "./steps.js";
import { examplesOf, type TrainingData } from "./training-data.js";

/** Features are looked at on so many training rows at most, evenly spaced. */
const mostRows = 100_000;

/** Warns of features that tell the label by themselves: a remembered step. */
export async function findLeaks(
  {
    model,
    data,
    steps,
  }: { readonly model: ModelDefinition; readonly data: TrainingData; readonly steps: Steps },
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const { warnings } = await steps.run<{ readonly warnings: readonly string[] }>({
    name: "leaks",
    inputs: { trainingSet: data.trainingSet, split: model.split.definition },
    compute: async () => {
      const step = Math.max(1, data.train.length / mostRows);
      const count = Math.min(mostRows, data.train.length);
      const rows = Uint32Array.from({ length: count }, (_, i) => data.train[Math.floor(i * step)]);
      return { warnings: findLeakingFeatures(await examplesOf(data, { model, rows }, signal)) };
    },
  });
  return warnings;
}
