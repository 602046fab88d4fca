import type { KnownRows, ModelDefinition } from "../../training/index.js";
import type { TrainingData } from "../train/training-data.js";

/** Rows of a model's spine with all that an evaluation of it has to know of them. */
export function knownRows(
  { task, quantile }: Pick<ModelDefinition, "task" | "quantile">,
  { outcomes, times, weights }: Pick<TrainingData, "outcomes" | "times" | "weights">,
  rows: Uint32Array,
): KnownRows {
  return {
    ...{ task, outcomes, times, rows },
    ...(weights === undefined ? {} : { weights }),
    ...(quantile === undefined ? {} : { quantile }),
  };
}
