import type { BinLayout } from "./bins.js";
import { chunkRows, packBase } from "./fixed-point.js";

/**
 * Sums of gradients and hessians per bin, as integers: entry 2b is ΣG of bin b and 2b + 1 its ΣH. All
 * features share one array; `BinLayout` says which entries are whose.
 */
export type Histogram = Float64Array;

/** Most float64 values that a histogram over so many features takes. */
export function histogramRoom(featureCount: number): number {
  return 2 * 256 * featureCount;
}

/**
 * What a histogram needs of every row, side by side so that a row costs one cache miss: the packed gradient as
 * a float64, then the bins of four features in each 32-bit word, then padding to a multiple of 8 bytes.
 */
export interface RowRecords {
  /** 32-bit words per record. */
  readonly stride: number;
  /** Row r's word of bins q is `words[r · stride + 2 + q]`. */
  readonly words: Uint32Array;
  /** The same memory; row r's packed gradient is `gradients[r · stride / 2]`. */
  readonly gradients: Float64Array;
}

/** Empty records: gradient 0 and every bin 0. */
export function rowRecords(rowCount: number, featureCount: number): RowRecords {
  const stride = 2 + 2 * Math.ceil(featureCount / 8);
  const memory = new ArrayBuffer(4 * stride * rowCount);
  return Object.freeze({ stride, words: new Uint32Array(memory), gradients: new Float64Array(memory) });
}

/*
 * Scratch of the thread. At module level and of fixed size on purpose: the compiler then knows address and
 * length, drops bounds checks and frees registers, which halves the time of training.
 */
/** Where the chunk's records start. */
const chunkOfRecords = new Uint32Array(chunkRows);
const chunkOfGradients = new Float64Array(chunkRows);
const chunkOfWords = new Uint32Array(chunkRows);
/** Packed sums of the bins of four features; zero between uses. */
const packedSums = new Float64Array(4 * 256);

/** Where `addRows` adds to. */
export interface HistogramTarget {
  readonly histogram: Histogram;
  readonly layout: BinLayout;
}

/**
 * Adds the given rows to a histogram: the hot path of training. Rows go through in chunks, small enough for
 * packed sums to stay exact and for the chunk's records to stay in the second-level cache. Gathering before
 * adding up keeps many cache misses in flight; beside the arithmetic there would be room for few.
 */
export function addRows(
  records: RowRecords,
  rows: Uint32Array,
  { histogram, layout }: HistogramTarget,
): void {
  const { offsets, featureCount } = layout;
  for (let start = 0; start < rows.length; start += chunkRows) {
    const chunk = rows.subarray(start, start + chunkRows);
    gatherGradients(records, chunk);
    for (let f = 0; f < featureCount; f += 4) {
      gatherWords(records.words, 2 + (f >> 2), chunk.length);
      const width = Math.min(4, featureCount - f);
      if (width === 4) addFour(chunk.length);
      else for (let k = 0; k < width; k++) addOne(k, chunk.length);
      for (let k = 0; k < width; k++) unpackInto(histogram, offsets.subarray(f + k, f + k + 2), 256 * k);
    }
  }
}

function gatherGradients({ gradients, stride }: RowRecords, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) {
    const record = rows[i] * stride;
    chunkOfRecords[i] = record;
    chunkOfGradients[i] = gradients[record >>> 1];
  }
}

function gatherWords(words: Uint32Array, place: number, count: number): void {
  for (let i = 0; i < count; i++) chunkOfWords[i] = words[chunkOfRecords[i] + place];
}

/** Four features in one pass: a word is read once, and neighbouring additions do not wait for each other. */
function addFour(count: number): void {
  for (let i = 0; i < count; i++) {
    const word = chunkOfWords[i];
    const value = chunkOfGradients[i];
    packedSums[word & 255] += value;
    packedSums[256 + ((word >>> 8) & 255)] += value;
    packedSums[512 + ((word >>> 16) & 255)] += value;
    packedSums[768 + (word >>> 24)] += value;
  }
}

function addOne(place: number, count: number): void {
  const shift = 8 * place;
  const first = 256 * place;
  for (let i = 0; i < count; i++)
    packedSums[first + ((chunkOfWords[i] >>> shift) & 255)] += chunkOfGradients[i];
}

/** Moves a feature's packed sums into its stretch of a histogram and leaves zeros behind. */
function unpackInto(into: Histogram, stretch: Int32Array, at: number): void {
  const first = stretch[0];
  const bins = stretch[1] - first;
  for (let b = 0; b < bins; b++) {
    const value = packedSums[at + b];
    const g = Math.floor(value / packBase);
    into[2 * (first + b)] += g;
    into[2 * (first + b) + 1] += value - g * packBase;
    packedSums[at + b] = 0;
  }
}

/** `from` becomes `from − part`: the sibling's histogram, exactly as if it had been built. */
export function subtract(from: Histogram, part: Histogram): void {
  for (let i = 0; i < from.length; i++) from[i] -= part[i];
}
