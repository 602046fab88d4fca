import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMillwrightError } from "../kernel/index.js";
import { byTime, type TimeSplit } from "./time-split.js";

const rowsAt = (times: Float64Array) => ({ times, outcome: new Float64Array(times.length), classes: true });

const assign = (split: TimeSplit, times: string[]) => [
  ...byTime(split).assign(rowsAt(Float64Array.from(times, (time) => Date.parse(time)))),
];

function codeOf(make: () => unknown): string | undefined {
  try {
    make();
  } catch (error) {
    if (isMillwrightError(error)) return error.code;
    throw error;
  }
  return undefined;
}

describe("byTime", () => {
  it("takes months, both ends inclusive, to the millisecond", () => {
    const times = [
      "2000-12-31T23:59:59.999Z",
      "2001-01-01T00:00:00.000Z",
      "2001-04-30T23:59:59.999Z",
      "2001-05-01T00:00:00.000Z",
      "2001-06-30T23:59:59.999Z",
      "2001-07-01T00:00:00.000Z",
    ];
    expect(assign({ train: "2001-01/2001-04", test: "2001-05/2001-06" }, times)).toEqual([0, 1, 1, 2, 2, 0]);
  });

  it("takes dates, and leaves what lies between the ranges in none", () => {
    const times = ["2001-02-28T12:00Z", "2001-03-01T00:00Z", "2001-03-02T00:00Z", "2001-12-31T23:59Z"];
    expect(assign({ train: "2001-02-28/2001-02-28", test: "2001-03-02/2001-12" }, times)).toEqual([
      1, 0, 2, 2,
    ]);
  });

  it("leaves rows without a time in none", () => {
    const times = Float64Array.of(NaN, Date.UTC(2001, 0), Date.UTC(2001, 1));
    expect([...byTime({ train: "2001-01/2001-01", test: "2001-02/2001-02" }).assign(rowsAt(times))]).toEqual([
      0, 1, 2,
    ]);
    expect([...byTime({ trainShare: 0.5 }).assign(rowsAt(times))]).toEqual([0, 1, 2]);
  });

  it("cuts at a share and keeps equal times together", () => {
    const cut = (times: number[]) => [
      ...byTime({ trainShare: 0.67 }).assign(rowsAt(Float64Array.from(times))),
    ];
    expect(cut([6, 5, 4, 3, 2, 1])).toEqual([2, 2, 1, 1, 1, 1]);
    // Round(6 × 0.67) = 4: the fifth time, 3, is the cut, and the rows of time 3 all test.
    expect(cut([1, 2, 3, 3, 3, 4])).toEqual([1, 1, 2, 2, 2, 2]);
  });

  it("never tests before it trains, whatever the times", () => {
    const times = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(times, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (drawn, trainShare) => {
        const assigned = () => byTime({ trainShare }).assign(rowsAt(Float64Array.from(drawn)));
        if (codeOf(assigned) !== undefined) {
          // Only a cut at the first time, or after the last, leaves a part empty.
          const sorted = [...drawn].sort((a, b) => a - b);
          const cut = sorted[Math.round(drawn.length * trainShare)];
          expect([sorted[0], undefined]).toContain(cut);
          return;
        }
        const parts = assigned();
        const trained = drawn.filter((_, row) => parts[row] === 1);
        const tested = drawn.filter((_, row) => parts[row] === 2);
        expect(trained.length + tested.length).toBe(drawn.length);
        expect(Math.max(...trained)).toBeLessThan(Math.min(...tested));
      }),
      { seed: 5 },
    );
  });

  it.each([
    ["overlapping months", { train: "2001-01/2001-05", test: "2001-05/2001-06" }],
    ["test before train", { train: "2001-05/2001-06", test: "2001-01/2001-02" }],
    ["a range backwards", { train: "2001-04/2001-01", test: "2001-05/2001-06" }],
    ["no such month", { train: "2001-01/2001-13", test: "2002-01/2002-02" }],
    ["no such day", { train: "2001-01-01/2001-02-30", test: "2002-01/2002-02" }],
    ["three ends", { train: "2001-01/2001-02/2001-03", test: "2001-05/2001-06" }],
    ["a year", { train: "2001/2002", test: "2003/2004" }],
    ["nothing", { train: "2001-01/2001-04" } as TimeSplit],
    ["a share of all", { trainShare: 1 }],
    ["a share as text", { trainShare: "0.5" } as never],
  ])("refuses %s", (_, split) => {
    expect(codeOf(() => byTime(split))).toBe("MW0209");
  });

  it("refuses unknown options and mixtures", () => {
    expect(codeOf(() => byTime({ trian: "2001-01/2001-04", test: "2001-05/2001-06" } as never))).toBe(
      "MW0207",
    );
    expect(codeOf(() => byTime({ trainShare: 0.5, test: "2001-05/2001-06" }))).toBe("MW0207");
  });

  it("refuses to leave a part empty", () => {
    const months = byTime({ train: "2001-01/2001-04", test: "2001-05/2001-06" });
    expect(codeOf(() => months.assign(rowsAt(Float64Array.of(Date.UTC(2001, 0)))))).toBe("MW0209");
    expect(codeOf(() => months.assign(rowsAt(Float64Array.of(Date.UTC(2001, 4)))))).toBe("MW0209");
    expect(codeOf(() => months.assign(rowsAt(new Float64Array(0))))).toBe("MW0209");
    expect(codeOf(() => byTime({ trainShare: 0.5 }).assign(rowsAt(Float64Array.of(1, 1, 1))))).toBe("MW0209");
  });

  it("has a hashable definition", () => {
    expect(byTime({ trainShare: 0.5 }).definition).toEqual({ by: "time", trainShare: 0.5 });
  });

  it("leaves training rows whose labels were not known when the test begins in none", () => {
    const times = ["2001-04-29T23:59Z", "2001-04-30T00:00Z", "2001-04-30T12:00Z", "2001-05-01T00:00Z"];
    const split = { train: "2001-01/2001-04", test: "2001-05", embargo: "1d" } as const;
    expect(assign(split, times)).toEqual([1, 0, 0, 2]);
    // The cut of two thirds of six rows is the fifth: row 4 is less than two milliseconds before it.
    const shares = byTime({ trainShare: 2 / 3, embargo: "2ms" });
    expect([...shares.assign(rowsAt(Float64Array.of(1, 2, 3, 4, 5, 6)))]).toEqual([1, 1, 0, 0, 2, 2]);
  });

  it("names the embargo where it alone leaves no row to train on", () => {
    const times = Float64Array.from([0, 1, 2, 1000]);
    const refused = (found: string) =>
      expect.objectContaining({
        code: "MW0209",
        expected: "rows to train on that are earlier than the embargo of 1s before the next part",
        found,
        remedy: "Shorten the embargo, or give the training more time before it.",
      }) as Error;
    const split = byTime({ trainShare: 0.75, embargo: "1s" });
    expect(() => split.assign(rowsAt(times))).toThrow(refused("3 rows, all of them within it"));
    expect(() => split.hold(rowsAt(times), Uint32Array.from([0, 1, 2]), 0.5)).toThrow(
      refused("2 rows, all of them within it"),
    );
    // Rows that are not there at all are not the embargo's doing.
    const dated = byTime({ train: "2001-01", test: "2001-02", embargo: "1s" });
    expect(() => dated.assign(rowsAt(times))).toThrow(
      expect.objectContaining({
        code: "MW0209",
        found: expect.stringContaining("4 rows from 1970") as string,
      }) as Error,
    );
  });

  it("holds the last of the training rows back, behind the embargo", () => {
    const rows = rowsAt(Float64Array.of(5, 1, 3, 2, 4, 9));
    const train = Uint32Array.of(0, 1, 2, 3, 4);
    const held = byTime({ trainShare: 0.8 }).hold(rows, train, 0.4);
    expect(held).toEqual({ fit: Uint32Array.of(1, 2, 3), held: Uint32Array.of(0, 4) });
    const behind = byTime({ trainShare: 0.8, embargo: "1ms" }).hold(rows, train, 0.4);
    expect(behind).toEqual({ fit: Uint32Array.of(1, 3), held: Uint32Array.of(0, 4) });
    const alike = rowsAt(Float64Array.of(1, 1, 1));
    expect(codeOf(() => byTime({ trainShare: 0.5 }).hold(alike, Uint32Array.of(0, 1), 0.5))).toBe("MW0209");
  });
});
