import fc from "fast-check";
import { expect, test } from "vitest";
import { binOf, boundsPerFeature, cutBounds, largestFloat32, layoutOf, writeBounds } from "./bins.js";

const values = fc.array(fc.oneof(fc.integer({ min: -4, max: 4 }), fc.float({ noDefaultInfinity: true })), {
  maxLength: 300,
});

function blockOf(bounds: Float32Array): Float32Array {
  const block = new Float32Array(boundsPerFeature);
  writeBounds(block, 0, bounds);
  return block;
}

test("a value's bin is decided by the very comparison that scoring makes", () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 2, max: 255 }), (list, maxBins) => {
      const column = Float32Array.from(list);
      const bounds = cutBounds(column, maxBins, 0);
      const block = blockOf(bounds);
      for (const value of [...column, ...bounds]) {
        const linear = Number.isNaN(value) ? 0 : bounds.findIndex((bound) => value <= bound) + 1;
        expect(binOf(value, block, 0)).toBe(linear);
      }
    }),
  );
});

test("bounds rise, end with the largest float32 and are no more than asked for", () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 2, max: 255 }), (list, maxBins) => {
      const bounds = cutBounds(Float32Array.from(list), maxBins, 0);
      expect(bounds.length).toBeLessThanOrEqual(maxBins);
      expect(bounds[bounds.length - 1]).toBe(largestFloat32);
      expect([...bounds]).toEqual([...new Set(bounds)].sort((a, b) => a - b));
    }),
  );
});

test("few distinct values get a bin each, cut halfway", () => {
  expect([...cutBounds(Float32Array.of(3, 1, NaN, 1, 7, 3), 255, 0)]).toEqual([2, 5, largestFloat32]);
});

test("neighbouring float32 numbers are still told apart", () => {
  const low = 1;
  const high = Math.fround(1 + 2 ** -23);
  const block = blockOf(cutBounds(Float32Array.of(low, high), 255, 0));
  expect([binOf(low, block, 0), binOf(high, block, 0)]).toEqual([1, 2]);
});

test("many values fall into bins of about equal size, also when one value is frequent", () => {
  const column = Float32Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? 0 : i));
  const block = blockOf(cutBounds(column, 11, 0));
  const counts = new Array<number>(12).fill(0);
  for (const value of column) counts[binOf(value, block, 0)]++;
  expect(counts[1]).toBe(10_001 - 1);
  for (const count of counts.slice(2)) expect(Math.abs(count - 1_000)).toBeLessThanOrEqual(2);
});

test("a column larger than the sample is cut by a sample that the seed decides", () => {
  const column = Float32Array.from({ length: 400_001 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 8);
  const bounds = cutBounds(column, 16, 1);
  expect([...cutBounds(column, 16, 1)]).toEqual([...bounds]);
  const counts = new Array<number>(17).fill(0);
  for (const value of column) counts[binOf(value, blockOf(bounds), 0)]++;
  for (const count of counts.slice(1)) expect(Math.abs(count / 25_000 - 1)).toBeLessThan(0.05);
}, 60_000);

test("a column that is constant or all missing has one bin besides missing", () => {
  for (const column of [Float32Array.of(5, 5), Float32Array.of(NaN, NaN), new Float32Array(0)]) {
    expect(layoutOf(blockOf(cutBounds(column, 255, 0))).binCount).toBe(2);
  }
});
