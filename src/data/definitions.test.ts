import { describe, expect, it } from "vitest";
import { canonicalHash, columnsOf, isMillwrightError, t } from "../kernel/index.js";
import { expectRow, expectRows, type Severity } from "./expectation.js";
import { csv, json, parquet } from "./source-location.js";
import { events, sourceJson, type EventSourceOptions } from "./source.js";

const schema = { date: t.timestamp(), seen: t.timestamp().optional(), delay: t.int(), origin: t.string() };
const valid = { from: parquet("flights.parquet"), schema, eventTime: "date" } as const;

function errorOf(make: () => unknown) {
  try {
    make();
  } catch (error) {
    if (isMillwrightError(error)) return { code: error.code, remedy: error.remedy };
    throw error;
  }
  return undefined;
}

/** What a caller without types may give. */
const untyped = (options: Record<string, unknown>) => options as never;

describe("events", () => {
  it("is frozen and says when rows are known", () => {
    const source = events("flights", { ...valid, availableAt: (f) => f.date.plus("30m") });
    expect(Object.isFrozen(source)).toBe(true);
    expect(source.availableAt?.type).toBe("time");
    expect(source.at("date")).toEqual({ source, time: "date" });
  });

  it("hashes its whole meaning, but not its path", () => {
    const hash = (options: Partial<EventSourceOptions<typeof schema>>) =>
      canonicalHash(sourceJson(events("flights", { ...valid, ...options })));
    const plain = hash({});
    expect(hash({ from: parquet("/elsewhere/flights.parquet") })).toBe(plain);
    const others = [
      hash({ from: parquet("flights.parquet", { rows: 10 }) }),
      hash({ from: csv("flights.parquet") }),
      hash({ eventTime: "date", availableAt: (f) => f.date.plus("1h") }),
      hash({ expectations: (f) => [expectRow("early", f.delay.lt(0), "warn")] }),
      hash({ expectations: (f) => [expectRow("early", f.delay.lt(0), "block")] }),
      hash({ expectations: () => [expectRows({ atLeast: 1 }, "warn")] }),
    ];
    expect(new Set([plain, ...others]).size).toBe(others.length + 1);
  });

  it("hashes the order of columns", () => {
    const { date, ...rest } = schema;
    const other = events("flights", { ...valid, schema: { ...rest, date } });
    expect(canonicalHash(sourceJson(other))).not.toBe(canonicalHash(sourceJson(events("flights", valid))));
  });

  it.each([
    ["MW0207", 'Did you mean "eventTime"?', { ...valid, evenTime: "date" }],
    ["MW0208", 'Did you mean "date"?', { ...valid, eventTime: "dat" }],
    ["MW0206", undefined, { ...valid, eventTime: "delay" }],
    ["MW0206", undefined, { ...valid, eventTime: "seen" }],
    ["MW0206", undefined, { ...valid, schema: {} }],
    ["MW0206", undefined, { ...valid, schema: { ...schema, wrong: { kind: "money" } } }],
    ["MW0206", undefined, { ...valid, schema: { ...schema, Date: t.int() } }],
    ["MW0206", undefined, { ...valid, from: "flights.parquet" }],
    ["MW0206", undefined, { ...valid, availableAt: "date" }],
    ["MW0206", undefined, { ...valid, availableAt: (f: { delay: unknown }) => f.delay }],
    ["MW0206", undefined, { ...valid, expectations: [] }],
    ["MW0103", 'Did you mean "delay"?', { ...valid, availableAt: (f: { delya: unknown }) => f.delya }],
  ])("throws %s (%s)", (code, remedy, options) => {
    const error = errorOf(() => events("flights", untyped(options)));
    expect(error?.code).toBe(code);
    if (remedy !== undefined) expect(error?.remedy).toBe(remedy);
  });

  it("admits an expectation's name once, and names that make good file names", () => {
    const twice = () => [expectRows({ atLeast: 1 }, "warn"), expectRows({ atLeast: 1 }, "block")];
    expect(errorOf(() => events("flights", { ...valid, expectations: twice }))?.code).toBe("MW0206");
    expect(errorOf(() => events("../flights", valid))?.code).toBe("MW0206");
    expect(errorOf(() => events("flights", valid).at("delay"))?.code).toBe("MW0206");
    expect(errorOf(() => events("flights", valid).at("seen"))?.code).toBe("MW0206");
    expect(errorOf(() => events("flights", valid).at("nothing" as never))?.code).toBe("MW0208");
  });
});

describe("source locations", () => {
  it("keep what they are given", () => {
    expect(csv("a.csv", { rows: 5, delimiter: ";", nullText: "NA" })).toEqual({
      format: "csv",
      path: "a.csv",
      rows: 5,
      delimiter: ";",
      nullText: "NA",
    });
    expect(json("a.json")).toEqual({ format: "json", path: "a.json" });
  });

  it.each([
    ["MW0207", () => parquet("a", untyped({ row: 5 }))],
    ["MW0207", () => json("a", untyped({ delimiter: "," }))],
    ["MW0206", () => parquet("")],
    ["MW0206", () => parquet("a", { rows: 0 })],
    ["MW0206", () => parquet("a", { rows: 1.5 })],
    ["MW0206", () => csv("a", { delimiter: ",," })],
    ["MW0206", () => csv("a", { delimiter: '"' })],
    ["MW0206", () => csv("a", untyped({ nullText: 5 }))],
  ])("throw %s", (code, make) => {
    expect(errorOf(make)?.code).toBe(code);
  });
});

describe("expectations", () => {
  const f = columnsOf(schema);

  it.each([
    ["MW0206", () => expectRow("", f.delay.gt(0), "warn")],
    ["MW0206", () => expectRow("schema", f.delay.gt(0), "warn")],
    ["MW0206", () => expectRow("delay", f.delay as never, "warn")],
    ["MW0206", () => expectRow("delay", f.delay.gt(0), "warning" as Severity)],
    ["MW0206", () => expectRows({ atLeast: 1 }, "quarantine" as never)],
    ["MW0206", () => expectRows({ atLeast: 5, atMost: 4 }, "warn")],
    ["MW0206", () => expectRows({ atLeast: -1 }, "warn")],
    ["MW0207", () => expectRows(untyped({ atLest: 1 }), "warn")],
  ])("throw %s", (code, make) => {
    expect(errorOf(make)?.code).toBe(code);
  });
});
