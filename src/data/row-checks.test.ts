import { describe, expect, it } from "vitest";
import { compileRecord, t, tableOf, type Value } from "../kernel/index.js";
import { expectRow, expectRows } from "./expectation.js";
import { compileRowExpectations } from "./row-checks.js";
import { parquet } from "./source-location.js";
import { events } from "./source.js";
import { checkTable, type TableCheck } from "./table-check.js";

const source = events("flights", {
  from: parquet("flights.parquet"),
  schema: {
    date: t.timestamp(),
    delay: t.int().between(-100, 3000).optional(),
    share: t.float().optional(),
    late: t.bool().optional(),
    origin: t.string().oneOf("JFK", "SFO"),
  },
  eventTime: "date",
  expectations: (f) => [
    expectRow("not early", f.delay.gt(-10), "quarantine"),
    expectRow("not very late", f.delay.lt(500), "warn"),
    expectRow("has a past", f.date.ge(f.date.minus("1h")), "block"),
    expectRows({ atLeast: 1 }, "block"),
  ],
});
const checks = compileRowExpectations(source);

const good: Value[] = [0, 5, 0.5, 1, "JFK"];
const range = "delay: expected a whole number from -100 to 3000 or null, found";

/** Each row with the reasons, worked out by hand. */
const cases: [Value[], string[]][] = [
  [good, []],
  // Null passes a rule, and the schema where the column is optional.
  [[0, null, null, null, "SFO"], []],
  [[null, 5, 0.5, 1, "JFK"], ["date: expected an ISO 8601 time or epoch milliseconds, found nothing"]],
  [[0, 5, 0.5, 1, null], ["origin: expected a text out of JFK, SFO, found nothing"]],
  [[0, 5, 0.5, 1, "LAX"], ['origin: expected a text out of JFK, SFO, found "LAX"']],
  [[0, 3000, 0.5, 1, "JFK"], ["not very late"]],
  [
    [0, 3001, 0.5, 1, "JFK"],
    [`${range} 3001`, "not very late"],
  ],
  [[0, -100, 0.5, 1, "JFK"], ["not early"]],
  [
    [0, -101, 0.5, 1, "JFK"],
    [`${range} -101`, "not early"],
  ],
  [[0, 1.5, 0.5, 1, "JFK"], [`${range} 1.5`]],
  [[0, 5, Infinity, 1, "JFK"], ["share: expected a finite number or null, found Infinity"]],
  [[0, 5, 0.5, 2, "JFK"], ["late: expected true or false or null, found 2"]],
  [[2 ** 53, 5, 0.5, 1, "JFK"], [`date: expected an ISO 8601 time or epoch milliseconds, found ${2 ** 53}`]],
];

const quarantinedRows = (check: TableCheck) =>
  Array.from(check.quarantined, (row) => ({
    row,
    reasons: check
      .breachesOf(row)
      .filter(({ severity }) => severity === "quarantine")
      .map(({ reason }) => reason),
  }));

describe("compileRowExpectations", () => {
  it.each(cases)("of the event %j gives %j", (values, reasons) => {
    expect(checks.checkValues(values).map((breach) => breach.reason)).toEqual(reasons);
  });

  it("means the same for a table as for its rows, one by one", () => {
    const table = tableOf(
      source.schema,
      cases.map(([values]) => values),
    );
    const quarantinedOneByOne = cases.flatMap(([values], row) => {
      const reasons = checks
        .checkValues(values)
        .filter((breach) => breach.severity === "quarantine")
        .map((breach) => breach.reason);
      return reasons.length === 0 ? [] : [{ row, reasons }];
    });
    expect(quarantinedRows(checkTable(source, table))).toEqual(quarantinedOneByOne);
  });

  it("counts rows, not reasons, and names them", () => {
    const rows: Value[][] = [good, [null, 5, 0.5, 7, "LAX"], [0, 900, 0.5, 1, "JFK"]];
    const { outcomes, failing } = checkTable(source, tableOf(source.schema, rows));
    expect(outcomes).toEqual([
      { name: "schema", severity: "quarantine", failed: 1 },
      { name: "not early", severity: "quarantine", failed: 0 },
      { name: "not very late", severity: "warn", failed: 1 },
      { name: "has a past", severity: "block", failed: 0 },
    ]);
    expect([...failing("not very late")]).toEqual([2]);
    expect([...failing("not early")]).toEqual([]);
    expect([...failing()]).toEqual([1, 2]);
  });

  it("counts a rejected value as a breach, even where null is allowed", () => {
    const rejects = [{ row: 1, column: "delay", found: "soon" }];
    const table = tableOf(source.schema, [good, [0, null, 0.5, 1, "JFK"]]);
    expect(quarantinedRows(checkTable(source, table, rejects))).toEqual([
      { row: 1, reasons: [`${range} "soon"`] },
    ]);
  });

  it("finds nothing in the schema of a record that the kernel's parser admits", () => {
    const parse = compileRecord(source.schema);
    const parsed = parse({ date: "2001-01-01", delay: 5, origin: "JFK" });
    expect(parsed.ok && checks.checkValues(parsed.values)).toEqual([]);
  });
});
