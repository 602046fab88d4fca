import { expect, test } from "vitest";
import { compileSlo } from "./slo.js";

test("without a word 95 % within 100 ms and 99.9 % answered well, at no declared peak", () => {
  expect(compileSlo({})).toEqual({ slo: { p95Ms: 100 }, demand: { availability: 0.999 } });
});

test("what is declared", () => {
  const { slo, demand } = compileSlo({ p95Ms: 20, availability: 1, peakPerSecond: 0.5 });
  expect([slo, demand]).toEqual([{ p95Ms: 20 }, { availability: 1, peakPerSecond: 0.5 }]);
});

test.each([
  [{ peekPerSecond: 3 }, /MW0103.*Did you mean "peakPerSecond"/],
  [{ peakPerSecond: 0 }, /MW0104.*slo\.peakPerSecond/],
  [{ peakPerSecond: Infinity }, /MW0104/],
  [{ peakPerSecond: "100" }, /MW0104/],
  [{ availability: 99.9 }, /MW0104.*slo\.availability/],
  [{ availability: 0 }, /MW0104/],
  [{ p95Ms: 0 }, /MW0104/],
])("refuses %j", (options, message) => {
  expect(() => compileSlo(options as object)).toThrow(message);
});
