import { seededRng } from "../../kernel/index.js";

/** The largest finite float32: every number is at most this, so it parts the missing from the rest. */
export const largestFloat32 = 3.4028234663852886e38;

/** Rows that suffice to cut the values of a feature into quantiles. */
const sampleRows = 200_000;

/** Room for the upper bounds of one feature: 255 bins and a sentinel, a power of two for the search. */
export const boundsPerFeature = 256;

/**
 * Cuts a feature's values into at most `maxBins` intervals of about equal numbers of rows, one per distinct
 * value where there are few. Returns the float32 upper bound (inclusive) of each interval; bounds lie
 * halfway between neighbouring values of the sample, and the last is `largestFloat32`. At least one interval.
 */
export function cutBounds(values: Float32Array, maxBins: number, seed: number): Float32Array {
  const sorted = sampleOf(values, seed).sort();
  const present = sorted.subarray(0, countPresent(sorted));
  const { distinct, counts } = runsOf(present);
  const bounds: number[] = [];
  let inBin = 0;
  let rowsLeft = present.length;
  for (let i = 0; i + 1 < distinct.length; i++) {
    inBin += counts[i];
    const binsLeft = maxBins - bounds.length;
    if (binsLeft === 1) break;
    if (distinct.length > maxBins && inBin < rowsLeft / binsLeft) continue;
    bounds.push(between(distinct[i], distinct[i + 1]));
    rowsLeft -= inBin;
    inBin = 0;
  }
  bounds.push(largestFloat32);
  return Float32Array.from(bounds);
}

/** All values, or one from each of 200,000 equal stretches of rows. */
function sampleOf(values: Float32Array, seed: number): Float32Array {
  if (values.length <= sampleRows) return new Float32Array(values);
  const rng = seededRng(seed);
  const stretch = values.length / sampleRows;
  return Float32Array.from({ length: sampleRows }, (_, i) => values[Math.floor((i + rng.next()) * stretch)]);
}

/** Sorting puts NaN last. */
function countPresent(sorted: Float32Array): number {
  let count = sorted.length;
  while (count > 0 && Number.isNaN(sorted[count - 1])) count--;
  return count;
}

function runsOf(sorted: Float32Array): {
  readonly distinct: readonly number[];
  readonly counts: readonly number[];
} {
  const distinct: number[] = [];
  const counts: number[] = [];
  for (const value of sorted) {
    if (value !== distinct[distinct.length - 1]) {
      distinct.push(value);
      counts.push(0);
    }
    counts[counts.length - 1]++;
  }
  return { distinct, counts };
}

/** A float32 t with low ≤ t < high, halfway where float32 has room. */
function between(low: number, high: number): number {
  const middle = Math.fround((low + high) / 2);
  return middle >= low && middle < high ? middle : low;
}

/**
 * The bin of a value: 0 if it is missing, else 1 + the first interval whose bound is at least the value.
 * `bounds` is a feature's stretch of `boundsPerFeature`, filled up with +∞.
 */
export function binOf(value: number, bounds: Float32Array, at: number): number {
  if (Number.isNaN(value)) return 0;
  let below = 0;
  for (let step = boundsPerFeature / 2; step > 0; step >>= 1) {
    if (bounds[at + below + step - 1] < value) below += step;
  }
  return below + 1;
}

/** Every feature's bounds in one block of memory, and where its bins lie in a histogram. */
export interface BinLayout {
  readonly featureCount: number;
  readonly bounds: Float32Array;
  /** Feature f's bins are entries `offsets[f]` (missing) to `offsets[f + 1] − 1`. */
  readonly offsets: Int32Array;
  readonly binCount: number;
  /** Per feature how many categories it has, or 0 if it is a number. Category c is bin c + 1, any other the last. */
  readonly categories: Int32Array;
}

/** The bounds of a column of category numbers: a bin for each, and one for all others. */
export function categoryBounds(categories: number): Float32Array {
  const bounds = Float32Array.from({ length: categories + 1 }, (_, category) => category + 0.5);
  bounds[categories] = largestFloat32;
  return bounds;
}

/** Reads the layout from bounds that `writeBounds` filled. */
export function layoutOf(
  bounds: Float32Array,
  categories: Int32Array = new Int32Array(bounds.length / boundsPerFeature),
): BinLayout {
  const featureCount = bounds.length / boundsPerFeature;
  const offsets = new Int32Array(featureCount + 1);
  for (let f = 0; f < featureCount; f++) {
    const last = bounds.subarray(f * boundsPerFeature, (f + 1) * boundsPerFeature).indexOf(largestFloat32);
    offsets[f + 1] = offsets[f] + last + 2;
  }
  return Object.freeze({ featureCount, bounds, offsets, binCount: offsets[featureCount], categories });
}

/** Puts a feature's bounds into the block, followed by +∞. */
export function writeBounds(block: Float32Array, feature: number, bounds: Float32Array): void {
  const stretch = block.subarray(feature * boundsPerFeature, (feature + 1) * boundsPerFeature);
  stretch.fill(Infinity);
  stretch.set(bounds);
}
