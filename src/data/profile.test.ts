import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { t, tableOf } from "../kernel/index.js";
import { profileTable, type NumberProfile, type TextProfile } from "./profile.js";

const profileOf = (values: (number | null)[]) =>
  profileTable(
    tableOf(
      { x: t.float() },
      values.map((value) => [value]),
    ),
  ).x as NumberProfile;
const textsOf = (values: (string | null)[]) =>
  profileTable(
    tableOf(
      { x: t.string() },
      values.map((value) => [value]),
    ),
  ).x as TextProfile;

describe("profileTable", () => {
  it("agrees with NumPy 2 on a small column", () => {
    // np.quantile([3, 1, 4, 1, 5, 9, 2, 6], [.01, .05, .25, .5, .75, .95, .99]); np.mean; np.std(ddof=1)
    const profile = profileOf([3, 1, null, 4, 1, 5, 9, 2, 6, null]);
    expect(profile).toMatchObject({ count: 8, missing: 2, distinct: 7, min: 1, max: 9, mean: 3.875 });
    expect(profile.std).toBeCloseTo(2.748376143938713, 12);
    const expected = { p01: 1, p05: 1, p25: 1.75, p50: 3.5, p75: 5.25, p95: 7.95, p99: 8.79 };
    for (const [name, value] of Object.entries(expected)) {
      expect(profile.quantiles?.[name as keyof typeof expected]).toBeCloseTo(value, 12);
    }
  });

  it("has nulls where there is nothing to say", () => {
    expect(profileOf([null, null])).toMatchObject({
      count: 0,
      missing: 2,
      distinct: 0,
      min: null,
      quantiles: null,
    });
    expect(profileOf([7])).toMatchObject({
      count: 1,
      mean: 7,
      std: null,
      quantiles: { p01: 7, p50: 7, p99: 7 },
    });
    expect(textsOf([null])).toEqual({ kind: "text", count: 0, missing: 1, distinct: 0, top: [] });
  });

  it("keeps the digits of timestamps that are large and close together", () => {
    // The sample deviation of 0, 1, 2 is 1.
    expect(profileOf([0, 1, 2].map((ms) => 978_307_200_000 + ms))).toMatchObject({
      mean: 978_307_200_001,
      std: 1,
    });
  });

  it("orders top texts by count, then by text, and keeps ten", () => {
    const texts = [..."ccbbbaadefghijkl"];
    expect(textsOf(texts)).toMatchObject({ distinct: 12, count: 16 });
    expect(textsOf(texts).top.map(({ value, count }) => `${value}${count}`)).toEqual([
      "b3",
      "a2",
      "c2",
      "d1",
      "e1",
      "f1",
      "g1",
      "h1",
      "i1",
      "j1",
    ]);
  });

  it("cuts numbers into at most twenty bins, one for each value where there are few", () => {
    expect(profileOf([1, 0, null, 0, 2.5, 0]).histogram).toEqual({
      edges: [0, 1, 2.5, 2.5000000000000004],
      counts: [0, 3, 1, 1, 0],
    });
    expect(profileOf([null]).histogram).toBeUndefined();
    expect(profileOf([Infinity, 3, -Infinity]).histogram?.counts).toEqual([0, 1, 0]);
    const number = fc.oneof(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.integer({ min: 0, max: 30 }));
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 200 }), (values) => {
        const { edges, counts } = profileOf(values).histogram ?? { edges: [], counts: [] };
        const inBin = (bin: number) =>
          values.filter(
            (x) => (bin === 0 || x >= edges[bin - 1]) && (bin === edges.length || x < edges[bin]),
          );
        expect(counts).toEqual(counts.map((_, bin) => inBin(bin).length));
        expect(edges.length).toBeLessThanOrEqual(21);
        expect([counts[0], counts.at(-1)]).toEqual([0, 0]);
        const distinct = new Set(values.map((value) => value + 0)).size;
        if (distinct <= 20) expect(edges.length).toBe(distinct + 1);
      }),
      { seed: 4 },
    );
  });

  it("measures texts in characters and keeps the fifty most frequent ones with their counts", () => {
    expect(textsOf(["a", "👍👍", "a", null, ""])).toMatchObject({
      lengths: { min: 0, mean: 1, max: 2 },
      frequencies: { values: { a: 2, "": 1, "👍👍": 1 }, other: 0 },
    });
    const many = Array.from({ length: 60 }, (_, i) => `text ${i}`);
    const { frequencies } = textsOf([...many, "text 59", "text 59"]);
    expect(Object.keys(frequencies?.values ?? {})).toHaveLength(50);
    expect(frequencies?.values["text 59"]).toBe(3);
    expect(frequencies?.other).toBe(10);
  });

  it("does not depend on the order of rows, and agrees with plain definitions", () => {
    const number = fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((value) => value + 0);
    fc.assert(
      fc.property(fc.array(number, { minLength: 2, maxLength: 50 }), (values) => {
        const profile = profileOf(values);
        expect(profileOf([...values].reverse())).toEqual(profile);
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
        expect(profile.distinct).toBe(new Set(values).size);
        expect(profile.mean).toBeCloseTo(mean, 6);
        expect(profile.std).toBeCloseTo(Math.sqrt(variance), 3);
        expect(profile.min).toBe(Math.min(...values));
        expect(profile.max).toBe(Math.max(...values));
      }),
      { seed: 3 },
    );
  });
});
