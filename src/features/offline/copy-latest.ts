import { throwIfCancelled } from "../../kernel/index.js";
import type { OpenValues, ValueBatch } from "./event-values.js";
import { beyondFloat32 } from "../definition/model-number.js";
import type { Pairs } from "./pick-latest.js";

/** A feature that is a value of the latest event. */
interface CopiedColumn {
  /** Which of the pairs the column is answered from. */
  readonly pairs: number;
  /** Which of the values it takes. */
  readonly given: number;
  readonly target: Float32Array;
}

export interface CopyJob {
  readonly pairs: readonly Pairs[];
  readonly columns: readonly CopiedColumn[];
  /** Rows whose values are kept, ascending. */
  readonly keep: Uint32Array;
  readonly signal: AbortSignal | undefined;
}

interface Copied {
  /** By column: false where a value is null or no finite 32-bit float, so that the column means nothing. */
  readonly whole: readonly boolean[];
  /** By value taken: those of the rows to keep. */
  readonly kept: readonly Float64Array[];
}

/** Copies values of events into features of questions as they come; what finds no event is NaN. */
export async function copyLatest(
  { pairs, columns, keep, signal }: CopyJob,
  open: OpenValues,
): Promise<Copied> {
  for (const { target } of columns) target.fill(NaN);
  const whole = columns.map(() => true);
  const kept = Array.from({ length: open.width }, () => new Float64Array(keep.length));
  const next = pairs.map(() => 0);
  let [at, nextKept] = [0, 0];
  for (let batch = await open.next(); batch !== undefined; batch = await open.next()) {
    throwIfCancelled(signal);
    const end = at + batch.rowCount;
    for (; nextKept < keep.length && keep[nextKept] < end; nextKept++) {
      for (let c = 0; c < kept.length; c++) kept[c][nextKept] = valueAt(batch, keep[nextKept] - at, c);
    }
    for (let p = 0; p < pairs.length; p++) {
      const of = upTo(pairs[p], next[p], end);
      next[p] += of.events.length;
      for (let c = 0; c < columns.length; c++) {
        const { given, target } = columns[c];
        if (columns[c].pairs !== p || !whole[c]) continue;
        whole[c] = copyPairs(of, { given: batch.columns[given], stride: batch.stride, firstRow: at }, target);
      }
    }
    at = end;
  }
  return { whole, kept };
}

const valueAt = ({ columns, stride }: ValueBatch, i: number, column: number): number =>
  columns[column][i * stride];

/** The pairs from one on whose events come before a row. */
function upTo({ questions, events }: Pairs, from: number, endRow: number): Pairs {
  let to = from;
  while (to < events.length && events[to] < endRow) to++;
  return { questions: questions.subarray(from, to), events: events.subarray(from, to) };
}

interface Given {
  readonly given: Float64Array;
  readonly stride: number;
  readonly firstRow: number;
}

/** A loop as tight as can be: a read and a write for each question. False where a value cannot be copied. */
export function copyPairs(
  { questions, events }: Pairs,
  { given, stride, firstRow }: Given,
  target: Float32Array,
): boolean {
  for (let i = 0; i < questions.length; i++) {
    const value = given[(events[i] - firstRow) * stride];
    if (!(Math.abs(value) < beyondFloat32)) return false;
    // Of the zeros only one is kept, as in the fold.
    target[questions[i]] = value + 0;
  }
  return true;
}
