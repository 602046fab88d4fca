import type { Canonical } from "../kernel/index.js";
import { badArgument } from "./bad-argument.js";
import { damagedSketch, isStoredCount, storedArray } from "./damaged-sketch.js";

/** With more distinct values than this, the most frequent ones are not known. */
export const frequencyLimit = 1_000;

/**
 * Most frequent values, exact up to `frequencyLimit` distinct ones. What it answers and writes is a function of the
 * multiset of values alone. A number and a text of equal spelling are different; 0 and −0 are the same.
 */
export interface FrequencySketch {
  /** Throws MW1401 for a number that is not finite. */
  add(value: number | string): void;
  /** Adds everything that the other sketch holds; the other is left as it was. */
  merge(other: FrequencySketch): void;
  /**
   * The rank-th (1 = first) most frequent value; of equally frequent ones the smaller first (numbers by size, then
   * texts by UTF-16 code units). Null when there are fewer, or when more than `frequencyLimit` distinct values were
   * seen. Throws MW1401 unless the rank is a positive whole number.
   */
  top(rank: number): number | string | null;
  /** Value and count by turns, values ascending; "overflow" past the limit. */
  toJson(): Canonical;
}

type Value = number | string;
type Counted = readonly [value: Value, count: number];

/** Up to this many values a list is smaller than a map, and as fast. */
const fewLimit = 8;

/** Numbers by size, then texts by UTF-16 code units. */
function isSmaller(a: Value, b: Value): boolean {
  return typeof a === typeof b ? a < b : typeof a === "number";
}

function precedes(a: Counted, b: Counted): boolean {
  return a[1] > b[1] || (a[1] === b[1] && isSmaller(a[0], b[0]));
}

/**
 * A list, a map above `fewLimit` values, and neither past the limit. A class and not closures: hundreds of thousands
 * of sketches live at a time.
 */
class CountSketch implements FrequencySketch {
  /** Value and count by turns. */
  #few: Value[] | undefined = [];
  #many: Map<Value, number> | undefined = undefined;

  constructor() {
    Object.freeze(this);
  }

  static fromJson(json: Canonical): CountSketch {
    const sketch = new CountSketch();
    if (json === "overflow") sketch.#few = undefined;
    else for (const [value, count] of readCounts(json)) sketch.#add(value, count);
    return sketch;
  }

  add(value: Value): void {
    if (typeof value === "string") this.#add(value, 1);
    else if (Number.isFinite(value)) this.#add(value + 0, 1);
    else throw badArgument("a finite number or a text", value);
  }

  merge(other: FrequencySketch): void {
    if (!(#few in other)) throw badArgument("a sketch made by frequencySketch()", typeof other);
    const counts = other.#counts();
    if (counts === undefined) this.#overflow();
    else for (const [value, count] of counts) this.#add(value, count);
  }

  top(rank: number): Value | null {
    if (!(Number.isInteger(rank) && rank > 0)) throw badArgument("a rank of 1 or more", rank);
    const best: Counted[] = [];
    for (const counted of this.#counts() ?? []) {
      if (best.length === rank && !precedes(counted, best[rank - 1])) continue;
      let at = Math.min(best.length, rank - 1);
      for (; at > 0 && precedes(counted, best[at - 1]); at--) best[at] = best[at - 1];
      best[at] = counted;
    }
    return best.length < rank ? null : best[rank - 1][0];
  }

  toJson(): Canonical {
    const counts = this.#counts();
    if (counts === undefined) return "overflow";
    return [...counts].sort(([a], [b]) => (isSmaller(a, b) ? -1 : 1)).flat();
  }

  /** Undefined past the limit. */
  #counts(): Iterable<Counted> | undefined {
    if (this.#few === undefined) return this.#many;
    const counts: Counted[] = [];
    for (let i = 0; i < this.#few.length; i += 2) counts.push([this.#few[i], this.#few[i + 1] as number]);
    return counts;
  }

  #add(value: Value, count: number): void {
    if (this.#few !== undefined) this.#addToFew(this.#few, value, count);
    else if (this.#many !== undefined) this.#addToMany(this.#many, value, count);
  }

  #addToFew(few: Value[], value: Value, count: number): void {
    for (let i = 0; i < few.length; i += 2) {
      if (few[i] !== value) continue;
      few[i + 1] = (few[i + 1] as number) + count;
      return;
    }
    if (few.length < 2 * fewLimit) {
      // A new array has no spare room.
      this.#few = few.toSpliced(few.length, 0, value, count);
      return;
    }
    this.#many = new Map(this.#counts());
    this.#few = undefined;
    this.#many.set(value, count);
  }

  #addToMany(many: Map<Value, number>, value: Value, count: number): void {
    const before = many.get(value);
    if (before === undefined && many.size === frequencyLimit) this.#overflow();
    else many.set(value, (before ?? 0) + count);
  }

  #overflow(): void {
    this.#few = undefined;
    this.#many = undefined;
  }
}

function readCounts(json: Canonical): readonly Counted[] {
  const expected = `at most ${frequencyLimit} ascending values, each followed by its count`;
  const list = storedArray(json, expected);
  const counts: Counted[] = [];
  for (let i = 0; i < list.length; i += 2) {
    const [value, count] = [list[i], list[i + 1]];
    const intact =
      (typeof value === "string" || Number.isFinite(value)) &&
      isStoredCount(count) &&
      (i === 0 || isSmaller(list[i - 2] as Value, value as Value));
    if (!intact) throw damagedSketch(expected, json);
    counts.push([typeof value === "number" ? value + 0 : (value as string), count]);
  }
  if (counts.length > frequencyLimit) throw damagedSketch(expected, json);
  return counts;
}

/** An empty sketch, or the one that `toJson` wrote. Throws MW1403 for damaged JSON. */
export function frequencySketch(json?: Canonical): FrequencySketch {
  return json === undefined ? new CountSketch() : CountSketch.fromJson(json);
}
