import { describe, expect, test } from "vitest";
import {
  count,
  distinct,
  first,
  last,
  max,
  mean,
  min,
  quantile,
  rate,
  std,
  sum,
  timeSinceLast,
  topValue,
  variance,
} from "./aggregation.js";
import { ask, source, viewOf, type Event } from "../proof/one-key.testing.js";

const asFloat = (value: number | string) => (typeof value === "number" ? Math.fround(value) : value);

const all = viewOf((f) => ({
  count: count().over("1h"),
  sum: sum(f.v).over("1h"),
  mean: mean(f.v).over("1h"),
  rate: rate(f.v.gt(2)).over("1h"),
  min: min(f.v).over("1h"),
  max: max(f.v).over("1h"),
}));

describe("aggregations", () => {
  test("of no events: counts and sums are 0, the others null", async () => {
    expect(await ask(all, [], 10)).toEqual([0, 0, NaN, NaN, NaN, NaN]);
  });

  test("of values: nulls are counted as events and nothing else", async () => {
    const log: Event[] = [
      [1, 1, 4],
      [2, 2, null],
      [3, 3, 0.5],
      [4, 4, 2.5],
    ];
    // 4 + 0.5 + 2.5 = 7; of three values two are above 2.
    expect(await ask(all, log, 10)).toEqual([4, 7, 7 / 3, 2 / 3, 0.5, 4].map(Math.fround));
  });

  test("of fractions keep six decimals, halves rounded up", async () => {
    // 0.0000014 → 0.000001, 0.0000015 → 0.000002: three of the one and one of the other are 0.000005.
    const log = [1.4e-6, 1.4e-6, 1.4e-6, 1.5e-6].map((v, i): Event => [i, i, v]);
    expect((await ask(all, log, 10))[1]).toBe(Math.fround(5e-6));
  });

  test("add up without an error of binary fractions", async () => {
    const log = Array.from({ length: 10 }, (_, i): Event => [i, i, 0.1]);
    const mostly = viewOf((f) => ({ exact: max(f.v).over("1h"), sum: sum(f.v).over("1h") }));
    expect(await ask(mostly, log, 20)).toEqual([Math.fround(0.1), 1]);
  });

  test("know one zero only", async () => {
    const log: Event[] = [
      [1, 1, -0],
      [2, 2, 0],
    ];
    expect((await ask(all, log, 10)).slice(4)).toEqual([0, 0]);
  });
});

describe("the spread of values", () => {
  const spread = viewOf((f) => ({
    variance: variance(f.v).over("1h"),
    std: std(f.v).over("1h"),
    whole: variance(f.v.floor()).over("1h"),
  }));
  const of = (...values: readonly (number | null)[]) => values.map((v, i): Event => [i, i, v]);

  test("is that of a sample, and null of fewer than two values", async () => {
    expect(await ask(spread, of(), 10)).toEqual([NaN, NaN, NaN]);
    expect(await ask(spread, of(3, null), 10)).toEqual([NaN, NaN, NaN]);
    expect(await ask(spread, of(3, 3), 10)).toEqual([0, 0, 0]);
    // The textbook's 2, 4, 4, 4, 5, 5, 7, 9: the squared deviations from 5 add up to 32.
    const textbook = of(2, 4, 4, 4, 5, 5, 7, 9);
    expect(await ask(spread, textbook, 10)).toEqual([32 / 7, Math.sqrt(32 / 7), 32 / 7].map(Math.fround));
  });

  test("is exact where floating point cancels", async () => {
    // Σx² is 3e18 and a bit: in doubles nothing of the deviations −1, 0 and 1 would be left.
    const far = of(1_000_000_001, 1_000_000_002, 1_000_000_003);
    expect(await ask(spread, far, 10)).toEqual([1, 1, 1]);
  });

  test("of squares beyond 2^103 of their unit is null", async () => {
    // 2^50 millionths: squared 2^100, of which 2^103 holds seven and not eight.
    const largest = 1_125_899_906.842624;
    const alternating = (n: number) =>
      of(...Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : -1) * largest));
    const [six] = await ask(spread, alternating(6), 10);
    expect(six).toBe(Math.fround((largest * largest * 6) / 5));
    expect((await ask(spread, alternating(8), 10)).slice(0, 2)).toEqual([NaN, NaN]);
  });
});

describe("the first and the last value", () => {
  const hour = 3_600_000;
  const edges = viewOf((f) => ({
    first: first(f.v).over("1h"),
    last: last(f.v).over("1h"),
    since: timeSinceLast().over("1h"),
    firstWord: first(f.word).over("1h"),
    lastWord: last(f.word).over("1h"),
  }));

  test("are null of no events, and of events whose value is null; those still end the waiting", async () => {
    expect(await ask(edges, [], 10)).toEqual([NaN, NaN, NaN, "", ""]);
    expect(await ask(edges, [[4_000, 4_000, null]], 10_000)).toEqual([NaN, NaN, 6, "", ""]);
  });

  test("are in order of time, whatever the order of arrival", async () => {
    const log: Event[] = [
      [2_000, 2_000, 20, "two"],
      [3_000, 3_001, null, null],
      [1_000, 4_000, 10, "one"],
    ];
    expect(await ask(edges, log, 9_000)).toEqual([10, 20, 6, "one", "two"]);
  });

  test("of one time are the smallest and the largest, by size and by UTF-16 code units", async () => {
    const log: Event[] = [
      [0, 1, 2, "b"],
      [0, 1, 10, "B"],
      [0, 1, -0, "é"],
      [0, 1, 0, ""],
    ];
    expect(await ask(edges, log, 2)).toEqual([0, 10, 0.002, "", "é"].map(asFloat));
  });

  test("live for exactly their window, to the millisecond; the first one's is rounded", async () => {
    const log: Event[] = [[1_000, 1_000, 7, "w"]];
    expect(await ask(edges, log, 1_000 + hour)).toEqual([7, 7, 3_600, "w", "w"]);
    expect(await ask(edges, log, 1_001 + hour)).toEqual([7, NaN, NaN, "w", ""]);
    // The window of the first value begins on the grid of five minutes.
    expect(await ask(edges, log, hour + 299_999)).toEqual([7, NaN, NaN, "w", ""]);
    expect(await ask(edges, log, hour + 300_000)).toEqual([NaN, NaN, NaN, "", ""]);
  });
});

describe("what is counted by value", () => {
  const counting = viewOf((f) => ({
    numbers: distinct(f.v).over("1h"),
    words: distinct(f.word).over("1h"),
    low: quantile(f.v, 0).over("1h"),
    median: quantile(f.v, 0.5).over("1h"),
    often: topValue(f.v).over("1h"),
    second: topValue(f.v, 2).over("1h"),
    word: topValue(f.word).over("1h"),
  }));

  test("is nothing of no events", async () => {
    expect(await ask(counting, [], 10)).toEqual([0, 0, NaN, NaN, NaN, NaN, ""]);
  });

  test("leaves nulls out, knows one zero, and of equal counts ranks the smaller first", async () => {
    const log: Event[] = [
      [1, 1, 0, "b"],
      [2, 2, -0, "a"],
      [3, 3, 8, null],
      [4, 4, -8, ""],
      [5, 5, null, "a"],
      [6, 6, 8, "b"],
    ];
    // Sorted: −8, 0, 0, 8, 8. Buckets are a 64th of an octave, so −8 stands for −8 · (1 + 1/128).
    expect(await ask(counting, log, 10)).toEqual([3, 3, -8.0625, 0, 0, 8, "a"]);
  });

  test("refuses levels and ranks that mean nothing, with MW0301", () => {
    const { v } = source.columns;
    const bad = [
      () => quantile(v, -0.1),
      () => quantile(v, 1.1),
      () => quantile(v, NaN),
      () => topValue(v, 0),
      () => topValue(v, 1.5),
      () => topValue(v, 101),
      () => count().over("59s"),
      () => count().over("367d"),
    ];
    for (const make of bad) expect(make).toThrow(expect.objectContaining({ code: "MW0301" }) as Error);
    expect(() => [quantile(v, 0), quantile(v, 1), topValue(v, 100)]).not.toThrow();
    expect([count().over("1m").windowMs, count().over("366d").windowMs]).toEqual([60_000, 31_622_400_000]);
  });
});
