import type { BinLayout } from "./bins.js";
import { chunkRows } from "./fixed-point.js";
import { groupWidth } from "./kernel-code.js";
import type { Kernels } from "./kernels.js";
import { memoryMap } from "./memory-map.js";

/**
 * Sums of gradients and hessians per bin, as integers: entry 2b is ΣG of bin b and 2b + 1 its ΣH. All
 * features share one array; `BinLayout` says which entries are whose. One more entry counts the rows.
 */
export type Histogram = Float64Array;

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
  /** Room for a histogram of float64 pairs. */
  readonly histogram: number;
}

/** Rows by their numbers in an array of the memory, or neighbouring rows from the first on. */
export type RowSpan =
  { readonly rows: number; readonly count: number } | { readonly first: number; readonly count: number };

/**
 * Builds the histogram of some rows in the memory: eight features at a time, over chunks that are small
 * enough for packed sums to stay exact. `wanted` says which features are needed.
 */
export function buildHistogram(source: HistogramSource, span: RowSpan, wanted: Uint8Array): Histogram {
  const { kernels, layout, histogram } = source;
  const built = new Float64Array(kernels.buffer, histogram, histogramLength(layout)).fill(0);
  for (let feature = 0; feature < layout.featureCount; feature += groupWidth) {
    const width = Math.min(groupWidth, layout.featureCount - feature);
    if (!wanted.subarray(feature, feature + width).includes(1)) continue;
    for (let start = 0; start < span.count; start += chunkRows) {
      addChunk(source, span, { feature, width, start, count: Math.min(chunkRows, span.count - start) });
      unpackGroup(source, feature, width);
    }
  }
  built[2 * layout.binCount] = span.count;
  return built;
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
  { kernels: { run }, layout: { offsets }, histogram }: HistogramSource,
  feature: number,
  width: number,
): void {
  for (let k = 0; k < width; k++) {
    const first = offsets[feature + k];
    const count = offsets[feature + k + 1] - first;
    run.unpack(memoryMap.packedSums + 2048 * k, histogram + 16 * first, count);
  }
}

/** `from` becomes `from − part`: the sibling's histogram, exactly as if it had been built. */
export function subtract(from: Histogram, part: Histogram): void {
  for (let i = 0; i < from.length; i++) from[i] -= part[i];
}
