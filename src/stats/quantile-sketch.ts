import type { Canonical } from "../kernel/index.js";
import { badArgument } from "./bad-argument.js";
import { damagedSketch, isStoredCount, storedArray } from "./damaged-sketch.js";
import { gallop, insertAll, lowerBound, withInserted } from "./sorted-numbers.js";

/**
 * Quantiles with at most 1 % relative error (1/128, in fact). What it answers and writes is a function of the
 * multiset of values alone.
 */
export interface QuantileSketch {
  /** A magnitude under 1e-6 counts as zero. Throws MW1401 unless the magnitude is at most 2^50. */
  add(value: number): void;
  /** Adds everything that the other sketch holds; the other is left as it was. */
  merge(other: QuantileSketch): void;
  readonly count: number;
  /**
   * The middle of the bucket that holds the order statistic at rank ⌊level · (count − 1)⌋; null when empty. Throws
   * MW1401 unless 0 ≤ level ≤ 1.
   */
  quantile(level: number): number | null;
  /** Bucket and count by turns, ascending. */
  toJson(): Canonical;
}

const smallestMagnitude = 1e-6;
const largestMagnitude = 2 ** 50;

/*
 * DDSketch (Masson, Rim & Lee 2019) without collapsing, with its linearly interpolated logarithm: every octave is
 * cut into 64 equal parts, so that a bucket is nothing but the exponent and the upper 6 bits of the mantissa. No
 * logarithm is taken, for `Math.log` may differ in its last bit from engine to engine, and a value at a border would
 * change its bucket. The middle of a bucket is the next bit of the mantissa: at most 1/128 of the value away. The
 * price is 64 buckets an octave where 35 could do.
 *
 * Bucket 0 is zero; n > 0 are magnitudes of positive values, −n those of negative ones, from 2^-20 (n = 1) on.
 */
const droppedBits = 14;
const beforeFirst = ((1023 - 20) << 6) - 1;
const bits = new DataView(new ArrayBuffer(8));

function bucketOf(value: number): number {
  if (Math.abs(value) < smallestMagnitude) return 0;
  bits.setFloat64(0, Math.abs(value));
  const bucket = (bits.getInt32(0) >>> droppedBits) - beforeFirst;
  return value < 0 ? -bucket : bucket;
}

function middleOf(bucket: number): number {
  if (bucket === 0) return 0;
  bits.setInt32(0, ((Math.abs(bucket) + beforeFirst) << droppedBits) | (1 << (droppedBits - 1)));
  bits.setInt32(4, 0);
  return Math.sign(bucket) * bits.getFloat64(0);
}

const firstBucket = bucketOf(smallestMagnitude);
const lastBucket = bucketOf(largestMagnitude);

/*
 * A bucket and its count are packed into one number, (bucket + lastBucket) · 2^38 + count: under 2^52, so exact, and
 * ordered by bucket.
 */
const countSpan = 2 ** 38;
const pack = (bucket: number, count: number) => (bucket + lastBucket) * countSpan + count;
const packedBucket = (packed: number) => Math.floor(packed * (1 / countSpan)) - lastBucket;
/** The bucket with a count of 0. */
const emptied = (packed: number) => Math.floor(packed * (1 / countSpan)) * countSpan;
const packedCount = (packed: number) => packed - emptied(packed);

/** A class and not closures: hundreds of thousands of sketches live at a time. */
class BucketSketch implements QuantileSketch {
  /** Packed, ascending. */
  #buckets: number[] = [];
  #count = 0;

  constructor() {
    Object.freeze(this);
  }

  static fromJson(json: Canonical): BucketSketch {
    const sketch = new BucketSketch();
    sketch.#buckets = readBuckets(json);
    for (const packed of sketch.#buckets) sketch.#count += packedCount(packed);
    if (sketch.#count >= countSpan) throw damagedSketch(`under ${countSpan} values`, json);
    return sketch;
  }

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    if (!(Math.abs(value) <= largestMagnitude)) throw badArgument("a magnitude of at most 2^50", value);
    this.#grow(1);
    const buckets = this.#buckets;
    const start = pack(bucketOf(value), 0);
    const at = lowerBound(buckets, start);
    if (at < buckets.length && buckets[at] < start + countSpan) buckets[at]++;
    else this.#buckets = withInserted(buckets, at, start + 1);
  }

  merge(other: QuantileSketch): void {
    if (!(#buckets in other)) throw badArgument("a sketch made by quantileSketch()", typeof other);
    this.#grow(other.#count);
    if (this.#buckets.length === 0) this.#buckets = other.#buckets.slice();
    else this.#mergeBuckets(other.#buckets);
  }

  quantile(level: number): number | null {
    if (!(level >= 0 && level <= 1)) throw badArgument("a level between 0 and 1", level);
    let below = Math.floor(level * (this.#count - 1));
    for (const packed of this.#buckets) {
      below -= packedCount(packed);
      if (below < 0) return middleOf(packedBucket(packed));
    }
    return null;
  }

  toJson(): Canonical {
    return this.#buckets.flatMap((packed) => [packedBucket(packed), packedCount(packed)]);
  }

  /** Counts values, as long as no bucket's count can reach into the bits of the bucket. */
  #grow(added: number): void {
    const count = this.#count + added;
    if (count >= countSpan) throw badArgument(`under ${countSpan} values`, count);
    this.#count = count;
  }

  #mergeBuckets(others: readonly number[]): void {
    const buckets = this.#buckets;
    const missing: number[] = [];
    let at = 0;
    for (const packed of others) {
      const start = emptied(packed);
      at = gallop(buckets, start, at);
      if (at < buckets.length && buckets[at] < start + countSpan) buckets[at] += packed - start;
      else missing.push(packed);
    }
    insertAll(buckets, missing);
  }
}

function isBucket(bucket: Canonical): bucket is number {
  const magnitude = Math.abs(bucket as number);
  return (
    Number.isInteger(bucket) && (magnitude === 0 || (magnitude >= firstBucket && magnitude <= lastBucket))
  );
}

function readBuckets(json: Canonical): number[] {
  const expected = "ascending buckets, each followed by its count";
  const list = storedArray(json, expected);
  const buckets: number[] = [];
  for (let i = 0; i < list.length; i += 2) {
    const [bucket, count] = [list[i], list[i + 1]];
    const intact =
      isBucket(bucket) &&
      isStoredCount(count) &&
      count < countSpan &&
      (i === 0 || bucket > (list[i - 2] as number));
    if (!intact) throw damagedSketch(expected, json);
    buckets.push(pack(bucket, count));
  }
  return buckets.slice();
}

/** An empty sketch, or the one that `toJson` wrote. Throws MW1403 for damaged JSON. */
export function quantileSketch(json?: Canonical): QuantileSketch {
  return json === undefined ? new BucketSketch() : BucketSketch.fromJson(json);
}
