import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { durationMs, formatDuration, type Duration } from "./duration.js";

describe("a duration", () => {
  test.each<[Duration, number]>([
    ["250ms", 250],
    ["90s", 90_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["7d", 604_800_000],
    ["007d", 604_800_000],
  ])("%s is %i ms", (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  test.each([
    "",
    "1",
    "h",
    "0h",
    "1.5h",
    "-1h",
    "1e3s",
    " 1h",
    "1h ",
    "1w",
    "1H",
    "1h30m",
    "９h",
    `1${"0".repeat(400)}d`,
  ])("is not %j: MW0101", (text) => {
    expect(() => durationMs(text as Duration)).toThrow(
      expect.objectContaining({ code: "MW0101", found: JSON.stringify(text) }) as Error,
    );
  });
});

describe("the text of a duration", () => {
  test.each([
    [3_600_000, "1h"],
    [5_400_000, "90m"],
    [172_800_000, "2d"],
    [1_500, "1500ms"],
    [61_000, "61s"],
    [0, "0ms"],
  ])("%i is %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test("is read back as the same number", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 }), (ms) => {
        expect(durationMs(formatDuration(ms) as Duration)).toBe(ms);
      }),
    );
  });
});
