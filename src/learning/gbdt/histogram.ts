import type { BinLayout } from "./bins.js";
import { chunkRows } from "./fixed-point.js";
import { groupWidth } from "./histogram-code.js";
import type { Kernels } from "./kernels.js";
import { memoryMap } from "./memory-map.js";

/**
 * Sums of gradients and hessians per bin, as integers: entry 2b is ΣG of bin b and 2b + 1 its ΣH. All
 * features share one array; `BinLayout` says which entries are whose. One more entry counts the rows.
 */
export type Histogram = Float64Array;

/** Bytes of the room for a histogram in a thread's memory: whole cache lines. */
export function histogramBytes(layout: Pick<BinLayout, "binCount">): number {
  return 64 * Math.ceil(histogramLength(layout) / 8);
}

/** Number of float64 values in a histogram. */
export function histogramLength({ binCount }: Pick<BinLayout, "binCount">): number {
  return 2 * binCount + 1;
}

/** Most float64 values that a histogram over so many features takes. */
export function histogramRoom(featureCount: number): number {
  return histogramLength({ binCount: 256 * featureCount });
}

/** Bytes of a row's bins side by side: whole groups, so that a row costs few cache misses. */
export function strideOf(featureCount: number): number {
  return groupWidth * Math.ceil(featureCount / groupWidth);
}

/** Where the arrays lie that histograms are built from and into, in the kernels' memory. */
export interface HistogramSource {
  readonly kernels: Kernels;
  readonly layout: BinLayout;
  /** uint8 bins by row, `strideOf` bytes a row. */
  readonly bins: number;
  /** Packed gradients by row, 8 bytes each. */
  readonly gradients: number;
}

/** Rows by their numbers in an array of the memory, or neighbouring rows from the first on. */
export type RowSpan =
  { readonly rows: number; readonly count: number } | { readonly first: number; readonly count: number };

/** The rows of a histogram, and which features are needed. */
export interface HistogramOrder {
  readonly span: RowSpan;
  readonly wanted: Uint8Array;
}

/**
 * Builds the histogram of some rows in its place in the memory: eight features at a time, over chunks that are
 * small enough for packed sums to stay exact.
 */
export function buildHistogram(
  source: HistogramSource,
  { span, wanted }: HistogramOrder,
  into: Histogram,
): void {
  const { featureCount, offsets, binCount } = source.layout;
  for (let feature = 0; feature < featureCount; feature += groupWidth) {
    const width = Math.min(groupWidth, featureCount - feature);
    const isWanted = wanted.indexOf(1, feature);
    if (span.count === 0 || isWanted < 0 || isWanted >= feature + width) {
      into.fill(0, 2 * offsets[feature], 2 * offsets[feature + width]);
      continue;
    }
    for (let start = 0; start < span.count; start += chunkRows) {
      addChunk(source, span, { feature, width, start, count: Math.min(chunkRows, span.count - start) });
      unpackGroup(source, { feature, width, isFirst: start === 0 }, into);
    }
  }
  into[2 * binCount] = span.count;
}

function addChunk(
  { kernels: { run }, layout, bins, gradients }: HistogramSource,
  span: RowSpan,
  chunk: { readonly feature: number; readonly width: number; readonly start: number; readonly count: number },
): void {
  const { feature, width, start, count } = chunk;
  const stride = strideOf(layout.featureCount);
  if ("rows" in span) run[`addRows${width}`](span.rows + 4 * start, count, bins + feature, stride, gradients);
  else {
    const first = span.first + start;
    run[`addRun${width}`](count, bins + feature + stride * first, stride, gradients + 8 * first);
  }
}

function unpackGroup(
  { kernels: { run }, layout: { offsets } }: HistogramSource,
  group: { readonly feature: number; readonly width: number; readonly isFirst: boolean },
  into: Histogram,
): void {
  const unpack = group.isFirst ? run.setBins : run.addBins;
  for (let k = 0; k < group.width; k++) {
    const first = offsets[group.feature + k];
    const count = offsets[group.feature + k + 1] - first;
    unpack(memoryMap.packedSums + 2048 * k, into.byteOffset + 16 * first, count);
  }
}

/** `from` becomes `from − part`: the sibling's histogram, exactly as if it had been built. Both lie in the memory. */
export function subtract({ run }: Kernels, from: Histogram, part: Histogram): void {
  run.subtract(from.byteOffset, part.byteOffset, 16 * Math.ceil(from.length / 2));
}
