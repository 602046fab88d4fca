import { blockRows } from "./event-blocks.js";
import { beyondFloat32 } from "./model-number.js";
import type { Picks } from "./pick-latest.js";

/**
 * Values of events that become features of questions, block of events after block. All lies in shared memory,
 * and several threads copy: a free one takes the next block that is ready.
 */
export interface CopyJob {
  readonly picks: readonly Pick<Picks, "questions" | "events" | "starts">[];
  readonly columns: readonly CopiedColumn[];
  /** Columns of the events: of all of them once, or of block `b` at `b % held.length`. */
  readonly held: readonly (readonly Float64Array[])[];
  readonly whole: boolean;
  /** See `word`. */
  readonly words: Int32Array;
  /** By block: 1 when it was copied. */
  readonly copied: Int32Array;
  /** By column: 1 where a value is null or no finite 32-bit float, so that the column means nothing. */
  readonly refused: Uint8Array;
}

interface CopiedColumn {
  /** Which of the picks the column is answered from. */
  readonly picks: number;
  /** Which of the events' columns it copies. */
  readonly given: number;
  readonly target: Float32Array;
}

/** What the words of a job are: blocks that are ready and taken, whether more will come, and how often that changed. */
export const word = { ready: 0, taken: 1, closed: 2, changes: 3 } as const;

/** Copies the next block that is ready and that nobody has taken. False when there is none. */
export function copyNext(job: CopyJob): boolean {
  const { words, copied } = job;
  for (;;) {
    const block = Atomics.load(words, word.taken);
    if (block >= Atomics.load(words, word.ready)) return false;
    if (Atomics.compareExchange(words, word.taken, block, block + 1) !== block) continue;
    copyBlock(job, block);
    Atomics.store(copied, block, 1);
    Atomics.notify(copied, block);
    return true;
  }
}

function copyBlock({ picks, columns, held, whole, refused }: CopyJob, block: number): void {
  const given = held[block % held.length];
  const firstRow = whole ? 0 : block * blockRows;
  columns.forEach((column, i) => {
    const { questions, events, starts } = picks[column.picks];
    const [from, to] = [starts[block], starts[block + 1]];
    const pairs = { questions: questions.subarray(from, to), events: events.subarray(from, to), firstRow };
    if (refused[i] === 0 && !copyPairs(pairs, given[column.given], column.target)) refused[i] = 1;
  });
}

/** A loop as tight as can be: a read and a write for each question. */
function copyPairs(
  { questions, events, firstRow }: Pick<Picks, "questions" | "events"> & { readonly firstRow: number },
  given: Float64Array,
  target: Float32Array,
): boolean {
  for (let i = 0; i < questions.length; i++) {
    const value = given[events[i] - firstRow];
    if (!(Math.abs(value) < beyondFloat32)) return false;
    // Of the zeros only one is kept, as in the fold.
    target[questions[i]] = value + 0;
  }
  return true;
}
