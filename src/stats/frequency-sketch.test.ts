import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frequencyLimit, frequencySketch } from "./frequency-sketch.js";
import { testSketchLaws } from "./sketch-laws.testing.js";

testSketchLaws("frequencySketch", {
  make: frequencySketch,
  valueAt: (i) => (i % 3 === 0 ? String(i) : i % 3 === 1 ? i - 1 : -i / 4),
  answers: (sketch) => [1, 2, 3, 10, 300].map((rank) => sketch.top(rank)),
  limits: [8, frequencyLimit],
});

type Value = number | string;

function sketchOf(values: Iterable<Value>) {
  const sketch = frequencySketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

/** All values by a sort of the counts: most frequent first, then numbers by size, then texts. */
function ranking(values: readonly Value[]): Value[] {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const numbers = [...counts.keys()].filter((value) => typeof value === "number").sort((a, b) => a - b);
  // Without a comparator, `sort` compares by UTF-16 code units.
  const texts = [...counts.keys()].filter((value) => typeof value === "string").sort();
  return [...numbers, ...texts].sort((a, b) => (counts.get(b) as number) - (counts.get(a) as number));
}

const unit = fc.constantFrom("a", "b", "Z", "1", "é", "\ud83d", "\ude00", "\uffff");
const value = fc.oneof(
  fc.integer({ min: -3, max: 12 }),
  fc.integer({ min: -3, max: 12 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.array(unit, { maxLength: 2 }).map((units) => units.join("")),
);
const range = (count: number, from = 0) => Array.from({ length: count }, (_, i) => i + from);

describe("frequencySketch", () => {
  test("ranks as a sort of all counts does", () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 80 }), fc.integer({ min: 1, max: 30 }), (values, rank) => {
        const expected = ranking(values.map((one) => (one === 0 ? 0 : one)));
        const sketch = sketchOf(values);
        for (const one of [rank, 1, 2]) expect(sketch.top(one)).toBe(expected[one - 1] ?? null);
      }),
      { numRuns: 500 },
    );
  });

  test("ranks every value of a full sketch", () => {
    const values = range(frequencyLimit).flatMap((i) =>
      new Array<Value>(1 + ((i * 7) % 13)).fill(i % 2 ? i : `v${i}`),
    );
    const sketch = sketchOf(values);
    const expected = ranking(values);
    for (const rank of [1, 2, 77, 500, 999, 1000]) expect(sketch.top(rank)).toBe(expected[rank - 1]);
    expect(sketch.top(1001)).toBeNull();
  });

  test("breaks ties by size, numbers before texts, and texts by UTF-16 code units", () => {
    // 😀 begins with the unit d83d, which is under ffff although its code point is above.
    const sketch = sketchOf(["\uffff", "😀", "10", "9", "", 10, 9, -1.5]);
    expect(range(8, 1).map((rank) => sketch.top(rank))).toEqual([-1.5, 9, 10, "", "10", "9", "😀", "\uffff"]);
  });

  test("holds 0 and −0 as one value, and a number and its text as two", () => {
    expect(sketchOf([-0, 0, "0"]).toJson()).toEqual([0, 2, "0", 1]);
    expect(frequencySketch([-0, 2]).top(1)).toBe(0);
  });

  test("is null when empty and when there are fewer values", () => {
    expect(frequencySketch().top(1)).toBeNull();
    expect(sketchOf(["a"]).top(2)).toBeNull();
    expect(frequencySketch().toJson()).toEqual([]);
  });

  test("knows up to the limit, and nothing for good once there was one value more", () => {
    const full = sketchOf(range(frequencyLimit));
    full.add(5);
    expect(full.top(1)).toBe(5);
    full.add("one more");
    expect(full.top(1)).toBeNull();
    full.add(5);
    expect(full.top(1)).toBeNull();
    expect(full.toJson()).toBe("overflow");
  });

  test("overflows by merges in any order, and only by more distinct values than the limit", () => {
    const parts = () => [range(600), range(600, 300), range(600, 401)].map(sketchOf);
    for (const [a, b, c] of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const [first, second, third] = [a, b, c].map((i) => parts()[i]);
      first.merge(second);
      first.merge(third);
      // 0 … 1000 are 1,001 values.
      expect(first.toJson()).toBe("overflow");
      const late = frequencySketch();
      late.merge(first);
      late.merge(third);
      expect(late.top(1)).toBeNull();
    }
    const [first, second] = parts();
    first.merge(second);
    expect(first.top(1)).toBe(300);
  });

  test.each([NaN, Infinity])("refuses the value %d, even past the limit", (bad) => {
    expect(() => frequencySketch().add(bad)).toThrow(/MW1401/);
    expect(() => frequencySketch("overflow").add(bad)).toThrow(/MW1401/);
  });

  test.each([0, -1, 1.5, NaN])("refuses the rank %d", (rank) => {
    expect(() => frequencySketch().top(rank)).toThrow(/MW1401/);
  });

  test.each([
    ["null", null],
    ["another text", "many"],
    ["a value without its count", ["a"]],
    ["a count of zero", ["a", 0]],
    ["a count that is a text", ["a", "1"]],
    ["a value that is neither number nor text", [true, 1]],
    ["values out of order", ["b", 1, "a", 1]],
    ["a value twice", ["a", 1, "a", 1]],
    ["texts before numbers", ["a", 1, 5, 1]],
    ["more values than the limit", range(frequencyLimit + 1).flatMap((i) => [i, 1])],
  ])("refuses %s as its JSON", (_, json) => {
    expect(() => frequencySketch(json)).toThrow(/MW1403 damaged sketch: expected .*; found/);
  });
});
