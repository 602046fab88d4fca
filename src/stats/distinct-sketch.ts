import { Buffer } from "node:buffer";
import type { Canonical } from "../kernel/index.js";
import { badArgument } from "./bad-argument.js";
import { damagedSketch, storedArray } from "./damaged-sketch.js";
import {
  estimateOfRegisters,
  largestRank,
  raiseRegister,
  registerCount,
  uniteRegisters,
} from "./hyper-log-log.js";
import { gallop, insertAll, lowerBound, withInserted } from "./sorted-numbers.js";
import { hashValue } from "./value-hash.js";

/** Up to this many distinct values the count is exact. */
const exactLimit = 256;

/**
 * Approximate number of distinct values. What it answers and writes is a function of the set of values alone. A
 * number and a text of equal spelling are different; 0 and −0 are the same.
 */
export interface DistinctSketch {
  /** Throws MW1401 for a number that is not finite. */
  add(value: number | string): void;
  /** Adds everything that the other sketch holds; the other is left as it was. */
  merge(other: DistinctSketch): void;
  /** Whole. 0 when empty; exact up to 256; above, with a standard error of 1.6 %. */
  estimate(): number;
  /** Ascending hashes up to 256 values; above, the registers in base64. */
  toJson(): Canonical;
}

/**
 * A set of 53-bit hashes while it is small (a count that is one too low has a chance of 4e-12 at 256 values), then
 * HyperLogLog registers. More than 256 hashes are registers, however they came together. A class and not closures:
 * hundreds of thousands of sketches live at a time.
 */
class HashSketch implements DistinctSketch {
  /** Ascending; unused once there are registers. */
  #hashes: number[] = [];
  #registers: Uint8Array | undefined = undefined;

  constructor() {
    Object.freeze(this);
  }

  static fromJson(json: Canonical): HashSketch {
    const sketch = new HashSketch();
    if (typeof json === "string") sketch.#registers = readRegisters(json);
    else sketch.#hashes = readHashes(json);
    return sketch;
  }

  add(value: number | string): void {
    const hash = hashValue(value);
    if (this.#registers !== undefined) {
      raiseRegister(this.#registers, hash);
      return;
    }
    const hashes = this.#hashes;
    const at = lowerBound(hashes, hash);
    if (at < hashes.length && hashes[at] === hash) return;
    this.#hashes = withInserted(hashes, at, hash);
    if (this.#hashes.length > exactLimit) this.#toRegisters(new Uint8Array(registerCount));
  }

  merge(other: DistinctSketch): void {
    if (!(#hashes in other)) throw badArgument("a sketch made by distinctSketch()", typeof other);
    if (other.#registers === undefined) {
      if (this.#registers === undefined && this.#hashes.length === 0) this.#hashes = other.#hashes.slice();
      else this.#mergeHashes(other.#hashes);
    } else if (this.#registers === undefined) {
      this.#toRegisters(other.#registers.slice());
    } else {
      uniteRegisters(this.#registers, other.#registers);
    }
  }

  estimate(): number {
    if (this.#registers === undefined) return this.#hashes.length;
    return Math.max(exactLimit + 1, Math.round(estimateOfRegisters(this.#registers)));
  }

  toJson(): Canonical {
    if (this.#registers === undefined) return this.#hashes.slice();
    return Buffer.from(this.#registers).toString("base64");
  }

  #mergeHashes(others: readonly number[]): void {
    if (this.#registers !== undefined) {
      for (const hash of others) raiseRegister(this.#registers, hash);
      return;
    }
    const hashes = this.#hashes;
    const missing: number[] = [];
    let at = 0;
    for (const hash of others) {
      at = gallop(hashes, hash, at);
      if (at === hashes.length || hashes[at] !== hash) missing.push(hash);
    }
    insertAll(hashes, missing);
    if (hashes.length > exactLimit) this.#toRegisters(new Uint8Array(registerCount));
  }

  /** Moves the hashes into the given registers. */
  #toRegisters(registers: Uint8Array): void {
    for (const hash of this.#hashes) raiseRegister(registers, hash);
    this.#registers = registers;
    this.#hashes = [];
  }
}

function readRegisters(json: string): Uint8Array {
  const registers = Uint8Array.from(Buffer.from(json, "base64"));
  const intact =
    registers.length === registerCount &&
    registers.every((rank) => rank <= largestRank) &&
    registers.some((rank) => rank > 0) &&
    Buffer.from(registers).toString("base64") === json;
  if (!intact) throw damagedSketch(`${registerCount} registers in base64`, json);
  return registers;
}

function readHashes(json: Canonical): number[] {
  const expected = `at most ${exactLimit} ascending hashes`;
  const hashes = storedArray(json, expected);
  const ascending = hashes.every(
    (hash, i) => Number.isSafeInteger(hash) && (hash as number) > (i === 0 ? -1 : (hashes[i - 1] as number)),
  );
  if (!ascending || hashes.length > exactLimit) throw damagedSketch(expected, json);
  return hashes.slice() as number[];
}

/** An empty sketch, or the one that `toJson` wrote. Throws MW1403 for damaged JSON. */
export function distinctSketch(json?: Canonical): DistinctSketch {
  return json === undefined ? new HashSketch() : HashSketch.fromJson(json);
}
