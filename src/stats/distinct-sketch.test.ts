import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { distinctSketch } from "./distinct-sketch.js";
import { testSketchLaws } from "./sketch-laws.testing.js";

const kinds = [
  (i: number) => i,
  (i: number) => String(i),
  (i: number) => -i / 7,
  (i: number) => `Zürich ${i}`,
  (i: number) => i * 2 ** 40,
];

testSketchLaws("distinctSketch", {
  make: distinctSketch,
  valueAt: (i) => kinds[i % kinds.length](i + 1),
  answers: (sketch) => sketch.estimate(),
  limits: [16, 256, 3000],
});

function sketchOf(values: Iterable<number | string>) {
  const sketch = distinctSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

/** A set of a size whose values no other seed has. */
function* someSet(size: number, seed: number): Generator<number | string> {
  const kind = kinds[seed % kinds.length];
  for (let i = 1; i <= size; i++) yield kind(seed * 10_000_000 + i);
}

const relativeError = (size: number, seed: number) => sketchOf(someSet(size, seed)).estimate() / size - 1;
const seeds = Array.from({ length: 30 }, (_, i) => i + 1);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const standardError = 1.04 / Math.sqrt(4096);
const dense = sketchOf(someSet(300, 1)).toJson() as string;

describe("distinctSketch", () => {
  test("counts exactly up to 256 distinct values, repeats aside", () => {
    const value = fc.oneof(
      fc.integer({ min: -9, max: 9 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 256 }), (values) => {
        // A set holds 0 and −0 as one, and a number and its text as two.
        expect(sketchOf(values).estimate()).toBe(new Set(values).size);
      }),
    );
    expect(sketchOf(someSet(256, 1)).estimate()).toBe(256);
  });

  test("is 0 when empty", () => {
    expect(distinctSketch().estimate()).toBe(0);
    expect(distinctSketch().toJson()).toEqual([]);
  });

  test("tells the number 7 from the text 7, and not 0 from −0", () => {
    expect(sketchOf([7, "7", 0, -0, "", 1e308, 5e-324]).estimate()).toBe(6);
  });

  test("is exact at 100, and within five standard errors at 10,000 and 1,000,000", () => {
    for (const seed of seeds) expect(relativeError(100, seed)).toBe(0);
    for (const seed of seeds) expect(Math.abs(relativeError(10_000, seed))).toBeLessThan(5 * standardError);
    for (const seed of [1, 2])
      expect(Math.abs(relativeError(1_000_000, seed))).toBeLessThan(5 * standardError);
  });

  test.each([257, 400, 1000, 4000, 10_000, 20_000])(
    "has no bias and its standard error at %d values",
    (size) => {
      const errors = seeds.map((seed) => relativeError(size, seed));
      expect(Math.abs(mean(errors))).toBeLessThan((4 * standardError) / Math.sqrt(seeds.length));
      expect(Math.sqrt(mean(errors.map((error) => error * error)))).toBeLessThan(1.4 * standardError);
    },
  );

  test("says more than 256 once there are more, and whole numbers", () => {
    for (const seed of seeds) {
      expect(sketchOf(someSet(257, seed)).estimate()).toBeGreaterThan(256);
      expect(relativeError(9999, seed) * 9999 + 9999).toSatisfy(
        (count: number) => Math.abs(count - Math.round(count)) < 1e-6,
      );
    }
  });

  test("writes ascending hashes, and registers in base64 from 257 values on", () => {
    expect(sketchOf(someSet(256, 3)).toJson()).toHaveLength(256);
    expect(Buffer.from(sketchOf(someSet(257, 3)).toJson() as string, "base64")).toHaveLength(4096);
  });

  test.each([NaN, Infinity])("refuses the value %d and stays as it was", (value) => {
    const sketch = sketchOf([1]);
    expect(() => sketch.add(value)).toThrow(/MW1401/);
    expect(sketch.estimate()).toBe(1);
  });

  test.each([
    ["null", null],
    ["an object", {}],
    ["hashes out of order", [5, 3]],
    ["a hash twice", [5, 5]],
    ["a negative hash", [-1]],
    ["a hash that is not whole", [0.5]],
    ["a hash of more than 53 bits", [2 ** 53]],
    ["a hash that is a text", ["5"]],
    ["more hashes than are kept", Array.from({ length: 257 }, (_, i) => i)],
    ["registers cut short", dense.slice(0, 4000)],
    ["no registers", ""],
    ["characters that are not base64", `*${dense.slice(1)}`],
    ["a rank too large", Buffer.alloc(4096, 43).toString("base64")],
    ["registers of no value", Buffer.alloc(4096).toString("base64")],
  ])("refuses %s as its JSON", (_, json) => {
    expect(() => distinctSketch(json)).toThrow(
      /MW1403 damaged sketch: expected .*(hashes|registers).*; found/,
    );
  });
});
