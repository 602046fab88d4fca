import { boundsPerFeature, type BinLayout } from "./bins.js";
import { mix } from "./fixed-point.js";
import {
  buildHistogram,
  histogramBytes,
  histogramLength,
  strideOf,
  subtract,
  type Histogram,
  type HistogramSource,
} from "./histogram.js";
import { layOut, openKernels, type Kernels } from "./kernels.js";
import { blockRows, memoryMap } from "./memory-map.js";
import { dealt, forEachBlock, rowsOfThread, tableRow, type ThreadSeat } from "./seat.js";
import type { Split, SplitPlaces } from "./split.js";
import { leafValue, type Tree } from "./tree.js";

/** The columns and targets of all rows, in shared memory. */
export interface TrainingColumns {
  readonly columns: readonly Float32Array[];
  /** Label 0 or 1, number of the class, or value. */
  readonly targets: Float32Array;
  readonly weights?: Float32Array | undefined;
}

/** A leaf of a finished tree and the shard's rows in it. */
export interface GrownLeaf {
  readonly node: number;
  readonly start: number;
  readonly end: number;
}

/**
 * One thread's share of the rows. A tree's leaves are stretches of one permutation of the rows in the bag; a
 * split parts its stretch in place and keeps the order inside both halves.
 */
export interface Shard {
  readonly kernels: Kernels;
  readonly rowCount: number;
  readonly targets: Float32Array;
  readonly weights: Float32Array | undefined;
  /** Per output the score of each row. */
  readonly scores: readonly Float32Array[];
  /** Addresses in the kernels' memory. */
  readonly at: ShardPlaces;
  /** Rows in the bag. */
  bagged(): number;
  /** Row numbers by stretch. */
  readonly rows: Uint32Array;
  /** Draws the rows that the next trees learn from. */
  drawBag(share: number, draw: number): void;
  /** All rows of the bag are in one stretch again, and these features are wanted. */
  startTree(wanted: Uint8Array): void;
  /** Room for a histogram of each leaf, to use at will. */
  readonly histograms: readonly Histogram[];
  /** Builds the histogram of a stretch's rows in one of the `histograms`. */
  build(stretch: RowStretch, wanted: Uint8Array, into: Histogram): void;
  /** One of the `histograms` less another, in place. */
  subtract(from: Histogram, part: Histogram): void;
  /** Parts a stretch; returns where its right half starts. */
  part(start: number, end: number, split: Split): number;
  /** Adds a tree's values to the scores of all rows. */
  apply(output: number, tree: Tree, leaves: readonly GrownLeaf[]): void;
}

export interface ShardPlaces extends SplitPlaces {
  readonly bins: number;
  readonly gradients: number;
  readonly targets: number;
  /** Of the first output; the others follow. */
  readonly scores: number;
}

/** Places from one up to another in the permutation of the rows. */
export type RowStretch = Pick<GrownLeaf, "start" | "end">;

/** Deals the thread its rows and bins them. About 24 + 2 × features + 4 × outputs bytes a row. */
export function openShard(
  training: TrainingColumns,
  {
    layout,
    seat,
    base,
    leaves,
  }: {
    readonly layout: BinLayout;
    readonly seat: ThreadSeat;
    readonly base: readonly number[];
    readonly leaves: number;
  },
): Shard {
  const rowCount = rowsOfThread(training.targets.length, seat);
  // Whole blocks, so that four rows at a time never run over the end.
  const room = Math.ceil(rowCount / blockRows) * blockRows;
  const { featureCount } = layout;
  const { at, end } = layOut({
    offsets: 4 * (featureCount + 1),
    wanted: featureCount,
    histograms: leaves * histogramBytes(layout),
    bins: room * strideOf(featureCount),
    columns: room * featureCount,
    gradients: 8 * room,
    rows: 4 * room,
    right: 4 * room,
    targets: 4 * room,
    scores: 4 * room * base.length,
  });
  const kernels = openKernels(end);
  const floats = (place: number) => new Float32Array(kernels.buffer, place, rowCount);
  binColumns(kernels, { training, layout, seat, rowCount, bins: at.bins, columns: at.columns, room });
  const source: HistogramSource = { kernels, layout, bins: at.bins, gradients: at.gradients };
  new Int32Array(kernels.buffer, at.offsets, featureCount + 1).set(layout.offsets);
  const rows = new Uint32Array(kernels.buffer, at.rows, rowCount);
  const bag = openBag(rows, seat);
  return Object.freeze({
    kernels,
    rowCount,
    at,
    rows,
    targets: dealt(training.targets, seat, floats(at.targets)),
    weights: training.weights && dealt(training.weights, seat, new Float32Array(rowCount)),
    scores: base.map((score, output) => floats(at.scores + 4 * room * output).fill(score)),
    bagged: () => bag.count(),
    drawBag: (share: number, draw: number) => bag.draw(share, draw),
    startTree(wanted: Uint8Array) {
      bag.fill();
      new Uint8Array(kernels.buffer, at.wanted, featureCount).set(wanted);
    },
    histograms: Array.from({ length: leaves }, (_, leaf) => {
      const place = at.histograms + leaf * histogramBytes(layout);
      return new Float64Array(kernels.buffer, place, histogramLength(layout));
    }),
    build({ start, end: stop }: RowStretch, wanted: Uint8Array, into: Histogram) {
      // The root of a tree on all rows: they lie in order.
      const count = stop - start;
      const span = count === rowCount ? { first: 0, count } : { rows: at.rows + 4 * start, count };
      buildHistogram(source, { span, wanted }, into);
    },
    subtract: (from: Histogram, part: Histogram) => subtract(kernels, from, part),
    part(start: number, stop: number, split: Split) {
      setSides(kernels, split);
      const bins = at.columns + room * split.feature;
      const lefts = kernels.run.part(at.rows + 4 * start, stop - start, bins, at.right) / 4;
      const rights = new Uint32Array(kernels.buffer, at.right, stop - start - lefts);
      rows.set(rights, start + lefts);
      return start + lefts;
    },
    apply(output: number, tree: Tree, leaves: readonly GrownLeaf[]) {
      const place = at.scores + 4 * room * output;
      for (const { node, start, end: stop } of leaves)
        kernels.run.addToScores(at.rows + 4 * start, stop - start, place, tree.value[node]);
      const scores = floats(place);
      for (const row of rows.subarray(bag.count()))
        scores[row] += leafValue(tree, training.columns, tableRow(row, seat));
    },
  } satisfies Shard);
}

function setSides({ buffer }: Kernels, { bin, set, missingLeft }: Split): void {
  const sides = new Uint8Array(buffer, memoryMap.sides, 256).fill(0);
  if (set === undefined) sides.fill(4, 1, bin + 1);
  else for (const category of set) sides[category + 1] = 4;
  sides[0] = missingLeft ? 4 : 0;
}

/** The bins twice, each as its reader wants them: by column for parting, by row for histograms. */
function binColumns(
  { buffer, run }: Kernels,
  work: {
    readonly training: TrainingColumns;
    readonly layout: BinLayout;
    readonly seat: ThreadSeat;
    readonly rowCount: number;
    readonly room: number;
    readonly bins: number;
    readonly columns: number;
  },
): void {
  const { layout, bins, columns, room } = work;
  const bounds = new Float32Array(buffer, memoryMap.bounds, boundsPerFeature);
  const values = new Float32Array(buffer, memoryMap.values, blockRows);
  const stride = strideOf(layout.featureCount);
  work.training.columns.forEach((column, f) => {
    bounds.set(layout.bounds.subarray(f * boundsPerFeature, (f + 1) * boundsPerFeature));
    forEachBlock(work.rowCount, work.seat, (start, count, first) => {
      values.set(column.subarray(first, first + count));
      run.binValues(memoryMap.values, count, columns + room * f + start, bins + stride * start + f, stride);
    });
  });
}

/** The rows that a tree learns from come first, in order; then the others, in order. */
function openBag(rows: Uint32Array, seat: ThreadSeat) {
  let count = rows.length;
  let inside: Uint8Array | undefined;
  return {
    count: () => count,
    draw(share: number, draw: number): void {
      if (share === 1) return;
      inside ??= new Uint8Array(rows.length);
      count = 0;
      for (let row = 0; row < rows.length; row++) {
        inside[row] = mix(draw + tableRow(row, seat)) >>> 0 < share * 2 ** 32 ? 1 : 0;
        count += inside[row];
      }
    },
    fill(): void {
      let next = 0;
      let rest = count;
      for (let row = 0; row < rows.length; row++)
        rows[inside === undefined || inside[row] === 1 ? next++ : rest++] = row;
    },
  };
}
