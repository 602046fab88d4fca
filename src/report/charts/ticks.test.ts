import fc from "fast-check";
import { expect, test } from "vitest";

import { logTicks, niceDomain, niceNumber, niceStep, tickDecimals, ticks } from "./ticks.js";

test("Heckbert's example: 105 to 543 with five ticks is labelled 100, 200 … 600", () => {
  expect(niceDomain(105, 543, 5)).toEqual([100, 600]);
  expect(niceStep(105, 543, 5)).toBe(100);
  expect(ticks(105, 543, 5)).toEqual([200, 300, 400, 500]);
});

test("nice numbers round at 1.5, 3 and 7, or go up to the next of 1, 2, 5, 10", () => {
  expect([1.4, 1.6, 2.9, 3.1, 6.9, 7.1].map((value) => niceNumber(value, true))).toEqual([1, 2, 2, 5, 5, 10]);
  expect([1, 1.1, 2.1, 5.1].map((value) => niceNumber(value, false))).toEqual([1, 2, 5, 10]);
});

test("ticks are the decimal numbers that one writes, without binary residue", () => {
  expect(ticks(0, 1, 6)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(ticks(0, 0.35, 8)).toEqual([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]);
});

test("an empty or impossible range has one tick or none", () => {
  expect(ticks(3, 3, 5)).toEqual([3]);
  expect(ticks(NaN, 1, 5)).toEqual([]);
  expect(niceDomain(0, 0, 5)).toEqual([0, 1]);
  expect(niceDomain(Infinity, -Infinity, 5)).toEqual([0, 1]);
});

test("ticks ascend by the nice step within the range, and about as many as wanted", () => {
  const numbers = fc.double({ min: -1e9, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(
      numbers,
      fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
      fc.integer({ min: 3, max: 12 }),
      (low, span, wanted) => {
        fc.pre(low + span > low && span / Math.abs(low + 1) > 1e-7);
        const high = low + span;
        const step = niceStep(low, high, wanted);
        const found = ticks(low, high, wanted);
        const mantissa = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
        expect([1, 2, 5].some((nice) => Math.abs(mantissa - nice) < 1e-6)).toBe(true);
        expect(found.length).toBeGreaterThanOrEqual(Math.floor(wanted / 2));
        expect(found.length).toBeLessThanOrEqual(2 * wanted);
        expect(Math.min(...found)).toBeGreaterThanOrEqual(low - step * 1e-6);
        expect(Math.max(...found)).toBeLessThanOrEqual(high + step * 1e-6);
        const [from, to] = niceDomain(low, high, wanted);
        expect(from).toBeLessThanOrEqual(low + step * 1e-6);
        expect(to).toBeGreaterThanOrEqual(high - step * 1e-6);
      },
    ),
  );
});

test("logarithmic ticks are 1, 2, 5, and powers of ten alone over three decades", () => {
  expect(logTicks(0.2, 30)).toEqual([0.2, 0.5, 1, 2, 5, 10, 20]);
  expect(logTicks(0.5, 2000)).toEqual([1, 10, 100, 1000]);
});

test("decimals suffice to tell neighbours apart", () => {
  expect(tickDecimals([0, 0.25])).toBe(1);
  expect(tickDecimals([0.7, 0.705])).toBe(3);
  expect(tickDecimals([0, 100])).toBe(0);
});
