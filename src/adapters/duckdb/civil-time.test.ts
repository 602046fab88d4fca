import fc from "fast-check";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bindPositions,
  columnsOf,
  compileExpression,
  dayOfMonth,
  dayOfYear,
  hourOfDay,
  isWeekend,
  minuteOfDay,
  minuteOfHour,
  month,
  quarter,
  secondOfMinute,
  startOf,
  t,
  unitsBetween,
  weekday,
  year,
  type Expression,
  type Value,
} from "../../kernel/index.js";
import { zones } from "../../kernel/expression-trees.testing.js";

const f = columnsOf({ at: t.timestamp(), before: t.timestamp() });
const positions = bindPositions(["at", "before"]);

let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(":memory:");
  connection = await instance.connect();
});

afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

/** Times at which both carry the same rules, many of them near changes of the clocks. */
const changes = fc.constantFrom(
  ...["2019-03-10T07:00Z", "2019-11-03T06:00Z", "2019-03-31T01:00Z", "2019-10-27T01:00Z"],
  ...[
    "2019-04-06T15:00Z",
    "2019-10-05T15:30Z",
    "2011-12-30T10:00Z",
    "2018-11-04T03:00Z",
    "2018-02-18T02:00Z",
  ],
  ...[
    "2019-09-28T14:00Z",
    "2008-03-09T03:31Z",
    "2008-11-02T02:31Z",
    "2016-02-29T00:00Z",
    "1986-01-01T00:00Z",
  ],
);
const times = fc.oneof(
  fc
    .tuple(changes, fc.integer({ min: -90_000_000, max: 90_000_000 }))
    .map(([change, by]) => Date.parse(change) + by),
  fc.integer({ min: Date.UTC(1970, 0), max: Date.UTC(2020, 0) }),
);
const cases = fc.sample(fc.tuple(times, times), { seed: 7, numRuns: 1_000 });

/** The values of expressions for every case. */
function inProcess(expressions: readonly Expression[]): Value[][] {
  const readers = expressions.map(({ node }) => compileExpression(node, positions));
  return cases.map((times) => readers.map((read) => read(times)));
}

/** What DuckDB's ICU makes of the cases; `local` is the civil time in the session's zone. */
async function inDuckDB(zone: string, selected: readonly string[]): Promise<unknown[][]> {
  await connection.run(`SET TimeZone = '${zone}'`);
  const rows = cases.map(([at, before], i) => `(${i}, ${at}, ${before})`).join(", ");
  const moment = (ms: string) => `make_timestamptz(${ms} * 1000)`;
  const result = await connection.runAndReadAll(
    `SELECT ${selected.join(", ")} FROM (SELECT i, ${moment("a")} AS late, ${moment("b")} AS early,
       timezone('${zone}', ${moment("a")}) AS local FROM (VALUES ${rows}) AS cases(i, a, b)) ORDER BY i`,
  );
  return result.getRows().map((row) => row.map(Number));
}

describe.each(["UTC", "Asia/Kolkata", ...zones])("a time in %s", (zone) => {
  test("has the parts that DuckDB's ICU gives it", async () => {
    const parts: [string, Expression][] = [
      ["year(local)", year(f.at, { zone })],
      ["quarter(local)", quarter(f.at, { zone })],
      ["month(local)", month(f.at, { zone })],
      ["day(local)", dayOfMonth(f.at, { zone })],
      ["dayofyear(local)", dayOfYear(f.at, { zone })],
      ["isodow(local)", weekday(f.at, { zone })],
      ["(isodow(local) >= 6)::INT", isWeekend(f.at, { zone })],
      ["hour(local)", hourOfDay(f.at, { zone })],
      ["hour(local) * 60 + minute(local)", minuteOfDay(f.at, { zone })],
      ["minute(local)", minuteOfHour(f.at, { zone })],
      ["second(local)", secondOfMinute(f.at, { zone })],
    ];
    const expected = await inDuckDB(
      zone,
      parts.map(([sql]) => sql),
    );
    expect(inProcess(parts.map(([, expression]) => expression))).toEqual(expected);
  });

  test("is as many days and longer units after another as DuckDB counts", async () => {
    const units = ["day", "week", "month", "quarter", "year"] as const;
    // Between the starts of the units, because its difference in weeks counts full weeks.
    const start = (unit: string, time: string) => `date_trunc('${unit}', timezone('${zone}', ${time}))`;
    const expected = await inDuckDB(
      zone,
      units.map((unit) => `date_diff('${unit}', ${start(unit, "early")}, ${start(unit, "late")})`),
    );
    const found = inProcess(units.map((unit) => unitsBetween(f.before, f.at, { unit, zone })));
    expect(found).toEqual(expected);
  });
});

// Newfoundland is missing because its clocks showed some midnights twice, and DuckDB takes the second one.
describe.each(zones.filter((zone) => zone !== "America/St_Johns"))("a time in %s", (zone) => {
  test("is in the day, week, month and year that began when DuckDB's ICU says", async () => {
    // Quarters are missing because DuckDB begins them an hour late where the clocks were changed since.
    const units = ["day", "week", "month", "year"] as const;
    const expected = await inDuckDB(
      zone,
      units.map((unit) => `epoch_ms(date_trunc('${unit}', late))`),
    );
    const found = inProcess(units.map((unit) => startOf(f.at, { unit, zone })));
    expect(found).toEqual(expected);
  });
});
