import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { t, tableOf, type Columns, type Schema, type Value } from "../kernel/index.js";
import { expectColumn } from "./column-expectation.js";
import { verdictOf } from "./dataset.js";
import { examine } from "./examine.js";
import { expectRows, expectUnique, type Expectation } from "./expectation.js";
import { profileTable } from "./profile.js";
import { parquet } from "./source-location.js";
import { events } from "./source.js";
import { suggestExpectations } from "./suggest-expectations.js";

const suggest = (schema: Schema, rows: readonly (readonly Value[])[]) =>
  suggestExpectations(profileTable(tableOf(schema, rows)), schema);
const codes = (schema: Schema, rows: readonly (readonly Value[])[]) =>
  suggest(schema, rows).map(({ code }) => code);
const times = <Item>(count: number, make: (i: number) => Item) =>
  Array.from({ length: count }, (_, i) => make(i));

/** Runs suggested lines as a configuration would. */
function pasted<S extends Schema>(lines: readonly string[]): (f: Columns<S>) => Expectation[] {
  const body = `return [${lines.join(",\n")}]`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- what is suggested is code, so the test runs it
  const run = new Function("f", "expectColumn", "expectRows", "expectUnique", body) as (
    ...given: unknown[]
  ) => Expectation[];
  return (f) => run(f, expectColumn, expectRows, expectUnique);
}

describe("suggestExpectations", () => {
  it("widens ranges and rounds them outwards", () => {
    const schema = { x: t.int() };
    // Half the width of 14 to 1012 is 499: from −485, but it never was negative, to 1511.
    expect(
      codes(
        schema,
        times(500, (i) => [14 + 2 * (i % 500)]),
      ),
    ).toEqual([
      'expectRows({ atLeast: 250 }, "warn")',
      'expectColumn(f.x, { between: [0, 1600] }, "warn")',
      'expectUnique([f.x], "warn")',
    ]);
    expect(
      codes(
        schema,
        times(400, (i) => [-37 + (i % 100)]),
      ),
    ).toEqual(['expectRows({ atLeast: 200 }, "warn")', 'expectColumn(f.x, { between: [-87, 120] }, "warn")']);
  });

  it("suggests a set only where few texts occur many times", () => {
    const schema = { carrier: t.string() };
    expect(
      codes(
        schema,
        times(300, (i) => [["UA", "AA", "DL"][i % 3]]),
      )[1],
    ).toBe('expectColumn(f.carrier, { oneOf: ["AA", "DL", "UA"] }, "warn")');
    expect(
      codes(
        schema,
        times(299, (i) => [["UA", "AA", "DL"][i % 3]]),
      )[1],
    ).toBe('expectColumn(f.carrier, { length: { atLeast: 2, atMost: 2 } }, "warn")');
    expect(
      codes(
        schema,
        times(300, (i) => ["x".repeat(1 + (i % 11))]),
      )[1],
    ).toBe('expectColumn(f.carrier, { length: { atMost: 22 } }, "warn")');
  });

  it("expects nothing missing where nothing was, else about twice as much", () => {
    const schema = { x: t.timestamp().optional() };
    expect(
      codes(
        schema,
        times(200, (i) => [i]),
      )[1],
    ).toBe('expectColumn(f.x, { missing: { atMost: 0 } }, "warn")');
    expect(
      codes(
        schema,
        times(1000, (i) => [i % 10 === 0 ? null : i]),
      )[1],
    ).toBe('expectColumn(f.x, { missing: { atMost: 0.2 } }, "warn")');
  });

  it("repeats nothing that the schema says, and says nothing of few values", () => {
    const schema = {
      date: t.timestamp(),
      x: t.float().between(0, 1),
      code: t.string().oneOf("a"),
      on: t.bool(),
    };
    expect(
      codes(
        schema,
        times(200, () => [0, 0.5, "a", 1]),
      ),
    ).toEqual(['expectRows({ atLeast: 100 }, "warn")']);
    expect(
      codes(
        { x: t.int() },
        times(99, (i) => [i]),
      ),
    ).toEqual([]);
  });

  it("writes odd names and texts so that they can be pasted", () => {
    const schema = { 'the "x"': t.string() };
    expect(
      codes(
        schema,
        times(200, () => ['a"b\n']),
      )[1],
    ).toBe(String.raw`expectColumn(f["the \"x\""], { oneOf: ["a\"b\n"] }, "warn")`);
  });

  it("suggests what the data itself meets, the same for any order of rows", () => {
    const schema = {
      date: t.timestamp(),
      x: t.float().optional(),
      n: t.int(),
      text: t.string().optional(),
    };
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(0, -0, 1e-310, 0.1),
    );
    const row = fc.tuple(
      fc.integer(),
      fc.option(number),
      fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -3, max: 3 })),
      fc.option(fc.oneof(fc.string({ unit: "grapheme", maxLength: 5 }), fc.constantFrom("a", "b"))),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 100, maxLength: 130 }), (rows) => {
        const suggestions = suggest(schema, rows);
        expect(suggest(schema, [...rows].reverse())).toEqual(suggestions);
        const source = events("rows", {
          from: parquet("rows.parquet"),
          schema,
          eventTime: "date",
          expectations: pasted(suggestions.map(({ code }) => code)),
        });
        const given = { table: tableOf(schema, rows), rejects: [] };
        const { outcomes } = examine(source, given, { nowMs: 0, profile: false });
        expect(outcomes.filter((outcome) => verdictOf(outcome) !== "ok")).toEqual([]);
        expect(outcomes.length).toBeGreaterThan(1);
      }),
      { seed: 41, numRuns: 60 },
    );
  });
});
