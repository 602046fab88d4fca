import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { zonedStart, type CivilUnit } from "./civil-time.js";
import { columnsOf } from "./expression.js";
import { zones } from "./expression-trees.testing.js";
import { bindPositions, compileExpression } from "./evaluate.js";
import { naiveLocal, naiveStart } from "./naive-expression.testing.js";
import { t } from "./schema.js";
import { dayOfYear, hourOfDay, month, startOf, year } from "./time-parts.js";
import { zoneOffset } from "./time-zone.js";

const minuteMs = 60_000;
const units: readonly CivilUnit[] = ["minute", "hour", "day", "week", "month", "quarter", "year"];

/** All minutes at which the clocks showed the start or passed over it, by looking at each. */
function naiveStarts(ms: number, unit: CivilUnit, zone: string): number[] {
  const start = naiveStart(naiveLocal(ms, zone), unit);
  const found: number[] = [];
  let before = naiveLocal(start - 15 * 60 * minuteMs, zone);
  for (let at = start - 15 * 60 * minuteMs + minuteMs; at <= start + 13 * 60 * minuteMs; at += minuteMs) {
    const shown = naiveLocal(at, zone);
    if (shown === start || (before < start && shown > start)) found.push(at);
    before = shown;
  }
  return found;
}

describe("the start of a unit in a time zone", () => {
  /** Moments at which clocks were changed, most of them in the night, some at midnight. */
  const changes = (
    [
      ["2024-03-10T07:00Z", "America/New_York"],
      ["2024-11-03T06:00Z", "America/New_York"],
      ["2024-04-06T15:00Z", "Australia/Lord_Howe"],
      ["2024-10-05T15:30Z", "Australia/Lord_Howe"],
      ["2011-12-30T10:00Z", "Pacific/Apia"],
      ["2008-03-09T03:31Z", "America/St_Johns"],
      ["2008-11-02T02:31Z", "America/St_Johns"],
      ["2018-11-04T03:00Z", "America/Sao_Paulo"],
      ["2018-02-18T02:00Z", "America/Sao_Paulo"],
      ["2019-05-05T02:00Z", "Africa/Casablanca"],
    ] as const
  ).map(([text, zone]) => ({ ms: Date.parse(text), zone }));
  const near = fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -9e7, max: 9e7 }), fc.integer({ min: 1, max: 30 }))
    .map(([{ ms, zone }, by, nearer]) => ({ ms: ms + Math.round(by / nearer), zone }));
  const anywhere = fc.record({
    ms: fc.integer({ min: Date.UTC(1975, 0), max: Date.UTC(2037, 0) }),
    zone: fc.constantFrom(...zones),
  });

  test("is the moment at which its clocks showed it: the first, or of short units the last before", () => {
    const times = fc.oneof({ arbitrary: near, weight: 3 }, anywhere);
    const property = fc.property(times, fc.constantFrom(...units), ({ ms, zone }, unit) => {
      const starts = naiveStarts(ms, unit, zone);
      const short = unit === "minute" || unit === "hour";
      const expected = short ? Math.max(...starts.filter((start) => start <= ms)) : Math.min(...starts);
      expect(zonedStart(ms, unit, zoneOffset(zone))).toBe(expected);
    });
    fc.assert(property, { numRuns: 80 });
  });

  test("is the first of two midnights, and the end of a skipped one", () => {
    const start = (text: string, zone: string) =>
      new Date(zonedStart(Date.parse(text), "day", zoneOffset(zone))).toISOString().slice(0, 16);
    // Newfoundland put its clocks back from 00:01 to 23:01, Brazil put them forward from 00:00 to 01:00.
    expect(start("2008-11-02T02:30:30Z", "America/St_Johns")).toBe("2008-11-02T02:30");
    expect(start("2008-11-02T12:00Z", "America/St_Johns")).toBe("2008-11-02T02:30");
    expect(start("2008-11-02T03:00Z", "America/St_Johns")).toBe("2008-11-01T02:30");
    expect(start("2018-11-04T12:00Z", "America/Sao_Paulo")).toBe("2018-11-04T03:00");
    // Samoa had no 30 December.
    expect(start("2011-12-30T12:00Z", "Pacific/Apia")).toBe("2011-12-30T10:00");
    expect(start("2011-12-30T09:59Z", "Pacific/Apia")).toBe("2011-12-29T10:00");
  });

  test("is one of the two hours of a clock that was put back", () => {
    const f = columnsOf({ at: t.timestamp() });
    const zone = "America/New_York";
    const read = [startOf(f.at, { unit: "hour", zone }), hourOfDay(f.at, { zone })].map(({ node }) =>
      compileExpression(node, bindPositions(["at"])),
    );
    const at = (text: string) => read.map((reader) => reader([Date.parse(text)]));
    expect(at("2024-11-03T05:59Z")).toEqual([Date.parse("2024-11-03T05:00Z"), 1]);
    expect(at("2024-11-03T06:01Z")).toEqual([Date.parse("2024-11-03T06:00Z"), 1]);
    expect(at("2024-11-03T07:00Z")).toEqual([Date.parse("2024-11-03T07:00Z"), 2]);
  });
});

describe("the offset of a time zone", () => {
  test("is that of its clocks to the second, at any time and around every change", () => {
    const time = fc.oneof(
      fc.integer({ min: -8.64e15, max: 8.64e15 }),
      fc.integer({ min: Date.UTC(1840, 0), max: Date.UTC(2040, 0) }),
      fc
        .tuple(
          fc.constantFrom("1883-11-18T17:00Z", "2024-03-10T07:00Z", "2024-11-03T06:00Z"),
          fc.integer({ min: -3, max: 3 }),
        )
        .map(([text, by]) => Date.parse(text) + by),
    );
    const property = fc.property(time, fc.constantFrom(...zones), (ms, zone) => {
      const local = naiveLocal(ms, zone);
      fc.pre(!Number.isNaN(local));
      expect(ms + zoneOffset(zone)(ms)).toBe(local);
    });
    fc.assert(property, { numRuns: 3_000 });
  });

  test("is right when more days are asked for than are remembered, and again after that", () => {
    const offset = zoneOffset("Europe/London");
    const wrong = Array.from({ length: 60_000 }, (_, day) => (day % 30_000) * 86_400_000).filter((ms) => {
      const date = new Date(ms);
      // In these decades of the 21st century summer time holds between the last Sundays of March and October.
      const lastSunday = (month: number) => {
        const end = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0, 1));
        return end.getTime() - end.getUTCDay() * 86_400_000;
      };
      const summer = ms >= lastSunday(2) && ms < lastSunday(9);
      return date.getUTCFullYear() >= 2000 && offset(ms) !== (summer ? 3_600_000 : 0);
    });
    expect(wrong).toEqual([]);
  });

  test("of a zone that does not exist is MW0104, with the nearest name", () => {
    const error = { code: "MW0104", remedy: 'Did you mean "Europe/Berlin"?' };
    expect(() => zoneOffset("Europe/Berlln")).toThrow(expect.objectContaining(error) as Error);
    const far = { code: "MW0104", remedy: "Use a name of the IANA time zone database." };
    expect(() => zoneOffset("the zone of the machine")).toThrow(expect.objectContaining(far) as Error);
    expect(() => zoneOffset("")).toThrow(expect.objectContaining({ code: "MW0104" }) as Error);
  });
});

describe("a part of a millisecond", () => {
  test("belongs to the millisecond before, also before 1970", () => {
    const f = columnsOf({ at: t.timestamp(), x: t.float() });
    const later = f.at.plus(f.x);
    const read = [year(later), month(later), dayOfYear(later), startOf(later, { unit: "month" })].map(
      ({ node }) => compileExpression(node, bindPositions(["at", "x"])),
    );
    expect(read.map((reader) => reader([-1, 0.5]))).toEqual([1969, 12, 365, Date.UTC(1969, 11, 1)]);
  });
});
