import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRng, type Rng } from "../kernel/index.js";
import { compareCounts, poolRareBins } from "./count-comparison.js";

const reference = [120, 240, 300, 180, 160];
const current = [90, 150, 310, 260, 190];

/** Draws a sample of counts by the cumulative law, one row at a time. */
function sample(probabilities: readonly number[], rows: number, rng: Rng): number[] {
  const counts = probabilities.map(() => 0);
  for (let row = 0; row < rows; row++) {
    let rest = rng.next();
    let bin = 0;
    while (bin < probabilities.length - 1 && rest >= probabilities[bin]) rest -= probabilities[bin++];
    counts[bin]++;
  }
  return counts;
}

describe("compareCounts", () => {
  test("agrees with SciPy 1.17.1", () => {
    // chi2_contingency(correction=False), spatial.distance.jensenshannon(base=2), contingency.association("cramer")
    const found = compareCounts(reference, current);
    expect(found.chiSquare).toBeCloseTo(42.335762598057684, 10);
    expect(found.pValue / 1.4211180171685214e-8).toBeCloseTo(1, 10);
    expect(found.degreesOfFreedom).toBe(4);
    expect(found.jensenShannon.value).toBeCloseTo(0.12398822722227341, 12);
    expect(found.cramersV).toBeCloseTo(0.14549185990641827, 12);
  });

  test("agrees with PSI computed by NumPy 2.4.6", () => {
    // p = (a + ½) / (Σa + 5/2), q likewise, Σ (q − p) ln(q / p)
    expect(compareCounts(reference, current).psi.value).toBeCloseTo(0.08538154938292937, 12);
  });

  test("stays finite and in bounds on any counts", () => {
    const counts = fc.array(fc.tuple(fc.nat({ max: 1000 }), fc.nat({ max: 1000 })), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(counts, (pairs) => {
        const [a, b] = [pairs.map((pair) => pair[0]), pairs.map((pair) => pair[1])];
        fc.pre(a.some((n) => n > 0) && b.some((n) => n > 0));
        const found = compareCounts(a, b);
        const { low, high } = found.jensenShannon.interval;
        for (const value of [found.jensenShannon.value, low, high, found.pValue, found.cramersV]) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
        expect(low).toBeLessThanOrEqual(high);
        expect(found.psi.interval.high).toBeGreaterThanOrEqual(found.psi.interval.low);
        expect(compareCounts(b, a).jensenShannon.value).toBeCloseTo(found.jensenShannon.value, 7);
      }),
    );
  });

  test("knows equal and disjoint samples", () => {
    const equal = compareCounts([10, 20, 30], [100, 200, 300]);
    expect(equal).toMatchObject({ chiSquare: 0, pValue: 1, jensenShannon: { value: 0 } });
    expect(compareCounts([5000, 0], [0, 5000]).jensenShannon.value).toBe(1);
    expect(compareCounts([7, 0], [9, 0])).toMatchObject({ degreesOfFreedom: 0, pValue: 1 });
  });

  test("keeps its level when both samples have one law", () => {
    // 400 tests at 5 %: the binomial law leaves under 1e-3 outside [7, 35].
    const rng = seededRng(21);
    const law = [0.05, 0.15, 0.3, 0.3, 0.2];
    let rejected = 0;
    for (let i = 0; i < 400; i++) {
      if (compareCounts(sample(law, 1500, rng), sample(law, 500, rng)).pValue < 0.05) rejected++;
    }
    expect(rejected).toBeGreaterThanOrEqual(7);
    expect(rejected).toBeLessThanOrEqual(35);
  });

  test.each([
    ["equal laws", [0.25, 0.25, 0.25, 0.25]],
    ["near laws", [0.22, 0.25, 0.25, 0.28]],
    ["far laws", [0.1, 0.2, 0.3, 0.4]],
  ])("intervals of %s cover the true effect at about the stated level", (_, law) => {
    // 300 intervals at 95 %: the binomial law leaves under 1e-3 below 272; the method's own error is allowed 2 %.
    const even = [0.25, 0.25, 0.25, 0.25];
    const truth = compareCounts(
      even.map((p) => p * 1e12),
      law.map((p) => p * 1e12),
    );
    const rng = seededRng(22);
    const covered = { jensenShannon: 0, psi: 0 };
    for (let i = 0; i < 300; i++) {
      const found = compareCounts(sample(even, 2000, rng), sample(law, 1000, rng));
      for (const effect of ["jensenShannon", "psi"] as const) {
        const { low, high } = found[effect].interval;
        if (low <= truth[effect].value + 1e-9 && truth[effect].value <= high) covered[effect]++;
      }
    }
    expect(covered.jensenShannon).toBeGreaterThanOrEqual(268);
    expect(covered.psi).toBeGreaterThanOrEqual(268);
  });

  test.each([
    ["unequal lengths", [1, 2], [1]],
    ["an empty sample", [0, 0], [1, 2]],
    ["a negative count", [1, -1], [1, 2]],
    ["NaN", [1, NaN], [1, 2]],
  ])("refuses %s", (_, a, b) => {
    expect(() => compareCounts(a, b)).toThrow(/MW1401/);
  });
});

describe("poolRareBins", () => {
  test("joins the smallest bins until each has its expected count", () => {
    // Totals 1000 and 100: a pooled total of 55 expects 5 in the smaller sample. 3 + 20 + 40 = 63 ≥ 55.
    const found = poolRareBins([500, 3, 438, 20, 39], [60, 0, 39, 0, 1]);
    expect(found).toEqual({ reference: [62, 438, 500], current: [1, 39, 60] });
  });

  test("keeps totals and meets the bound, or ends in one bin", () => {
    const counts = fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 60 })), {
      minLength: 1,
      maxLength: 15,
    });
    fc.assert(
      fc.property(counts, (pairs) => {
        const [a, b] = [pairs.map((pair) => pair[0]), pairs.map((pair) => pair[1])];
        const sum = (values: readonly number[]) => values.reduce((total, n) => total + n, 0);
        fc.pre(sum(a) > 0 && sum(b) > 0);
        const found = poolRareBins(a, b);
        expect([sum(found.reference), sum(found.current)]).toEqual([sum(a), sum(b)]);
        const share = Math.min(sum(a), sum(b)) / (sum(a) + sum(b));
        const expected = found.reference.map((n, i) => (n + found.current[i]) * share);
        expect(expected.length === 1 || Math.min(...expected) >= 5 - 1e-9).toBe(true);
      }),
    );
  });
});
