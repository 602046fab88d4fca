import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rowCost } from "./row-cost.js";

type Batches = readonly (readonly [rows: number, durationMs: number])[];

function fitted(batches: Batches, window?: number) {
  const cost = rowCost(window);
  for (const [rows, durationMs] of batches) cost.observe(rows, durationMs);
  return cost;
}
const line = (batches: Batches, window?: number) => {
  const cost = fitted(batches, window);
  return [cost.predictMs(1, 0), cost.predictMs(0, 1)];
};

describe("the cost of a batch", () => {
  it("is not known before the first", () => {
    expect(rowCost().predictMs(1, 1)).toBeUndefined();
  });

  it.each<[string, Batches, [number, number]]>([
    // By hand, as are all: 2 ms for a row and 3 for a batch.
    [
      "a line",
      [
        [1, 5],
        [2, 7],
        [5, 13],
      ],
      [2, 3],
    ],
    // Means 2 and 4; slope (1·3 + 1·1) / 2 = 2, through the middle.
    [
      "the nearest line",
      [
        [1, 1],
        [2, 6],
        [3, 5],
      ],
      [2, 0],
    ],
    // numpy.linalg.lstsq([[4, 1]], [34]) is [8, 2].
    ["one batch", [[4, 34]], [8, 2]],
    [
      "batches that get cheaper",
      [
        [1, 6],
        [2, 4],
      ],
      [0, 5],
    ],
    // Through the origin: (1·1 + 2·5) / (1 + 4).
    [
      "batches that would be free without rows",
      [
        [1, 1],
        [2, 5],
      ],
      [2.2, 0],
    ],
  ])("is that of %s", (_what, batches, [perRowMs, perBatchMs]) => {
    const [a, b] = line(batches);
    expect(a).toBeCloseTo(perRowMs, 9);
    expect(b).toBeCloseTo(perBatchMs, 9);
    expect(fitted(batches).predictMs(10, 3)).toBeCloseTo(10 * perRowMs + 3 * perBatchMs, 9);
  });

  it("is that of the last fifty, and never negative", () => {
    const batch = fc.tuple(fc.integer({ min: 1, max: 64 }), fc.double({ min: 0, max: 100, noNaN: true }));
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1, maxLength: 120 }), (batches) => {
        const [a, b] = line(batches);
        expect(a).toBeGreaterThanOrEqual(0);
        expect(b).toBeGreaterThanOrEqual(0);
        const [lastA, lastB] = line(batches.slice(-50), 1000);
        expect(a).toBeCloseTo(lastA ?? NaN, 6);
        expect(b).toBeCloseTo(lastB ?? NaN, 6);
      }),
    );
  });

  it("is bounded by the longest of the last batches, up to as many rows as they had", () => {
    const cost = rowCost();
    for (const [rows, durationMs] of [
      [1, 2],
      [2, 30],
      [2, 5],
    ])
      cost.observe(rows, durationMs);
    expect(cost.longestMs(8, 4)).toBe(120);
    expect(cost.longestMs(9, 4)).toBe(Infinity);
  });

  it("is kept with a margin that nineteen of twenty batches keep", () => {
    expect(rowCost().marginMs()).toBe(0);
    // One row each, so the mean, 1.2 ms by hand, is what is predicted: eighteen of 1 ms and two of 3 ms. The 19th of the
    // twenty is 3 ms, 1.8 ms above.
    const some = fitted(Array.from({ length: 20 }, (_, i) => [1, i < 18 ? 1 : 3] as const));
    expect(some.marginMs()).toBeCloseTo(1.8, 12);
    // One of twenty is left aside: the 19th is 1 ms, which is below the mean, and no margin is below 0.
    const one = fitted(Array.from({ length: 20 }, (_, i) => [1, i < 19 ? 1 : 3] as const));
    expect(one.marginMs()).toBe(0);
  });
});
