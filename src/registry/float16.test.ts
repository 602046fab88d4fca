import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float16Bits, float16Value } from "./float16.js";

/**
 * All positive finite patterns by counting, which is exact: from 0 on in steps of 2^-24, and after the first 2,048
 * patterns the step doubles with every 1,024. The last is 65,504.
 */
function positive(): number[] {
  const values: number[] = [];
  let step = 2 ** -24;
  for (let bits = 0, value = 0; bits < 0x7c00; bits++, value += step) {
    if (bits >= 2048 && bits % 1024 === 0) step *= 2;
    values.push(value);
  }
  return values;
}
const values = positive();

describe("float16", () => {
  it("counts up to the largest number that the standard names", () => {
    expect(values.at(-1)).toBe(65_504);
  });

  it("stands for the number that counting gives, for all 65,536 patterns, and comes back", () => {
    let wrong = 0;
    for (let bits = 0; bits < 0x10000; bits++) {
      const magnitude = bits & 0x7fff;
      const size = magnitude === 0x7c00 ? Infinity : magnitude > 0x7c00 ? NaN : values[magnitude];
      const expected = bits & 0x8000 ? -size : size;
      const value = float16Value(bits);
      const back = float16Bits(value);
      if (!Object.is(value, expected) || back !== (Number.isNaN(value) ? 0x7e00 : bits)) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it("rounds to the nearest, at every border between two numbers", () => {
    const beyond = [...values, 65_536];
    // A relative step of 2^-50 is below that of float64 at the border's size times two, and above nothing.
    const tiny = 2 ** -50;
    let wrong = 0;
    for (let bits = 0; bits < 0x7c00; bits++) {
      const border = (beyond[bits] + beyond[bits + 1]) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      if (float16Bits(border) !== even || float16Bits(-border) !== (even | 0x8000)) wrong++;
      if (float16Bits(border * (1 - tiny)) !== bits || float16Bits(border * (1 + tiny)) !== bits + 1) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it("never moves a number by more than half a step", () => {
    fc.assert(
      fc.property(fc.double({ min: -65_504, max: 65_504, noNaN: true }), (value) => {
        const step = Math.max(2 ** -24, 2 ** (Math.floor(Math.log2(Math.abs(value) || 1)) - 10));
        expect(Math.abs(float16Value(float16Bits(value)) - value)).toBeLessThanOrEqual(step / 2);
      }),
    );
  });
});
