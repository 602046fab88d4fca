import fc from "fast-check";
import { expect, test } from "vitest";

import { bandScale, linearScale, logScale, niceScale } from "./scale.js";

test("a linear scale keeps proportions, also upside down", () => {
  expect(linearScale([0, 10], [100, 0]).at(2.5)).toBe(75);
});

test("an empty domain maps to the middle", () => {
  expect(linearScale([4, 4], [0, 100]).at(4)).toBe(50);
});

test("a logarithmic scale gives equal ratios equal space", () => {
  const scale = logScale([1, 100], [0, 200]);
  expect(scale.at(10)).toBeCloseTo(100, 9);
  expect(scale.at(1)).toBe(0);
});

test("a nice scale begins and ends on ticks and keeps them when they are asked for", () => {
  const scale = niceScale([0.163, 0.261], [0, 100]);
  expect(scale.domain).toEqual([0.16, 0.28]);
  expect(scale.ticks(3)).toEqual([0.16, 0.18, 0.2, 0.22, 0.24, 0.26, 0.28]);
});

test("a nice scale contains its values, and stays within its limits", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (a, b) => {
        fc.pre(Math.abs(a - b) > 1e-4);
        const scale = niceScale([Math.min(a, b), Math.max(a, b)], [0, 100], { within: [0, 1] });
        expect(scale.at(a)).toBeGreaterThanOrEqual(-1e-6);
        expect(scale.at(b)).toBeLessThanOrEqual(100 + 1e-6);
        expect(scale.domain[0]).toBeGreaterThanOrEqual(0);
        expect(scale.domain[1]).toBeLessThanOrEqual(1);
      },
    ),
  );
});

test("bands fill the range with gaps between them", () => {
  const band = bandScale(3, [0, 100], 5);
  expect(band.size).toBe(30);
  expect([band.start(0), band.start(1), band.start(2) + band.size]).toEqual([0, 35, 100]);
  expect(bandScale(0, [0, 100], 5).size).toBe(0);
});
