import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRng } from "../../kernel/index.js";
import { binomialAtLeast, binomialAtMost, exactInterval, quantileRanks } from "./load-binomial.js";

/** P(X ≤ k) in whole numbers: p is `tenths` of ten. */
function slowAtMost(k: number, n: number, tenths: number): number {
  let ways = 0n;
  for (let i = 0; i <= Math.min(k, n); i++) {
    let choose = 1n;
    for (let j = 0; j < i; j++) choose = (choose * BigInt(n - j)) / BigInt(j + 1);
    ways += choose * BigInt(tenths) ** BigInt(i) * BigInt(10 - tenths) ** BigInt(n - i);
  }
  const scale = 10n ** BigInt(n);
  // Eighteen digits are more than a double has.
  return Number((ways * 10n ** 18n) / scale) / 1e18;
}

const trials = fc.integer({ min: 1, max: 60 });
const tenths = fc.integer({ min: 1, max: 9 });

describe("the binomial distribution", () => {
  test("equals its sum in whole numbers", () => {
    fc.assert(
      fc.property(trials, tenths, fc.integer({ min: -1, max: 61 }), (n, p, k) => {
        expect(binomialAtMost(k, n, p / 10)).toBeCloseTo(slowAtMost(k, n, p), 12);
        const below = k <= 0 ? 0 : slowAtMost(k - 1, n, p);
        expect(binomialAtLeast(k, n, p / 10)).toBeCloseTo(1 - below, 12);
      }),
    );
  });

  test("holds for many trials", () => {
    for (const k of [250, 262, 270, 281]) {
      expect(binomialAtMost(k, 300, 0.9)).toBeCloseTo(slowAtMost(k, 300, 9), 12);
    }
    // No success among a million: the probability by itself.
    expect(binomialAtMost(0, 1_000_000, 1e-6)).toBeCloseTo((1 - 1e-6) ** 1_000_000, 9);
    expect(binomialAtMost(949, 1000, 0.95) + binomialAtLeast(950, 1000, 0.95)).toBeCloseTo(1, 12);
    // The normal approximation, with its correction for whole numbers, is good to three digits here.
    expect(binomialAtMost(94_900, 100_000, 0.95)).toBeCloseTo(0.0744, 3);
  });
});

describe("the ranks around a quantile", () => {
  test("are the narrowest whose error is at most a half of what is left", () => {
    fc.assert(
      fc.property(trials, tenths, fc.constantFrom(0.5, 0.9, 0.95), (n, p, level) => {
        const error = (1 - level) / 2 + 1e-13;
        const ranks = Array.from({ length: n }, (_, i) => i + 1);
        const low = ranks.findLast((rank) => slowAtMost(rank - 1, n, p) <= error) ?? null;
        const high = ranks.find((rank) => 1 - slowAtMost(rank - 1, n, p) <= error) ?? null;
        expect(quantileRanks(n, p / 10, level)).toEqual({ low, high });
      }),
    );
  });

  test("it takes 72 requests for the upper end of a 95th percentile: 0.95 ^ 72 < 0.025 < 0.95 ^ 71", () => {
    expect(quantileRanks(71, 0.95).high).toBeNull();
    expect(quantileRanks(72, 0.95).high).toBe(72);
    expect(quantileRanks(0, 0.95)).toEqual({ low: null, high: null });
  });

  test("cover the true percentile as often as they say, whatever the distribution", () => {
    const rng = seededRng(7);
    const truth = -Math.log(0.05);
    const { low, high } = quantileRanks(200, 0.95);
    let covered = 0;
    for (let round = 0; round < 2000; round++) {
      const sample = Float64Array.from({ length: 200 }, () => -Math.log(1 - rng.next())).sort();
      if (sample[(low ?? 0) - 1] <= truth && truth <= sample[(high ?? 0) - 1]) covered++;
    }
    // Five standard errors below 95 %.
    expect(covered / 2000).toBeGreaterThan(0.95 - 5 * Math.sqrt((0.95 * 0.05) / 2000));
  });
});

describe("the exact interval", () => {
  test("ends where either tail has a fortieth", () => {
    fc.assert(
      fc.property(trials, fc.nat(), (n, drawn) => {
        const successes = drawn % (n + 1);
        const [low, high] = exactInterval(successes, n);
        if (successes > 0) expect(binomialAtLeast(successes, n, low)).toBeCloseTo(0.025, 6);
        if (successes < n) expect(binomialAtMost(successes, n, high)).toBeCloseTo(0.025, 6);
        expect(low).toBeLessThanOrEqual(successes / n);
        expect(high).toBeGreaterThanOrEqual(successes / n);
      }),
    );
  });

  test("as published: 0 of 10 and 10 of 10", () => {
    // 1 − 0.025 ^ (1 / 10) = 0.3085.
    expect(exactInterval(0, 10)).toEqual([0, expect.closeTo(0.3085, 4) as number]);
    expect(exactInterval(10, 10)).toEqual([expect.closeTo(0.6915, 4) as number, 1]);
  });
});
