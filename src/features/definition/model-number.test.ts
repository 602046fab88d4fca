import fc from "fast-check";
import { expect, test } from "vitest";
import { modelNumber } from "./model-number.js";

test("a value is missing exactly when 32 bits have no finite float for it", () => {
  const property = fc.property(fc.double(), (value) => {
    const float = Math.fround(value);
    expect(Math.fround(modelNumber(value))).toBe(Number.isFinite(float) ? float : NaN);
  });
  fc.assert(property, { numRuns: 2_000 });
});

test("the bound is where rounding goes to infinity, on both sides of zero", () => {
  const largest = 3.4028234663852886e38;
  const first = 3.4028235677973366e38;
  expect([modelNumber(largest), modelNumber(-largest)]).toEqual([largest, -largest]);
  expect([modelNumber(first), modelNumber(-first)]).toEqual([NaN, NaN]);
  expect(modelNumber(null)).toBe(NaN);
});
