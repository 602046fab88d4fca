import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { latencyRelativeError, latencySketch } from "./latency-sketch.js";

const durations = fc.array(fc.double({ min: 1e-6, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 200 });

function sketchOf(values: readonly number[]) {
  const sketch = latencySketch();
  values.forEach((ms) => sketch.record(ms));
  return sketch;
}

describe("latencySketch", () => {
  test("is within its relative error of the sorted durations", () => {
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const exact = values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))];
        const found = sketchOf(values).quantile(q) as number;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * latencyRelativeError * (1 + 1e-9));
      }),
    );
  });

  test("merged holds what one sketch of all durations holds, and leaves the other alone", () => {
    fc.assert(
      fc.property(durations, durations, (a, b) => {
        const [merged, other] = [latencySketch(), sketchOf(b)];
        merged.merge(sketchOf(a));
        merged.merge(other);
        merged.record(1);
        const all = sketchOf([...a, ...b, 1]);
        expect(merged.count).toBe(all.count);
        for (const q of [0, 0.5, 0.95, 1]) expect(merged.quantile(q)).toBe(all.quantile(q));
        expect(other.count).toBe(b.length);
        expect(other.quantile(0.5)).toBe(sketchOf(b).quantile(0.5));
      }),
    );
  });

  test("merging into an empty sketch does not tie the two together", () => {
    const [empty, full] = [latencySketch(), sketchOf([5])];
    empty.merge(full);
    for (let i = 0; i < 10; i++) empty.record(500);
    expect(full.quantile(1)).toBe(sketchOf([5]).quantile(1));
    expect(full.count).toBe(1);
  });

  test("is null before the first duration", () => {
    expect(latencySketch().quantile(0.5)).toBeNull();
  });

  test("counts zero", () => {
    expect(sketchOf([0, 0, 8]).quantile(0.5)).toBe(0);
  });

  test.each([-1, NaN, Infinity])("refuses %d ms", (ms) => {
    expect(() => latencySketch().record(ms)).toThrow(/MW1401/);
  });

  test("refuses a quantile above 1 and a foreign sketch", () => {
    expect(() => latencySketch().quantile(1.1)).toThrow(/MW1401/);
    const foreign = { count: 0, record: () => undefined, quantile: () => null, merge: () => undefined };
    expect(() => latencySketch().merge(foreign)).toThrow(/MW1401/);
  });
});
