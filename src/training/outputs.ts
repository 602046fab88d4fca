import { outputWidth, type Task } from "./task.js";

/** The columns of a graph's first output, by what they mean. */
export interface OutputParts {
  /** Rows × width: what the task's metrics read. */
  readonly scores: Float32Array;
  /** Of a regression with intervals. */
  readonly intervals?: { readonly low: Float32Array; readonly high: Float32Array };
  /** Of classes with sets: rows × labels, 1 where the label is in the row's set. */
  readonly sets?: Uint8Array;
}

/** The labels that a set is made of, in the order of its columns. */
export function labelsOf(task: Task): readonly (string | boolean)[] {
  if (task.kind === "binary") return [false, true];
  return task.kind === "multiclass" ? task.classes : [];
}

/**
 * Parts the first output of a graph: a row's scores, and behind them, where the model declares them, the ends of its
 * interval (`regression`) or one column per label that is 1 where the label is in the set. Outputs of any other width
 * are scores as they stand.
 */
export function outputParts(task: Task, outputs: Float32Array, rows: number): OutputParts {
  const plain = outputWidth(task);
  const width = outputs.length / rows;
  const more = task.kind === "regression" ? 2 : labelsOf(task).length;
  if (more === 0 || width !== plain + more) return { scores: outputs };
  const column = (from: number, count: number) =>
    Float32Array.from(
      { length: rows * count },
      (_, i) => outputs[Math.floor(i / count) * width + from + (i % count)],
    );
  const scores = column(0, plain);
  if (task.kind === "regression") return { scores, intervals: { low: column(1, 1), high: column(2, 1) } };
  return { scores, sets: Uint8Array.from(column(plain, more)) };
}
