import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRng } from "../kernel/index.js";
import {
  estimateOfRegisters,
  largestRank,
  raiseRegister,
  registerCount,
  uniteRegisters,
} from "./hyper-log-log.js";

/** Index and rank by the definition, from the 53 binary digits. */
function byDigits(hash: number): [index: number, rank: number] {
  const digits = hash.toString(2).padStart(53, "0");
  return [parseInt(digits.slice(41), 2), `${digits.slice(0, 41)}1`.indexOf("1") + 1];
}

const hashes = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(0xffff),
  fc.nat(0x7fffffff),
  fc.integer({ min: 0, max: 52 }).map((bit) => 2 ** bit),
  fc.constantFrom(0, 4095, 4096, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1),
);

/** Registers as a set of n values would leave them: the rank is k with a chance of 2^−k. */
function randomRegisters(seed: number, count: number): Uint8Array {
  const rng = seededRng(seed);
  const registers = new Uint8Array(registerCount);
  for (let i = 0; i < count; i++) {
    const rank = Math.min(largestRank, 1 + Math.clz32(Math.floor(rng.next() * 2 ** 32)));
    const index = rng.below(registerCount);
    registers[index] = Math.max(registers[index], rank);
  }
  return registers;
}

/** Ertl 2017, algorithm 6, with sigma and tau as the series that define them. */
function estimateBySeries(registers: Uint8Array): number {
  const m = registerCount;
  const share = (rank: number) => registers.filter((one) => one === rank).length / m;
  const terms = Array.from({ length: 60 }, (_, i) => i + 1);
  const sum = (term: (k: number) => number) => terms.reduce((total, k) => total + term(k), 0);
  const sigma = (x: number) => x + sum((k) => x ** (2 ** k) * 2 ** (k - 1));
  const tau = (x: number) => (1 - x - sum((k) => (1 - x ** (2 ** -k)) ** 2 * 2 ** -k)) / 3;
  const q = largestRank - 1;
  const middle = terms.slice(0, q).reduce((total, k) => total + share(k) * 2 ** -k, 0);
  const z = sigma(share(0)) + middle + tau(1 - share(q + 1)) * 2 ** -q;
  return m / (2 * Math.log(2) * z);
}

describe("HyperLogLog registers", () => {
  test("keep the largest rank that the digits of the hashes give", () => {
    fc.assert(
      fc.property(fc.array(hashes, { maxLength: 30 }), (all) => {
        const [registers, expected] = [new Uint8Array(registerCount), new Uint8Array(registerCount)];
        for (const hash of all) {
          raiseRegister(registers, hash);
          const [index, rank] = byDigits(hash);
          expected[index] = Math.max(expected[index], rank);
        }
        expect(Buffer.compare(registers, expected)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("united are the larger of each pair, and the other stays", () => {
    const rng = seededRng(5);
    const [a, b] = [0, 1].map(() =>
      Uint8Array.from({ length: registerCount }, () => rng.below(largestRank + 1)),
    );
    const expected = a.map((rank, i) => Math.max(rank, b[i]));
    const [mine, theirs] = [a.slice(), b.slice()];
    uniteRegisters(mine, theirs);
    expect(mine).toEqual(expected);
    expect(theirs).toEqual(b);
  });

  test("give the estimate of the defining series", () => {
    const fills = [1, 100, 3000, 10_000, 200_000].map((count) => randomRegisters(count, count));
    const high = randomRegisters(1, 50_000).map((rank) => Math.min(largestRank, rank + 30));
    for (const registers of [...fills, high]) {
      const expected = estimateBySeries(registers);
      expect(Math.abs(estimateOfRegisters(registers) / expected - 1)).toBeLessThan(1e-12);
    }
  });

  test("that are all zero estimate 0", () => {
    expect(estimateOfRegisters(new Uint8Array(registerCount))).toBe(0);
  });
});
