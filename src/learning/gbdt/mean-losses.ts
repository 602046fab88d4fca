import type { Crew } from "./crew.js";
import { lossOf, type Loss } from "./losses.js";
import { blockBits } from "./memory-map.js";
import { forEachBlock } from "./seat.js";

/** Rows with their scores, of one thread. */
export interface ScoredRows {
  readonly rowCount: number;
  readonly targets: Float32Array;
  readonly weights?: Float32Array | undefined;
  readonly scores: readonly Float32Array[];
}

/** Blocks of rows that are looked at, at most: those that stand equally far apart. */
const mostBlocks = 200;

/** Numbers that the threads exchange for so many rows. */
export const lossRoom = 2 * mostBlocks;

/**
 * Weighted mean loss over the rows of all threads, or over every n-th block of 1,024 if there are more than
 * 200. Every block is added up by the thread that has it and the blocks in their order, so the mean has the
 * same bits for any number of threads.
 */
export function meanLoss(
  rows: ScoredRows,
  allRows: number,
  { loss, crew }: { loss: Loss; crew: Crew },
): number {
  const blocks = Math.ceil(allRows / 2 ** blockBits);
  const apart = Math.ceil(blocks / mostBlocks);
  const sums = new Float64Array(lossRoom);
  forEachBlock(rows.rowCount, crew.seat, (start, count, first) => {
    const block = first >> blockBits;
    if (block % apart !== 0) return;
    for (let row = start; row < start + count; row++) {
      const weight = rows.weights?.[row] ?? 1;
      const scores = rows.scores.map((of) => of[row]);
      sums[2 * (block / apart)] += weight * lossOf(loss, scores, rows.targets[row]);
      sums[2 * (block / apart) + 1] += weight;
    }
  });
  // All but one of the threads add 0.
  crew.sum(sums, sums);
  let total = 0;
  let weight = 0;
  for (let block = 0; block < mostBlocks; block++) {
    total += sums[2 * block];
    weight += sums[2 * block + 1];
  }
  return total / weight;
}
