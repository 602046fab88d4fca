import { setImmediate } from "node:timers/promises";
import type { FeatureColumns } from "../../features/index.js";
import { throwIfCancelled } from "../../kernel/index.js";

/** Rows as a graph takes them: row-major. */
export interface Batch {
  readonly rows: number;
  readonly numeric: Float32Array;
  readonly text: string[];
}

/** Some rows of feature columns as a batch. */
export function batchOf(columns: FeatureColumns, from: number, to: number): Batch {
  const numbers = columns.features.filter((feature) => feature.kind === "number");
  const texts = columns.features.filter((feature) => feature.kind === "text");
  const rows = to - from;
  const numeric = new Float32Array(rows * numbers.length);
  numbers.forEach(({ values }, column) => {
    for (let row = 0; row < rows; row++) numeric[row * numbers.length + column] = values[from + row];
  });
  const text = new Array<string>(rows * texts.length);
  texts.forEach(({ codes, dictionary }, column) => {
    for (let row = 0; row < rows; row++) {
      const code = codes[from + row];
      text[row * texts.length + column] = code < 0 ? "" : dictionary[code];
    }
  });
  return { rows, numeric, text };
}

/** What scores a batch: a session's `run` or a loaded model's `predict`. */
export type Score = (numeric: Float32Array, rows: number, text: readonly string[]) => Promise<Float32Array>;

const batchRows = 16_384;

/** Scores all rows in batches, row-major; a row's scores do not depend on its batch. */
export async function scoreRows(
  score: Score,
  columns: FeatureColumns,
  context: { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void } = {},
): Promise<Float32Array> {
  let scores = new Float32Array(0);
  for (let from = 0; from < columns.rowCount; from += batchRows) {
    const to = Math.min(columns.rowCount, from + batchRows);
    const { rows, numeric, text } = batchOf(columns, from, to);
    const part = await score(numeric, rows, text);
    const width = part.length / rows;
    if (from === 0) scores = new Float32Array(columns.rowCount * width);
    scores.set(part, from * width);
    context.onProgress?.(to);
    await setImmediate();
    throwIfCancelled(context.signal);
  }
  return scores;
}
