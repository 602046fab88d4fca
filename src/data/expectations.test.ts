import { describe, expect, it } from "vitest";
import { canonicalHash, columnsOf, isMillwrightError, t } from "../kernel/index.js";
import { expectColumn, expectDistribution } from "./column-expectation.js";
import { expectFresh, expectSorted, expectUnique, type Expectation, type Severity } from "./expectation.js";
import { parquet } from "./source-location.js";
import { events, sourceJson, type EventSourceOptions } from "./source.js";

const schema = {
  id: t.int(),
  date: t.timestamp(),
  seen: t.timestamp().optional(),
  delay: t.int().optional(),
  late: t.bool(),
  origin: t.string(),
  share: t.float(),
};
const f = columnsOf(schema);
const base = { from: parquet("flights.parquet"), schema, eventTime: "date" } as const;
const reference = { edges: [0, 10], counts: [1, 2, 3] };

const withExpectations = (...expectations: (Expectation | readonly Expectation[])[]) =>
  events("flights", { ...base, expectations: () => expectations });
const namesOf = (...expectations: (Expectation | readonly Expectation[])[]) =>
  withExpectations(...expectations).expectations.map(({ name }) => name);
const hashOf = (...expectations: (Expectation | readonly Expectation[])[]) =>
  canonicalHash(sourceJson(withExpectations(...expectations)));

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
const untyped = (value: unknown) => value as never;

describe("expectColumn", () => {
  it("makes one named expectation of each rule", () => {
    const rules = {
      missing: { atMost: 0.01 },
      between: [-120, 2000],
      mean: { atLeast: 0, atMost: 20 },
      std: { atMost: 60 },
      sum: { atLeast: 0 },
      quantiles: { p95: { atMost: 120 }, "p99.5": { atMost: 300 } },
      distinct: { atLeast: 2 },
    } as const;
    expect(namesOf(expectColumn(f.delay, rules, "warn"))).toEqual([
      "delay: from -120 to 2000",
      "delay: share missing at most 0.01",
      "delay: distinct values at least 2",
      "delay: mean from 0 to 20",
      "delay: std at most 60",
      "delay: sum at least 0",
      "delay: p95 at most 120",
      "delay: p99.5 at most 300",
    ]);
    const texts = { oneOf: ["JFK", "SFO"], matches: "^[A-Z]{3}$", length: { atLeast: 3, atMost: 3 } };
    expect(namesOf(expectColumn(f.origin, texts, "quarantine"))).toEqual([
      "origin: one of JFK, SFO",
      "origin: matches ^[A-Z]{3}$",
      "origin: length exactly 3",
    ]);
  });

  it("takes a column by its name too, with the same meaning", () => {
    const rules = { between: ["2001-01-01", "2001-12-31"] } as const;
    expect(expectColumn("date", rules, "block")).toEqual(expectColumn(f.date, rules, "block"));
    expect(expectUnique(["id"], "warn")).toEqual(expectUnique([f.id], "warn"));
  });

  it("admits only rules for the column's type, and for quarantine only rules on values", () => {
    const codeOf = (make: () => readonly Expectation[]) => errorOf(() => withExpectations(make()))?.code;
    // @ts-expect-error a text has no mean
    expect(codeOf(() => expectColumn(f.origin, { mean: { atMost: 1 } }, "warn"))).toBe("MW0213");
    // @ts-expect-error a number matches no pattern
    expect(codeOf(() => expectColumn(f.delay, { matches: "1" }, "warn"))).toBe("MW0213");
    // @ts-expect-error texts are no set of numbers
    expect(codeOf(() => expectColumn(f.delay, { oneOf: ["JFK"] }, "warn"))).toBe("MW0213");
    // @ts-expect-error a mean names no rows
    expect(codeOf(() => expectColumn(f.delay, { mean: { atMost: 1 } }, "quarantine"))).toBe("MW0206");
    // @ts-expect-error a misspelt rule
    expect(codeOf(() => expectColumn(f.delay, { betwen: [0, 1] }, "warn"))).toBe("MW0207");
  });
});

describe("expectations", () => {
  it("hash their whole meaning", () => {
    const hashes = [
      hashOf(),
      hashOf(expectUnique([f.id], "warn")),
      hashOf(expectUnique([f.id], "block")),
      hashOf(expectUnique([f.id, f.origin], "warn")),
      hashOf(expectSorted(f.date, "warn")),
      hashOf(expectFresh("1d", "warn")),
      hashOf(expectFresh("2d", "warn")),
      hashOf(expectColumn(f.delay, { between: [0, 1] }, "warn")),
      hashOf(expectColumn(f.delay, { between: [0, 2] }, "warn")),
      hashOf(expectColumn(f.delay, { quantiles: { p50: { atMost: 2 } } }, "warn")),
      hashOf(expectColumn(f.delay, { quantiles: { p51: { atMost: 2 } } }, "warn")),
      hashOf(expectColumn(f.origin, { matches: "a" }, "warn")),
      hashOf(expectColumn(f.origin, { matches: "b" }, "warn")),
      hashOf(expectDistribution(f.delay, { like: "previous", atMost: 0.1 }, "warn")),
      hashOf(expectDistribution(f.delay, { like: reference, atMost: 0.1 }, "warn")),
      hashOf(expectDistribution(f.delay, { like: { ...reference, counts: [1, 2, 4] }, atMost: 0.1 }, "warn")),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashOf(expectFresh("48h", "warn"))).toBe(hashOf(expectFresh("2d", "warn")));
  });

  it.each<[string, string | undefined, () => unknown]>([
    [
      "MW0212",
      'Did you mean "delay"?',
      () => withExpectations(expectColumn("delya", { between: [0, 1] }, "warn")),
    ],
    ["MW0212", 'Did you mean "origin"?', () => withExpectations(expectUnique(["id", "orgin"], "warn"))],
    ["MW0212", undefined, () => withExpectations(expectSorted("when", "warn"))],
    [
      "MW0212",
      undefined,
      () => withExpectations(expectDistribution("x", { like: "previous", atMost: 0.1 }, "warn")),
    ],
    ["MW0213", undefined, () => withExpectations(expectSorted(f.origin, "warn"))],
    [
      "MW0213",
      undefined,
      () => withExpectations(expectDistribution(f.origin, { like: reference, atMost: 0.1 }, "warn")),
    ],
    ["MW0213", undefined, () => withExpectations(expectColumn("date", { sum: { atMost: 1 } }, "warn"))],
    ["MW0213", undefined, () => withExpectations(expectColumn("origin", { between: [0, 1] }, "warn"))],
    ["MW0213", undefined, () => expectColumn(untyped(f.delay.plus(1)), untyped({ between: [0, 1] }), "warn")],
    ["MW0213", undefined, () => expectUnique([untyped(7)], "warn")],
    ["MW0206", undefined, () => expectUnique([], "warn")],
    ["MW0206", undefined, () => expectUnique([f.id, "id"], "warn")],
    ["MW0206", undefined, () => expectUnique([f.id], "warning" as Severity)],
    ["MW0206", undefined, () => expectSorted(f.date, "no" as Severity)],
    ["MW0206", undefined, () => expectFresh("2d", untyped("quarantine"))],
    ["MW0206", undefined, () => withExpectations(expectFresh("2d", "warn"), expectFresh("48h", "block"))],
    ["MW0101", undefined, () => expectFresh(untyped("soon"), "warn")],
    [
      "MW0207",
      'Did you mean "atMost"?',
      () => expectColumn(f.delay, { mean: untyped({ atMots: 1 }) }, "warn"),
    ],
    [
      "MW0207",
      'Did you mean "like"?',
      () => expectDistribution(f.delay, untyped({ lik: reference }), "warn"),
    ],
    ["MW0214", undefined, () => expectColumn(f.delay, {}, "warn")],
    ["MW0214", undefined, () => expectColumn(f.delay, untyped(undefined), "warn")],
    ["MW0214", undefined, () => expectColumn(f.delay, { mean: {} }, "warn")],
    ["MW0214", undefined, () => expectColumn(f.delay, { mean: { atMost: NaN } }, "warn")],
    ["MW0214", undefined, () => expectColumn(f.delay, { mean: untyped(5) }, "warn")],
    ["MW0214", undefined, () => expectColumn(f.delay, { mean: { atLeast: 2, atMost: 1 } }, "warn")],
    ["MW0214", undefined, () => expectColumn(f.delay, { missing: { atMost: 1.1 } }, "warn")],
    ["MW0214", undefined, () => expectColumn(f.delay, { distinct: { atLeast: 0.5 } }, "warn")],
    ["MW0214", undefined, () => expectColumn(f.delay, { quantiles: { p101: { atMost: 1 } } }, "warn")],
    [
      "MW0214",
      undefined,
      () => expectColumn(f.delay, { quantiles: untyped({ median: { atMost: 1 } }) }, "warn"),
    ],
    ["MW0214", undefined, () => expectColumn(f.delay, { between: [2, 1] }, "warn")],
    ["MW0214", undefined, () => expectColumn(f.date, { between: ["2001", "2002-01-01"] }, "warn")],
    ["MW0214", undefined, () => expectColumn(f.delay, { oneOf: [] }, "warn")],
    ["MW0214", undefined, () => expectColumn("delay", { oneOf: untyped([1, "a"]) }, "warn")],
    ["MW0214", undefined, () => expectColumn(f.origin, { length: { atLeast: -1 } }, "warn")],
    ["MW0214", undefined, () => expectDistribution(f.delay, { like: reference, atMost: 1 }, "warn")],
    ["MW0214", undefined, () => expectDistribution(f.delay, { like: reference, atMost: 0 }, "warn")],
  ])("throw %s (%s)", (code, remedy, make) => {
    const error = errorOf(make);
    expect(error?.code).toBe(code);
    if (remedy !== undefined) expect(error?.remedy).toBe(remedy);
  });

  it.each([
    [undefined],
    [{}],
    [{ edges: [0, 1] }],
    [{ edges: [], counts: [1] }],
    [{ edges: [0, 0], counts: [1, 1, 1] }],
    [{ edges: [0, Infinity], counts: [1, 1, 1] }],
    [{ edges: [0, 1], counts: [1, 1] }],
    [{ edges: [0, 1], counts: [1, -1, 1] }],
    [{ edges: [0, 1], counts: [0, 0, 0] }],
    [{ edges: [0, 1], counts: [0, 0.5, 0] }],
    [{ edges: [0, 1], counts: [1, 1, 1], other: 0 }],
    [{ values: ["a"], other: 1 }],
    [{ values: { a: "1" }, other: 1 }],
    [{ values: { a: 1 }, other: null }],
    [{ values: {}, other: 0 }],
  ])("throw MW0216 for the reference %j", (like) => {
    const make = () => expectDistribution(f.delay, { like: untyped(like), atMost: 0.1 }, "warn");
    expect(errorOf(make)?.code).toBe("MW0216");
  });
});

describe("the id of a source", () => {
  const withId = (id: string, options: Partial<EventSourceOptions<typeof schema>> = {}) =>
    events("flights", { ...base, ...options, id: untyped(id) });

  it("is part of its meaning and expects every value once", () => {
    const source = withId("id", { expectations: (c) => [expectSorted(c.date, "warn")] });
    expect(source.id).toBe("id");
    expect(source.expectations).toEqual([
      { kind: "unique", name: "id", severity: "quarantine", columns: ["id"] },
      { kind: "sorted", name: "date: ascending", severity: "warn", column: "date" },
    ]);
    const hashes = [events("flights", base), withId("id"), withId("origin")].map((s) =>
      canonicalHash(sourceJson(s)),
    );
    expect(new Set(hashes).size).toBe(3);
    expect(sourceJson(source)).toMatchObject({ id: "id" });
  });

  it.each([
    ["MW0208", "ident"],
    ["MW0206", "delay"],
    ["MW0206", "share"],
    ["MW0206", "date"],
  ])("throws %s for the column %s", (code, id) => {
    expect(errorOf(() => withId(id))?.code).toBe(code);
  });
});
