import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRng } from "../kernel/index.js";
import { quantileSketch } from "./quantile-sketch.js";
import { testSketchLaws } from "./sketch-laws.testing.js";

const levels = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 1];

testSketchLaws("quantileSketch", {
  make: quantileSketch,
  // Most values have a bucket of their own: 1.02 is further than a bucket is wide.
  valueAt: (i) => (i % 2 === 0 ? 1 : -1) * (i % 50 === 7 ? 0 : 1e-5 * 1.02 ** (i % 2000)),
  answers: (sketch) => [sketch.count, levels.map((level) => sketch.quantile(level))],
  limits: [16, 600],
});

function sketchOf(values: Iterable<number>) {
  const sketch = quantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

/** The order statistic, with magnitudes under 1e-6 as zero. */
function exactQuantile(values: readonly number[], level: number): number {
  const value = values.toSorted((a, b) => a - b)[Math.floor(level * (values.length - 1))];
  return Math.abs(value) < 1e-6 ? 0 : value;
}

function expectWithin(found: number | null, exact: number): void {
  if (exact === 0) expect(found).toBe(0);
  else expect(Math.abs((found as number) - exact) / Math.abs(exact)).toBeLessThanOrEqual(0.01);
}

const magnitude = fc.oneof(
  fc.double({ min: 1e-6, max: 2 ** 50, noNaN: true }),
  fc.integer({ min: 1, max: 1000 }),
  fc.double({ min: -20, max: 49, noNaN: true }).map((octave) => 2 ** octave),
  fc.constantFrom(0, 5e-324, 9.99e-7, 1e-6, 2 ** 50),
);
const value = fc.tuple(magnitude, fc.boolean()).map(([size, negative]) => (negative ? -size : size));

describe("quantileSketch", () => {
  test("is within 1 % of the sorted values at every level", () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, level) => {
          const sketch = sketchOf(values);
          expect(sketch.count).toBe(values.length);
          for (const one of [level, 0, 1]) expectWithin(sketch.quantile(one), exactQuantile(values, one));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("is within 1/128 at both ends of every bucket, so of all values between", () => {
    // A bucket is where the upper 6 bits of the mantissa are the same: its ends are the extremes of its error.
    for (let octave = -20; octave < 50; octave++) {
      for (let part = 0; part < 64; part++) {
        const low = 2 ** octave * (1 + part / 64);
        const next = 2 ** octave * (1 + (part + 1) / 64);
        const high = next - 2 ** (octave - 52);
        if (low < 1e-6) continue;
        const middle = sketchOf([low]).quantile(0) as number;
        expect(sketchOf([high]).quantile(0)).toBe(middle);
        expect(sketchOf([-low, -high]).quantile(0)).toBe(-middle);
        expect(sketchOf([-low, -high]).quantile(1)).toBe(-middle);
        expect(Math.max(middle - low, high - middle)).toBeLessThanOrEqual(low / 128);
        expect(sketchOf([next]).quantile(0)).toBeGreaterThan(middle);
      }
    }
  });

  test.each([100, 10_000, 1_000_000])("is within 1 % with %d values over nine decimal orders", (size) => {
    const rng = seededRng(size);
    const values = Float64Array.from({ length: size }, () => (rng.below(3) - 1) * 10 ** (rng.next() * 9 - 4));
    const sketch = sketchOf(values);
    values.sort();
    for (let level = 0; level <= 1; level += 1 / 64) {
      expectWithin(sketch.quantile(level), values[Math.floor(level * (size - 1))] + 0);
    }
  });

  test("takes the lower rank", () => {
    // By hand: ⌊0.5 · 3⌋ = 1, the second of four; the middles of the buckets [1, 1 + 1/64), [2, 2 + 1/32), …
    const sketch = sketchOf([4, 1, 8, 2]);
    expect(sketch.quantile(0.5)).toBe(2 + 1 / 64);
    expect(sketch.quantile(0.34)).toBe(2 + 1 / 64);
    expect(sketch.quantile(0.33)).toBe(1 + 1 / 128);
    expect(sketch.quantile(1)).toBe(8 + 1 / 16);
  });

  test("counts magnitudes under 1e-6 as zero, on both sides", () => {
    const sketch = sketchOf([-0, 5e-324, -9.99e-7, 9.99e-7]);
    expect(sketch.toJson()).toEqual([0, 4]);
    expect(sketch.quantile(0)).toBe(0);
    expect(sketchOf([1e-6]).quantile(0)).toBeGreaterThan(0);
  });

  test("is null when empty", () => {
    expect(quantileSketch().quantile(0.5)).toBeNull();
    expect(quantileSketch().count).toBe(0);
    expect(quantileSketch().toJson()).toEqual([]);
  });

  test.each([NaN, Infinity, -Infinity, 2 ** 50 + 1, -(2 ** 51)])("refuses %d and stays as it was", (bad) => {
    const sketch = sketchOf([3]);
    expect(() => sketch.add(bad)).toThrow(/MW1401/);
    expect(sketch.toJson()).toEqual(sketchOf([3]).toJson());
    expect(sketch.count).toBe(1);
  });

  test.each([-0.1, 1.1, NaN])("refuses the level %d", (level) => {
    expect(() => quantileSketch().quantile(level)).toThrow(/MW1401/);
  });

  test("refuses values past 2^38, and stays as it was", () => {
    const [bucket] = sketchOf([5]).toJson() as number[];
    const full = quantileSketch([bucket, 2 ** 38 - 1]);
    expect(full.quantile(1)).toBe(sketchOf([5]).quantile(1));
    expect(() => full.add(5)).toThrow(/MW1401/);
    expect(() => full.merge(sketchOf([5]))).toThrow(/MW1401/);
    expect(full.toJson()).toEqual([bucket, 2 ** 38 - 1]);
    expect(full.count).toBe(2 ** 38 - 1);
  });

  test.each([
    ["null", null],
    ["a text", "AAAA"],
    ["a bucket without its count", [5]],
    ["a count of zero", [5, 0]],
    ["a count that is not whole", [5, 1.5]],
    ["a negative count", [5, -1]],
    ["a count too large", [5, 2 ** 38]],
    ["counts too large together", [5, 2 ** 37, 6, 2 ** 37]],
    ["buckets out of order", [6, 1, 5, 1]],
    ["a bucket twice", [6, 1, 6, 1]],
    ["a bucket under 1e-6", [3, 1]],
    ["a bucket over 2^50", [-4482, 1]],
    ["a bucket that is not whole", [5.5, 1]],
    ["a bucket that is a text", ["5", 1]],
  ])("refuses %s as its JSON", (_, json) => {
    expect(() => quantileSketch(json)).toThrow(/MW1403 damaged sketch: expected .*; found/);
  });

  test("reads the outermost buckets", () => {
    const ends = [-(2 ** 50), -1e-6, 1e-6, 2 ** 50];
    expect(sketchOf(ends).toJson()).toEqual([-4481, 1, -4, 1, 4, 1, 4481, 1]);
    expect(quantileSketch(sketchOf(ends).toJson()).quantile(1)).toBe(sketchOf(ends).quantile(1));
  });
});
