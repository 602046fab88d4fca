import fc from "fast-check";
import { expect, test } from "vitest";
import { bestSet, setLimits, type SetLimits } from "./set-split.js";

interface Sum {
  readonly g: number;
  readonly h: number;
}

/** The best set of a node whose categories, after the missing ones and before all others, have these sums. */
function setOf(sums: readonly Sum[], limits: SetLimits, rows = 1_000) {
  const total = sums.reduce((of, { g, h }) => ({ g: of.g + g, h: of.h + h }), { g: 0, h: 0 });
  const node = { sums: total, rows, low: -Infinity, high: Infinity };
  const search = {
    histogram: Float64Array.from(sums.flatMap(({ g, h }) => [g, h])),
    ...{ node, limits, bounds: { low: -Infinity, high: Infinity }, least: 1, l2: 0, hessian: 1 },
  };
  return bestSet(search, { feature: 0, missing: 0, end: sums.length }, 0);
}

const nobody = { g: 0, h: 0 };
const unlimited = { mostCategories: 254, smoothing: 0, groupRows: 0, l2: 0, singles: 0 };

/** Σg² / Σh of both sides, for every way to part the categories. */
function bestOfAllSubsets(sums: readonly Sum[]): number {
  let best = 0;
  for (let mask = 1; mask < 2 ** sums.length - 1; mask++) {
    const share = (inside: number) => {
      const part = sums.filter((_, i) => ((mask >> i) & 1) === inside);
      const g = part.reduce((sum, of) => sum + of.g, 0);
      return (g * g) / part.reduce((sum, of) => sum + of.h, 0);
    };
    best = Math.max(best, share(0) + share(1));
  }
  return best;
}

test("without limits the set is worth as much as the best of all subsets", () => {
  const category = fc.record({ g: fc.integer({ min: -50, max: 50 }), h: fc.integer({ min: 1, max: 40 }) });
  fc.assert(
    fc.property(fc.array(category, { minLength: 2, maxLength: 9 }), (categories) => {
      const found = setOf([nobody, ...categories, nobody], unlimited);
      expect(found?.value ?? 0).toBeCloseTo(bestOfAllSubsets(categories), 9);
    }),
    { numRuns: 500 },
  );
});

const frequent = (g: number) => ({ g, h: 200 });

test("by hand: the two categories of the lowest mean, and missing with them", () => {
  const sums = [
    frequent(-90),
    frequent(10),
    frequent(-100),
    frequent(60),
    frequent(70),
    frequent(50),
    nobody,
  ];
  const found = setOf(sums, setLimits);
  expect(found).toMatchObject({ set: [1], missingLeft: true, g: -190, h: 400, penalty: 10 });
  // 190² / (400 + 10) + 190² / (800 + 10): nothing is left over, since the sum of all is 0.
  expect(found?.value).toBeCloseTo(190 ** 2 / 410 + 190 ** 2 / 810, 9);
});

test("of four categories one is taken by itself, without penalty", () => {
  const found = setOf(
    [nobody, frequent(-90), frequent(-100), frequent(90), frequent(100), nobody],
    setLimits,
  );
  expect(found).toMatchObject({ set: [1], missingLeft: false, penalty: 0 });
});

test("categories without a number and those of less than ten rows stay outside", () => {
  // By their means the few would come first, and all others last.
  const few = { g: -30, h: 9 };
  const sums = [nobody, few, ...[-40, -20, 10, 20, 30].map(frequent), frequent(100)];
  const found = setOf(sums, setLimits, 1_209);
  expect(found?.set).toEqual([1, 2]);
});

test("among equals the lower numbers are the set", () => {
  const found = setOf([nobody, ...[-10, -10, 10, 10, -10, 10].map(frequent), nobody], setLimits);
  expect(found?.set).toEqual([0, 1, 4]);
});
