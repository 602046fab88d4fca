import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { windowsBetween } from "./time-windows.js";

describe("windowsBetween", () => {
  test("marks what the range cuts as partial", () => {
    expect(windowsBetween(0, 25, { sizeMs: 10 })).toEqual([
      { startMs: 0, endMs: 10, partial: false },
      { startMs: 10, endMs: 20, partial: false },
      { startMs: 20, endMs: 30, partial: true },
    ]);
    expect(windowsBetween(5, 13, { sizeMs: 10, originMs: 3 })).toEqual([
      { startMs: 3, endMs: 13, partial: true },
    ]);
  });

  test("gives every moment of the range exactly one aligned window, and none beyond", () => {
    const time = fc.integer({ min: -500, max: 500 });
    fc.assert(
      fc.property(
        time,
        fc.nat({ max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        time,
        (start, span, sizeMs, originMs) => {
          const windows = windowsBetween(start, start + span, { sizeMs, originMs });
          for (let moment = start; moment < start + span; moment++) {
            const holding = windows.filter((w) => w.startMs <= moment && moment < w.endMs);
            expect(holding).toHaveLength(1);
          }
          for (const { startMs, endMs, partial } of windows) {
            expect(Math.abs((startMs - originMs) % sizeMs)).toBe(0);
            expect(endMs - startMs).toBe(sizeMs);
            expect(startMs < start + span && endMs > start).toBe(true);
            expect(partial).toBe(!(start <= startMs && endMs <= start + span));
          }
        },
      ),
    );
  });

  test("of an empty range are none", () => {
    expect(windowsBetween(10, 10, { sizeMs: 10 })).toEqual([]);
    expect(windowsBetween(15, 15, { sizeMs: 10 })).toEqual([]);
  });

  test.each([
    [10, 0, 5, 0],
    [0, 10, 0, 0],
    [0, 10, 2.5, 0],
    [NaN, 10, 5, 0],
    [0, Infinity, 5, 0],
    [0, 10, 5, NaN],
  ])("refuses %d to %d by %d from %d", (startMs, toMs, sizeMs, originMs) => {
    expect(() => windowsBetween(startMs, toMs, { sizeMs, originMs })).toThrow(/MW0905/);
  });
});
