import { binOf, boundsPerFeature, type BinLayout } from "./bins.js";
import { packGradient } from "./fixed-point.js";
import { addRows, rowRecords, type Histogram, type RowRecords } from "./histogram.js";
import type { Split } from "./split.js";

/** Rows are dealt to threads in blocks, like cards, so that time-ordered data loads all threads alike. */
const blockBits = 10;
const blockRows = 1 << blockBits;

/** Which of the threads this is. */
export interface ThreadSeat {
  readonly thread: number;
  readonly threads: number;
}

/** How many rows fall to a thread. */
function rowsOfThread(rowCount: number, { thread, threads }: ThreadSeat): number {
  const round = blockRows * threads;
  const rest = Math.max(0, (rowCount % round) - thread * blockRows);
  return Math.floor(rowCount / round) * blockRows + Math.min(blockRows, rest);
}

/** The row of the table behind a thread's own row number. */
export function tableRow(row: number, { thread, threads }: ThreadSeat): number {
  return (((row >> blockBits) * threads + thread) << blockBits) | (row & (blockRows - 1));
}

/** The columns and labels of all rows, in shared memory. */
export interface TrainingColumns {
  readonly columns: readonly Float32Array[];
  readonly labels: Uint8Array;
}

/**
 * One thread's share of the rows. A tree's leaves are stretches of one permutation of the rows; a split
 * parts its stretch in place and keeps the order inside both halves.
 */
export interface Shard {
  readonly rowCount: number;
  /** All rows are in one stretch again. */
  startTree(): void;
  /** Histogram of a stretch's rows, added to `into`. */
  addStretch(start: number, end: number, into: Histogram): void;
  /** Parts a stretch; returns where its right half starts. */
  part(start: number, end: number, split: Split): number;
  /** Adds the leaves' values to their rows' scores and computes the gradients for the next tree. */
  applyLeaves(leaves: readonly GrownLeaf[], dither: number): void;
}

/** A leaf of a finished tree and the shard's rows in it. */
export interface GrownLeaf {
  readonly start: number;
  readonly end: number;
  readonly value: number;
}

/** Deals the thread its rows and bins them. About 32 + 2 × feature count bytes a row. */
export function openShard(training: TrainingColumns, layout: BinLayout, seat: ThreadSeat): Shard {
  const rowCount = rowsOfThread(training.labels.length, seat);
  const labels = new Uint8Array(rowCount);
  for (let row = 0; row < rowCount; row++) labels[row] = training.labels[tableRow(row, seat)];
  // The bins twice, each as its reader wants them: bytes by column for parting, records for histograms.
  const bins = training.columns.map((column, f) => binColumn(column, { layout, feature: f, seat, rowCount }));
  const records = recordsOf(bins, rowCount);
  const rows = new Uint32Array(rowCount);
  const rightRows = new Uint32Array(rowCount);
  const scores = { total: new Float64Array(rowCount), step: new Float32Array(rowCount), labels };
  const goesLeft = new Uint8Array(256);
  return Object.freeze({
    rowCount,
    startTree() {
      for (let row = 0; row < rowCount; row++) rows[row] = row;
    },
    addStretch: (start: number, end: number, histogram: Histogram) =>
      addRows(records, rows.subarray(start, end), { histogram, layout }),
    part(start: number, end: number, split: Split) {
      goesLeft.fill(0).fill(1, 1, split.bin + 1);
      goesLeft[0] = split.missingLeft ? 1 : 0;
      return start + partRows(rows.subarray(start, end), rightRows, { bins: bins[split.feature], goesLeft });
    },
    applyLeaves(leaves: readonly GrownLeaf[], dither: number) {
      for (const { start, end, value } of leaves) scatter(scores.step, rows.subarray(start, end), value);
      refreshGradients(records, scores, { dither, seat });
    },
  } satisfies Shard);
}

function binColumn(
  column: Float32Array,
  place: {
    readonly layout: BinLayout;
    readonly feature: number;
    readonly seat: ThreadSeat;
    readonly rowCount: number;
  },
): Uint8Array {
  const bins = new Uint8Array(place.rowCount);
  const { bounds } = place.layout;
  const at = place.feature * boundsPerFeature;
  for (let row = 0; row < bins.length; row++)
    bins[row] = binOf(column[tableRow(row, place.seat)], bounds, at);
  return bins;
}

function recordsOf(bins: readonly Uint8Array[], rowCount: number): RowRecords {
  const records = rowRecords(rowCount, bins.length);
  const { words, stride } = records;
  bins.forEach((column, f) => {
    const place = 2 + (f >> 2);
    const shift = 8 * (f & 3);
    for (let row = 0; row < rowCount; row++) words[row * stride + place] |= column[row] << shift;
  });
  return records;
}

function scatter(into: Float32Array, rows: Uint32Array, value: number): void {
  for (let i = 0; i < rows.length; i++) into[rows[i]] = value;
}

/** Adds every row's step to its score and writes its new gradient, in the order of memory. */
function refreshGradients(
  { gradients, stride }: RowRecords,
  scores: { readonly total: Float64Array; readonly step: Float32Array; readonly labels: Uint8Array },
  { dither, seat }: { readonly dither: number; readonly seat: ThreadSeat },
): void {
  const { total, step, labels } = scores;
  const half = stride / 2;
  for (let row = 0; row < total.length; row++) {
    const score = total[row] + step[row];
    total[row] = score;
    const bits = (dither + Math.imul(tableRow(row, seat), 0x9e3779b1)) | 0;
    gradients[row * half] = packGradient(score, labels[row], bits);
  }
}

/** Stable partition without branches: both sides are written, one pointer moves. Returns the left count. */
function partRows(
  rows: Uint32Array,
  rightRows: Uint32Array,
  side: { readonly bins: Uint8Array; readonly goesLeft: Uint8Array },
): number {
  const { bins, goesLeft } = side;
  let lefts = 0;
  let rights = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const left = goesLeft[bins[row]];
    rows[lefts] = row;
    rightRows[rights] = row;
    lefts += left;
    rights += 1 - left;
  }
  rows.set(rightRows.subarray(0, rights), lefts);
  return lefts;
}
