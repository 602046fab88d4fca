import type { Task } from "./task.js";

/** What a prediction says, in the form of its task. */
export interface Answer {
  /** `binary`: of the label being true. */
  readonly probability?: number;
  /** `multiclass`: the most probable class; of equal ones the first. */
  readonly label?: string;
  /** `multiclass`: of every class. */
  readonly probabilities?: Readonly<Record<string, number>>;
  /** `regression`. */
  readonly value?: number;
  /** `ranking`: the more relevant, `anomaly`: the stranger, the higher. */
  readonly score?: number;
}

/** The answer that the outputs of one row are. */
export function answerOf(task: Task, outputs: Float32Array): Answer {
  switch (task.kind) {
    case "binary":
      return { probability: outputs[0] };
    case "multiclass":
      return {
        label: task.classes[largest(outputs)],
        probabilities: Object.fromEntries(task.classes.map((name, index) => [name, outputs[index]])),
      };
    case "regression":
      return { value: outputs[0] };
    case "ranking":
    case "anomaly":
      return { score: outputs[0] };
  }
}

/** One number per row that stands for its outputs: the output itself, or the number of the most probable class. */
export function watchedOutputs(outputs: Float32Array, width: number): Float32Array {
  if (width === 1) return outputs;
  return Float32Array.from({ length: outputs.length / width }, (_, row) =>
    largest(outputs.subarray(row * width, (row + 1) * width)),
  );
}

/** The position of the largest value, the first of equal ones. */
function largest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
