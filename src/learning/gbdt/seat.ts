import { blockBits, blockRows } from "./memory-map.js";

/** Which of the threads this is. */
export interface ThreadSeat {
  readonly thread: number;
  readonly threads: number;
}

/** How many rows fall to a thread: blocks of them are dealt like cards, so that all threads get alike. */
export function rowsOfThread(rowCount: number, { thread, threads }: ThreadSeat): number {
  const round = blockRows * threads;
  const rest = Math.max(0, (rowCount % round) - thread * blockRows);
  return Math.floor(rowCount / round) * blockRows + Math.min(blockRows, rest);
}

/** The row of the table behind a thread's own row number. */
export function tableRow(row: number, { thread, threads }: ThreadSeat): number {
  return (((row >> blockBits) * threads + thread) << blockBits) | (row & (blockRows - 1));
}

/** Calls `each` with every block of a thread's rows: its first row, its length, its first row in the table. */
export function forEachBlock(
  rowCount: number,
  seat: ThreadSeat,
  each: (start: number, count: number, first: number) => void,
): void {
  for (let start = 0; start < rowCount; start += blockRows)
    each(start, Math.min(blockRows, rowCount - start), tableRow(start, seat));
}

/** A thread's rows of a column. */
export function dealt(column: ArrayLike<number>, seat: ThreadSeat, into: Float32Array): Float32Array {
  for (let row = 0; row < into.length; row++) into[row] = column[tableRow(row, seat)];
  return into;
}
