import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binOf, countSorted, quantileEdges } from "./binning.js";
import { sortFinite } from "./radix-sort.js";

describe("quantileEdges", () => {
  test("are order statistics and one double above the maximum", () => {
    // By hand: order statistics 0, 2 (⌊1·10/4⌋), 5, 7 of 0…9; 9 + 2⁻⁴⁹ is the double after 9.
    const values = Float64Array.of(9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    expect(quantileEdges(values, 4)).toEqual([0, 2, 5, 7, 9 + 2 ** -49]);
  });

  test.each([
    ["constant", [3, 3, 3], [3, 3 + 2 ** -51]],
    ["constant zero", [0, -0], [0, Number.MIN_VALUE]],
    ["all missing", [NaN, NaN], []],
    ["empty", [], []],
    ["negative", [-2, -1], [-2, -1, -1 + 2 ** -53]],
  ])("of a column that is %s", (_, values, expected) => {
    expect(quantileEdges(Float64Array.from(values), 2)).toEqual(expected);
  });

  test("split any column into the bins that one look at each value finds", () => {
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float(), fc.constant(NaN));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 80 }), fc.integer({ min: 1, max: 12 }), (numbers, bins) => {
        const values = Float32Array.from(numbers);
        const edges = quantileEdges(values, bins);
        for (let i = 1; i < edges.length; i++) expect(edges[i]).toBeGreaterThan(edges[i - 1]);
        const counted = new Array<number>(edges.length + 1).fill(0);
        for (const x of values) if (Number.isFinite(x)) counted[edges.filter((edge) => edge <= x).length]++;
        expect(countSorted(sortFinite(values), edges)).toEqual(counted);
        if (edges.length > 0) expect([counted[0], counted.at(-1)]).toEqual([0, 0]);
        for (const x of values) if (Number.isFinite(x)) expect(counted[binOf(edges, x)]).toBeGreaterThan(0);
      }),
    );
  });

  test("give each bin of a column without ties its equal share", () => {
    const values = Float32Array.from({ length: 1003 }, (_, i) => ((i * 619) % 1003) / 7);
    const counts = countSorted(sortFinite(values), quantileEdges(values));
    expect(counts.slice(1, -1).every((count) => count === 100 || count === 101)).toBe(true);
  });

  test("refuse no bins", () => {
    expect(() => quantileEdges(Float64Array.of(1), 0)).toThrow(/MW1401/);
  });
});
