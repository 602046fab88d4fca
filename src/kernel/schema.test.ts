import fc from "fast-check";
import { afterEach, describe, expect, expectTypeOf, test } from "vitest";
import { parseTimestamp, schemaJson, t, type RecordOf } from "./schema.js";

const codeOf = (code: string) => expect.objectContaining({ code }) as Error;

describe("a field", () => {
  test("is frozen and narrows into another field", () => {
    const field = t.int();
    expect(Object.isFrozen(field)).toBe(true);
    expect(field.optional()).toMatchObject({ kind: "int", nullable: true });
    expect(field.between(1, 5).optional()).toMatchObject({ min: 1, max: 5, nullable: true });
    expect(field).toMatchObject({ nullable: false });
    expect(field).not.toHaveProperty("min");
  });

  test("of time takes ISO texts as bounds", () => {
    const { min, max } = t.timestamp().between("2001-01-01", "2001-01-02T00:00:01Z");
    expect([min, max]).toEqual([978_307_200_000, 978_393_601_000]);
  });

  test("refuses bounds that make no sense: MW0104", () => {
    expect(() => t.string().between(1, 2)).toThrow(codeOf("MW0104"));
    expect(() => t.bool().between(0, 1)).toThrow(codeOf("MW0104"));
    expect(() => t.int().between(0, NaN)).toThrow(codeOf("MW0104"));
    expect(() => t.int().between("1", 2)).toThrow(codeOf("MW0104"));
    expect(() => t.timestamp().between("2001-02-30", "2001-03-01")).toThrow(codeOf("MW0104"));
  });

  test("refuses a list of texts on numbers, and an empty one: MW0104", () => {
    expect(t.string().oneOf("a", "b").values).toEqual(["a", "b"]);
    expect(() => t.int().oneOf("1")).toThrow(codeOf("MW0104"));
    expect(() => t.string().oneOf()).toThrow(codeOf("MW0104"));
  });
});

test("a schema types its records: nullable fields may be left out", () => {
  const schema = { at: t.timestamp(), n: t.int(), ok: t.bool().optional(), name: t.string().oneOf("a") };
  type Record = RecordOf<typeof schema>;
  expectTypeOf<Record["at"]>().toEqualTypeOf<Date | number | string>();
  expectTypeOf<Record["ok"]>().toEqualTypeOf<boolean | null | undefined>();
  expectTypeOf<{ at: Date; n: number; name: string }>().toExtend<Record>();
  expectTypeOf<{ at: Date; n: number }>().not.toExtend<Record>();
  expect(schemaJson(schema)).toEqual({
    at: { kind: "timestamp", nullable: false },
    n: { kind: "int", nullable: false },
    ok: { kind: "bool", nullable: true },
    name: { kind: "string", nullable: false, values: ["a"] },
  });
});

describe("a timestamp text", () => {
  const dates = fc.date({
    min: new Date("0000-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59.999Z"),
    noInvalidDate: true,
  });

  afterEach(() => {
    delete process.env.TZ;
  });

  test.each(["UTC", "Pacific/Auckland", "America/St_Johns"])("is what Date says, in zone %s", (zone) => {
    process.env.TZ = zone;
    const property = fc.property(dates, (date) => {
      const iso = date.toISOString();
      const local = iso.slice(0, 23);
      expect(parseTimestamp(iso)).toBe(date.getTime());
      // Without an offset it is UTC, whatever the zone of the machine.
      expect(parseTimestamp(local)).toBe(date.getTime());
      expect(parseTimestamp(local.replace("T", " "))).toBe(date.getTime());
      expect(parseTimestamp(iso.slice(0, 16))).toBe(Math.floor(date.getTime() / 60_000) * 60_000);
      expect(parseTimestamp(iso.slice(0, 10))).toBe(Math.floor(date.getTime() / 86_400_000) * 86_400_000);
    });
    fc.assert(property);
  });

  test("may have an offset, which is what was added to UTC", () => {
    const property = fc.property(
      dates,
      fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 }),
      fc.constantFrom(":", ""),
      (date, minutes, colon) => {
        const two = (n: number) => String(n).padStart(2, "0");
        const size = Math.abs(minutes);
        const offset = `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${colon}${two(size % 60)}`;
        const text = `${date.toISOString().slice(0, 23)}${offset}`;
        expect(parseTimestamp(text)).toBe(date.getTime() - minutes * 60_000);
      },
    );
    fc.assert(property);
  });

  test("names every day that exists, and no other", () => {
    const property = fc.property(
      fc.integer({ min: 0, max: 9_999 }),
      fc.integer({ min: 0, max: 14 }),
      fc.integer({ min: 0, max: 33 }),
      (year, month, day) => {
        const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
        const lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        const exists = day >= 1 && day <= (lengths[month - 1] ?? 0);
        const two = (n: number) => String(n).padStart(2, "0");
        const text = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
        expect(Number.isNaN(parseTimestamp(text))).toBe(!exists);
        for (const time of ["12:00Z", "12:00:00Z", "12:00:00.000Z"]) {
          expect(Number.isNaN(parseTimestamp(`${text}T${time}`))).toBe(!exists);
        }
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  test.each([
    ...[
      "",
      "now",
      "2001",
      "2001-02",
      "2001-1-1",
      "01-02-2001",
      "2001-02-30",
      "2001-13-01",
      "2001-02-29T10:00Z",
    ],
    ...["2001-01-01T", "2001-01-01T25:00", "2001-01-01T12", "2001-01-01T12:60", "2001-01-01T12:00:60"],
    ...["2001-01-01T12:00+25:00", "2001-01-01T12:00 Z", "2001-01-01Z", " 2001-01-01", "2001-01-01T12:00:00."],
    ...[
      "2001-01-01T12:00z",
      "+002001-01-01",
      "-000001-01-01",
      "2001-01-01T12:00:00.1234567890Z",
      "978307200000",
    ],
  ])("is not %j", (text) => {
    expect(parseTimestamp(text)).toBeNaN();
  });

  test("is the same with Z as with an offset of nothing, whatever character is wrong", () => {
    const whole = fc.date({ min: new Date("0000-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
    const typo = fc.record({ at: fc.nat(22), char: fc.constantFrom(..."0123456789.:-+TZ/ ") });
    fc.assert(
      fc.property(whole, fc.boolean(), fc.option(typo), (date, hasMs, wrong) => {
        const text = `${date.toISOString().slice(0, hasMs ? 23 : 19)}`;
        const given = wrong === null ? text : text.slice(0, wrong.at) + wrong.char + text.slice(wrong.at + 1);
        expect(parseTimestamp(`${given}Z`)).toBe(parseTimestamp(`${given}+00:00`));
      }),
      { numRuns: 2000 },
    );
  });

  test("may end a day at 24:00 and is cut to milliseconds", () => {
    expect(parseTimestamp("2001-01-01T24:00Z")).toBe(Date.UTC(2001, 0, 2));
    expect(parseTimestamp("2001-01-01T00:00:00.123999999Z")).toBe(Date.UTC(2001, 0, 1) + 123);
  });
});
