import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { t, tableOf, valueAt, type Value } from "../kernel/index.js";
import { expectColumn } from "./column-expectation.js";
import { expectRow, expectSorted, expectUnique, type Severity } from "./expectation.js";
import { rowReader } from "./failing-row.js";
import { quarantineTable } from "./quarantine.js";
import { compileRowExpectations } from "./row-checks.js";
import { parquet } from "./source-location.js";
import { events } from "./source.js";
import { checkTable, type TableCheck } from "./table-check.js";

const schema = {
  date: t.timestamp(),
  key: t.string().optional(),
  n: t.float().between(-5, 5).optional(),
  on: t.bool().optional(),
};
const source = (unique: Severity, both: Severity, sorted: Severity) =>
  events("rows", {
    from: parquet("rows.parquet"),
    schema,
    eventTime: "date",
    expectations: (f) => [
      expectUnique([f.key], unique),
      expectRow("not four", f.n.ne(4), "quarantine"),
      expectUnique([f.key, f.n, f.on], both),
      expectSorted(f.n, sorted),
    ],
  });

const row = fc.tuple(
  fc.option(fc.integer({ min: 0, max: 3 }), { freq: 8 }),
  fc.option(fc.constantFrom("a", "b", "A", "a b", ""), { freq: 6 }),
  fc.option(fc.constantFrom(0, -0, 1, 2, 4, 5, 6, -5, 0.5), { freq: 6 }),
  fc.option(fc.constantFrom(0, 1), { freq: 6 }),
);
const severity = fc.constantFrom<Severity[]>("warn", "quarantine", "block");

/** Row by row against all rows kept so far, as the rules are told. */
function slowCheck(rows: readonly (readonly Value[])[], severities: readonly [Severity, Severity, Severity]) {
  const kept: (readonly Value[])[] = [];
  const broken: string[][] = [];
  const same = (a: readonly Value[], b: readonly Value[], columns: readonly number[]) =>
    columns.every((c) => a[c] !== null && b[c] !== null && a[c] === b[c]);
  for (const values of rows) {
    const [date, , n] = values;
    const schemaBroken = date === null || (typeof n === "number" && (n < -5 || n > 5));
    const names = [...(schemaBroken ? ["schema"] : []), ...(n === 4 ? ["not four"] : [])];
    const checks: [string, Severity, boolean][] = [
      ["unique key", severities[0], kept.some((k) => same(k, values, [1]))],
      ["unique key, n, on", severities[1], kept.some((k) => same(k, values, [1, 2, 3]))],
      [
        "n: ascending",
        severities[2],
        n !== null && kept.some((k) => k[2] !== null && Number(k[2]) > Number(n)),
      ],
    ];
    let keep = names.length === 0;
    if (keep) {
      for (const [name, level, breaks] of checks) {
        if (!breaks) continue;
        names.push(name);
        if (level === "quarantine") keep = false;
      }
    }
    if (keep) kept.push(values);
    broken.push(names);
  }
  return broken;
}

const brokenNames = (check: TableCheck, rowCount: number) =>
  Array.from({ length: rowCount }, (_, at) => [...new Set(check.breachesOf(at).map((b) => b.expectation))]);

describe("checkTable", () => {
  it("agrees with a slow check against all rows kept before", () => {
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 40 }),
        fc.tuple(severity, severity, severity),
        (rows, severities) => {
          const check = checkTable(source(...severities), tableOf(schema, rows));
          const expected = slowCheck(rows, severities);
          expect(brokenNames(check, rows.length).map((names) => names.sort())).toEqual(
            expected.map((names) => names.sort()),
          );
          const levels = new Map(check.outcomes.map((outcome) => [outcome.name, outcome.severity]));
          const rowsOf = (wanted: (name: string) => boolean) =>
            expected.flatMap((names, at) => (names.some(wanted) ? [at] : []));
          expect([...check.quarantined]).toEqual(rowsOf((name) => levels.get(name) === "quarantine"));
          expect([...check.failing()]).toEqual(rowsOf(() => true));
          for (const { name, failed } of check.outcomes) {
            expect([...check.failing(name)]).toEqual(rowsOf((other) => other === name));
            expect(failed).toBe(rowsOf((other) => other === name).length);
          }
        },
      ),
      { seed: 11, numRuns: 400 },
    );
  });

  it("finds duplicates among very many rows, where slots of the index collide", () => {
    const count = 20_000;
    // 7,919 is prime to 15,000: every number below 15,000 comes before the first repetition.
    const values = Float64Array.from({ length: count }, (_, i) => (i * 7_919) % 15_000);
    const table = { rowCount: count, columns: { date: { kind: "number", values } } } as const;
    const dates = events("dates", {
      from: parquet("dates.parquet"),
      schema: { date: t.timestamp() },
      eventTime: "date",
      expectations: (f) => [expectUnique([f.date], "warn")],
    });
    const { outcomes, failing } = checkTable(dates, table);
    expect(outcomes[1]).toEqual({ name: "unique date", severity: "warn", failed: 5_000 });
    expect([...failing("unique date")]).toEqual(Array.from({ length: 5_000 }, (_, i) => 15_000 + i));
  });

  it("names the row that was first, and says what a row was judged by", () => {
    const rows = [
      [0, "a", 3, null],
      [0, "b", 1, null],
      [0, "a", 3, null],
    ];
    const check = checkTable(source("warn", "quarantine", "warn"), tableOf(schema, rows));
    expect(check.breachesOf(2)).toEqual([
      { expectation: "unique key", severity: "warn", reason: 'unique key: "a" stands in row 0 already' },
    ]);
    expect(check.breachesOf(1).map(({ reason }) => reason)).toEqual([
      "n: ascending, found 1 after a greater value",
    ]);
    expect(check.columnsOf("unique key, n, on")).toEqual(["key", "n", "on"]);
    expect(check.columnsOf("schema")).toEqual(["date", "key", "n", "on"]);
  });

  it("lets a row that is set aside claim nothing, so that the next one is kept", () => {
    const rows = [
      [0, "a", 4, null],
      [0, "a", 1, null],
      [0, "a", 1, null],
    ];
    const check = checkTable(source("quarantine", "warn", "warn"), tableOf(schema, rows));
    expect([...check.quarantined]).toEqual([0, 2]);
  });
});

describe("rules on values", () => {
  const ruled = events("rows", {
    from: parquet("rows.parquet"),
    schema: { date: t.timestamp(), code: t.string().optional(), n: t.int().optional() },
    eventTime: "date",
    expectations: (f) => [
      expectColumn(
        f.code,
        { matches: "^[A-Z]", length: { atLeast: 2, atMost: 3 }, oneOf: ["AA", "👍👍👍"] },
        "warn",
      ),
      expectColumn(f.n, { between: [-1, 1], oneOf: [0, 1, 5] }, "block"),
      expectColumn(f.date, { between: ["2001-01-01", "2001-01-02T00:00:00.001Z"] }, "quarantine"),
    ],
  });
  const day = Date.UTC(2001, 0, 2);

  /** Each row with the names of what it breaks, worked out by hand. */
  const cases: [Value[], string[]][] = [
    [[day, "AA", 1], []],
    [[day, null, null], []],
    [[day + 1, "AA", 0], []],
    [[day + 2, "AA", 0], ["date: from 2001-01-01 to 2001-01-02T00:00:00.001Z"]],
    [
      [day, "a", -1],
      ["code: one of AA, 👍👍👍", "code: matches ^[A-Z]", "code: length from 2 to 3", "n: one of 0, 1, 5"],
    ],
    [
      [day, "👍👍👍", 5],
      ["code: matches ^[A-Z]", "n: from -1 to 1"],
    ],
    [
      [day, "AAAA", 2],
      ["code: one of AA, 👍👍👍", "code: length from 2 to 3", "n: from -1 to 1", "n: one of 0, 1, 5"],
    ],
  ];

  it.each(cases)("of the event %j: %j", (values, names) => {
    const breaches = compileRowExpectations(ruled).checkValues(values);
    expect(breaches.map(({ expectation }) => expectation)).toEqual(names);
  });

  it("mean the same for a table, and tell what was found", () => {
    const rows = cases.map(([values]) => values);
    const check = checkTable(ruled, tableOf(ruled.schema, rows));
    const { checkValues } = compileRowExpectations(ruled);
    expect(rows.map((_, at) => check.breachesOf(at))).toEqual(rows.map(checkValues));
    expect(check.breachesOf(3)[0].reason).toBe(
      "date: from 2001-01-01 to 2001-01-02T00:00:00.001Z, found 2001-01-02T00:00:00.002Z",
    );
  });
});

describe("rows and values of a file that could not be read", () => {
  const schema = { n: t.int(), m: t.int().optional(), s: t.string() };
  const source = events("rows", {
    from: parquet("rows.parquet"),
    schema: { at: t.timestamp(), ...schema },
    eventTime: "at",
  });
  const table = tableOf(source.schema, [
    [0, 1, 1, "a"],
    [null, null, null, null],
    [0, null, null, "b"],
  ]);

  it("are set aside, each with all that is wrong with it", () => {
    const check = checkTable(source, table, [
      { row: 1, reason: "line 3: expected 4 fields, found 2", text: "2024,x" },
      { row: 2, column: "n", found: "9007199254740993" },
      { row: 2, column: "m", found: "many" },
    ]);
    expect([...check.quarantined]).toEqual([1, 2]);
    expect(check.outcomes[0]).toMatchObject({ name: "schema", failed: 2 });
    const reasons = (row: number) => check.breachesOf(row).map(({ reason }) => reason);
    expect(reasons(1)).toEqual(['line 3: expected 4 fields, found 2: "2024,x"']);
    expect(reasons(2)).toEqual([
      "n: expected a whole number up to 9007199254740991, found 9007199254740993",
      'm: expected a whole number or null, found "many"',
    ]);
  });

  it("show their texts", () => {
    const rejects = [{ row: 1, reason: "line 3: expected 4 fields, found 2", text: "2024,x" }];
    expect(rowReader(source.schema, { table, rejects })(1)).toMatchObject({ "(line)": "2024,x", n: null });
    const { columns } = quarantineTable({ table, rejects }, checkTable(source, table, rejects));
    expect(JSON.parse(String(valueAt(columns.row, 0)))).toMatchObject({ "(line)": "2024,x", s: null });
  });
});
