import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileRecord, describeField, describeProblem, type Problem } from "./record.js";
import { t } from "./schema.js";

const schema = {
  at: t.timestamp(),
  distance: t.int().between(1, 6000),
  share: t.float().optional(),
  holiday: t.bool().optional(),
  origin: t.string(),
  cabin: t.string().oneOf("economy", "business").optional(),
};
const parse = compileRecord(schema);
const good = { at: "2001-01-01T00:00:01Z", distance: 100, origin: "JFK" };

function problemsOf(input: unknown, parser = parse): readonly Problem[] {
  const result = parser(input);
  return result.ok ? [] : result.problems;
}

describe("a record", () => {
  test("gives its values in the order of the schema, absent ones null", () => {
    expect(parse(good)).toEqual({ ok: true, values: [978_307_201_000, 100, null, null, "JFK", null] });
    const full = { cabin: "economy", origin: "", holiday: true, share: 0.5, distance: 1, at: 5 };
    expect(parse(full)).toEqual({ ok: true, values: [5, 1, 0.5, 1, "", "economy"] });
  });

  test.each<[string, unknown, number]>([
    ["a Date", new Date(7), 7],
    ["milliseconds", -1, -1],
    ["a text", "1970-01-01", 0],
    ["the last moment that a Date can hold", 8.64e15, 8.64e15],
  ])("takes %s as a time", (_, at, ms) => {
    expect(parse({ ...good, at })).toMatchObject({ ok: true, values: [ms, 100, null, null, "JFK", null] });
  });

  test("may have null where absence is allowed, and there alone", () => {
    expect(parse({ ...good, share: null, cabin: undefined })).toMatchObject({ ok: true });
    expect(problemsOf({ ...good, origin: null, distance: undefined })).toEqual([
      { field: "distance", kind: "missing", expected: "a whole number from 1 to 6000", found: "nothing" },
      { field: "origin", kind: "missing", expected: "a text", found: "null" },
    ]);
  });

  test.each<[string, keyof typeof schema, unknown, Problem["kind"], string]>([
    ["a text for a number", "distance", "100", "type", '"100"'],
    ["a fraction for a whole number", "distance", 1.5, "type", "1.5"],
    ["a number beyond 2^53", "distance", 2 ** 53, "type", "9007199254740992"],
    ["a bigint", "distance", 10n, "type", "10"],
    ["a number below its range", "distance", 0, "range", "0"],
    ["a number above its range", "distance", 6001, "range", "6001"],
    ["NaN", "share", NaN, "type", "NaN"],
    ["Infinity", "share", -Infinity, "type", "-Infinity"],
    ["an array for a number", "share", [1], "type", "an array"],
    ["a number for a boolean", "holiday", 1, "type", "1"],
    ["an object for a text", "origin", { a: 1 }, "type", "an object"],
    ["a function for a text", "origin", () => 1, "type", "a function"],
    ["a text out of the list", "cabin", "Economy", "range", '"Economy"'],
    ["a date that does not exist", "at", "2001-02-30", "type", '"2001-02-30"'],
    ["an invalid Date", "at", new Date(NaN), "type", "a date"],
    ["a time that no Date can hold", "at", 8.64e15 + 1, "type", "8640000000000001"],
    ["a boolean for a time", "at", true, "type", "true"],
  ])("with %s is refused", (_, field, value, kind, found) => {
    expect(problemsOf({ ...good, [field]: value })).toEqual([
      { field, kind, expected: describeField(schema[field]), found },
    ]);
  });

  test("with unknown fields is refused, and told the nearest", () => {
    expect(problemsOf({ ...good, orgin: 1, weather: 2 })).toEqual([
      { field: "orgin", kind: "unknown", expected: 'Did you mean "origin"?', found: '"orgin"' },
      {
        field: "weather",
        kind: "unknown",
        expected: "Valid names: at, distance, share, holiday, origin, cabin.",
        found: '"weather"',
      },
    ]);
  });

  test("is told all its problems, in the order of the schema, unknown ones last", () => {
    const problems = problemsOf({ zzz: 1, cabin: "x", distance: "x" });
    expect(problems.map(({ field }) => field)).toEqual(["at", "distance", "origin", "cabin", "zzz"]);
  });

  test.each([[null], [undefined], [3], ["text"], [[]], [[good]], [true]])("is not %j", (input) => {
    expect(problemsOf(input)).toMatchObject([{ field: "", kind: "type" }]);
  });

  test("has fields of its own alone: nothing comes from a prototype", () => {
    expect(problemsOf(Object.create(good))).toMatchObject([
      { field: "at" },
      { field: "distance" },
      { field: "origin" },
    ]);
    const odd = compileRecord({ constructor: t.string(), toString: t.int().optional() });
    expect(problemsOf({}, odd)).toMatchObject([{ field: "constructor", kind: "missing" }]);
    expect(odd({ constructor: "a" })).toEqual({ ok: true, values: ["a", null] });
    const hostile = JSON.parse('{"__proto__":{"origin":"JFK"},"constructor":1}') as unknown;
    const fields = problemsOf(hostile).map(({ field, kind }) => `${kind} ${field}`);
    expect(fields).toEqual([
      "missing at",
      "missing distance",
      "missing origin",
      "unknown __proto__",
      "unknown constructor",
    ]);
    expect(parse(Object.assign(Object.create(null) as object, good))).toMatchObject({ ok: true });
  });

  test("of any kind is answered, never thrown at", () => {
    const property = fc.property(fc.anything({ withBigInt: true, withDate: true }), (input) => {
      expect(parse(input).ok).toBe(false);
      expect(problemsOf({ ...good, share: input, extra: 1 }).at(-1)?.kind).toBe("unknown");
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("is told a long value in short", () => {
    expect(problemsOf({ ...good, distance: "x".repeat(1000) })[0].found).toBe(`"${"x".repeat(56)}...`);
  });
});

describe("words", () => {
  test("for fields", () => {
    expect(Object.values(schema).map(describeField)).toEqual([
      "an ISO 8601 time or epoch milliseconds",
      "a whole number from 1 to 6000",
      "a finite number or null",
      "true or false or null",
      "a text",
      "a text out of economy, business or null",
    ]);
    expect(describeField(t.timestamp().between("2001-01-01", "2001-01-02"))).toBe(
      "an ISO 8601 time or epoch milliseconds from 2001-01-01T00:00:00.000Z to 2001-01-02T00:00:00.000Z",
    );
  });

  test("for problems", () => {
    expect(problemsOf({ ...good, origin: 3, orgin: 1 }).map(describeProblem)).toEqual([
      "origin: expected a text, found 3",
      'orgin: no such field. Did you mean "origin"?',
    ]);
    expect(problemsOf(3, compileRecord({ a: t.int() })).map(describeProblem)).toEqual([
      "expected an object with the fields a, found 3",
    ]);
  });
});
