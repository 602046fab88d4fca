import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { t, tableOf, type Value } from "../kernel/index.js";
import { expectColumn, expectDistribution } from "./column-expectation.js";
import { verdictOf, type DatasetVersion } from "./dataset.js";
import { expectFresh, expectRows, type Expectation } from "./expectation.js";
import type { ColumnProfile } from "./profile.js";
import type { ReferenceDistribution } from "./reference-distribution.js";
import { parquet } from "./source-location.js";
import { events } from "./source.js";
import { judgeWhole } from "./whole-judgement.js";

const schema = { date: t.timestamp(), x: t.float().optional(), code: t.string().optional() };

interface Judged {
  readonly rows: readonly (readonly Value[])[];
  readonly kept?: Int32Array;
  readonly nowMs?: number;
  readonly previous?: Record<string, ColumnProfile>;
}

function judge(
  expectation: Expectation | readonly Expectation[],
  { rows, kept, nowMs = 0, previous }: Judged,
) {
  const source = events("rows", {
    from: parquet("rows.parquet"),
    schema,
    eventTime: "date",
    expectations: () => [expectation],
  });
  const before = previous && ({ profile: previous } as DatasetVersion);
  const context = { source, nowMs, profile: false, ...(before === undefined ? {} : { previous: before }) };
  return judgeWhole(tableOf(schema, rows), kept, context).outcomes.map((outcome) => ({
    ...outcome,
    verdict: verdictOf(outcome),
  }));
}

const rowsOf = (xs: readonly (number | null)[]): Value[][] => xs.map((x) => [0, x, null]);
const textsOf = (texts: readonly (string | null)[]): Value[][] => texts.map((code) => [0, null, code]);

const number = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
const column = fc.array(fc.option(fc.oneof(number, fc.integer({ min: 0, max: 3 }))), { maxLength: 60 });
const wide = { atLeast: -1e300 };

/** The plain definitions; undefined where there are too few values. */
function slowStatistics(xs: readonly (number | null)[], level: number) {
  const present = xs.filter((x) => x !== null).sort((a, b) => a - b);
  const n = present.length;
  const sum = present.reduce((total, x) => total + x, 0);
  const mean = n === 0 ? undefined : sum / n;
  const squares = present.reduce((total, x) => total + (x - (mean ?? 0)) ** 2, 0);
  // Hyndman and Fan (1996), type 7: the value at 1 + (n − 1) p of the sorted sample, counted from 1.
  const at = (n - 1) * level;
  const [low, high] = [present[Math.floor(at)], present[Math.ceil(at)]];
  return {
    missing: xs.length === 0 ? undefined : (xs.length - n) / xs.length,
    distinct: new Set(present.map((x) => x + 0)).size,
    mean,
    std: n < 2 ? undefined : Math.sqrt(squares / (n - 1)),
    sum: n === 0 ? undefined : sum,
    quantile: n === 0 ? undefined : low * (1 - (at % 1)) + high * (at % 1),
  };
}

describe("statistics of a column", () => {
  it("agree with their plain definitions, and nothing is made of nothing", () => {
    const levels = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(column, levels, (xs, percent) => {
        const quantiles = { [`p${percent}` as const]: wide };
        const rules = {
          missing: { atMost: 1 },
          distinct: { atLeast: 0 },
          mean: wide,
          std: wide,
          sum: wide,
          quantiles,
        };
        const outcomes = judge(expectColumn("x", rules, "warn"), { rows: rowsOf(xs) });
        const expected = slowStatistics(xs, percent / 100);
        for (const [i, value] of Object.values(expected).entries()) {
          expect(outcomes[i].verdict).toBe(value === undefined ? "insufficient" : "ok");
          if (value === undefined) expect(outcomes[i].value).toBeUndefined();
          else expect(Math.abs((outcomes[i].value ?? NaN) - value)).toBeLessThan(1e-3);
        }
      }),
      { seed: 21 },
    );
  });

  it.each<[string, "ok" | "broken", Expectation | readonly Expectation[]]>([
    ["a mean at its bound", "ok", expectColumn("x", { mean: { atLeast: 2, atMost: 2 } }, "warn")],
    ["a mean over its bound", "broken", expectColumn("x", { mean: { atMost: 1.999 } }, "warn")],
    ["a mean under its bound", "broken", expectColumn("x", { mean: { atLeast: 2.001 } }, "warn")],
    ["a share missing at its bound", "ok", expectColumn("x", { missing: { atMost: 0.25 } }, "warn")],
    ["a share missing over its bound", "broken", expectColumn("x", { missing: { atMost: 0.249 } }, "warn")],
    ["a sum", "ok", expectColumn("x", { sum: { atLeast: 6, atMost: 6 } }, "warn")],
    ["distinct values", "broken", expectColumn("x", { distinct: { atLeast: 4 } }, "warn")],
    ["a median", "ok", expectColumn("x", { quantiles: { p50: { atLeast: 2, atMost: 2 } } }, "warn")],
    ["rows", "ok", expectRows({ atLeast: 4, atMost: 4 }, "warn")],
    ["too many rows", "broken", expectRows({ atLeast: 0, atMost: 3 }, "warn")],
  ])("%s: %s", (_, verdict, expectation) => {
    const [outcome] = judge(expectation, { rows: rowsOf([1, null, 3, 2]) });
    expect(outcome).toMatchObject({ verdict, failed: verdict === "ok" ? 0 : 1 });
  });

  it("are taken of the rows that are left", () => {
    const rules = { mean: { atMost: 10 }, missing: { atMost: 0 }, distinct: { atMost: 9 } };
    const rows = rowsOf([1, null, 1000, 3]);
    const values = judge(expectColumn("x", rules, "warn"), { rows, kept: Int32Array.of(0, 3) });
    expect(values.map(({ value }) => value)).toEqual([0, 2, 2]);
    const texts = judge(expectColumn("code", { distinct: { atLeast: 0 }, missing: { atMost: 1 } }, "warn"), {
      rows: textsOf(["a", "b", null, "b"]),
      kept: Int32Array.of(1, 2, 3),
    });
    expect(texts.map(({ value }) => value)).toEqual([1 / 3, 1]);
  });
});

describe("freshness", () => {
  const fresh = (lastMs: number | null, nowMs: number) =>
    judge(expectFresh("2d", "block"), {
      rows: [
        [0, null, null],
        [lastMs, null, null],
      ],
      nowMs,
    })[0];
  const [day, now] = [86_400_000, Date.UTC(2024, 5, 1)];

  it("includes its exact boundary, and not a millisecond more", () => {
    expect(fresh(now - 2 * day, now)).toMatchObject({ verdict: "ok", value: 2 * day });
    expect(fresh(now - 2 * day - 1, now)).toMatchObject({ verdict: "broken", failed: 1 });
    expect(fresh(now - 2 * day - 1, now).found).toBe("latest 2024-05-29T23:59:59.999Z, 2 d old");
    expect(fresh(now, now).found).toBe("latest 2024-06-01T00:00:00.000Z, 0 ms old");
    expect(fresh(now + 5_400_000, now)).toMatchObject({ verdict: "ok", value: -5_400_000 });
    expect(fresh(now + 5_400_000, now).found).toContain("1.5 h ahead of now");
  });

  it("is insufficient without an event time", () => {
    const [outcome] = judge(expectFresh("2d", "block"), { rows: [] });
    expect(outcome).toMatchObject({ verdict: "insufficient", failed: 0 });
  });
});

/** Jensen–Shannon distance of base 2, by its definition. */
function slowDistance(reference: readonly number[], current: readonly number[]): number {
  const shares = (counts: readonly number[]) => counts.map((n) => n / counts.reduce((a, b) => a + b, 0));
  const [p, q] = [shares(reference), shares(current)];
  const divergence = (a: readonly number[]) =>
    a.reduce((sum, share, i) => sum + (share === 0 ? 0 : share * Math.log2(share / ((p[i] + q[i]) / 2))), 0);
  return Math.sqrt(Math.max(0, (divergence(p) + divergence(q)) / 2));
}

const like = (reference: ReferenceDistribution | "previous", columnName = "x") =>
  expectDistribution(columnName, { like: reference, atMost: 0.1 }, "warn");
const repeated = (counts: readonly number[]) =>
  counts.flatMap((count, i) => new Array<number>(count).fill(i));

describe("distributions", () => {
  it("are compared over the bins of the reference, by the definition of the distance", () => {
    const counts = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(counts, fc.array(number, { minLength: 1, maxLength: 40 }), (shares, xs) => {
        fc.pre(shares.some((n) => n > 0));
        const edges = [-1000, 0, 5000];
        const current = [
          xs.filter((x) => x < -1000).length,
          xs.filter((x) => x >= -1000 && x < 0).length,
          xs.filter((x) => x >= 0 && x < 5000).length,
          xs.filter((x) => x >= 5000).length,
        ];
        const [outcome] = judge(like({ edges, counts: shares }), { rows: rowsOf([...xs, null]) });
        expect(Math.abs((outcome.value ?? NaN) - slowDistance(shares, current))).toBeLessThan(1e-6);
      }),
      { seed: 31 },
    );
  });

  it("of texts put what the reference does not name together", () => {
    const reference = { values: { a: 6, b: 2 }, other: 2 };
    const texts = [..."aaabcd", null];
    const [outcome] = judge(like(reference, "code"), { rows: textsOf(texts) });
    expect(outcome.value).toBeCloseTo(slowDistance([6, 2, 2], [3, 1, 2]), 12);
  });

  it("are ok, broken, or too small to tell", () => {
    const reference = { edges: [0, 1, 2, 3], counts: [0, 3000, 3000, 4000, 0] };
    const verdict = (counts: number[]) =>
      judge(like(reference), { rows: rowsOf(repeated(counts)) })[0].verdict;
    expect(verdict([3000, 3000, 4000])).toBe("ok");
    expect(verdict([9000, 500, 500])).toBe("broken");
    expect(verdict([3, 3, 4])).toBe("insufficient");
    expect(judge(like(reference), { rows: rowsOf([null, null]) })[0]).toMatchObject({
      verdict: "insufficient",
      found: "no values",
    });
  });

  it("are compared with what the previous version's profile keeps", () => {
    const rows = rowsOf(repeated([3000, 3000, 4000]));
    const text = (value: string) => textsOf(new Array<string>(5000).fill(value));
    const profile = (given: Value[][]) => {
      const source = events("rows", { from: parquet("rows.parquet"), schema, eventTime: "date" });
      return judgeWhole(tableOf(schema, given), undefined, { source, nowMs: 0, profile: true }).profile;
    };
    const verdict = (expectation: Expectation, given: Value[][], before?: Value[][]) =>
      judge(expectation, {
        rows: given,
        ...(before === undefined ? {} : { previous: { ...profile(before) } }),
      })[0];
    expect(verdict(like("previous"), rows)).toMatchObject({ verdict: "ok", found: "no previous version" });
    expect(verdict(like("previous"), rows, rows)).toMatchObject({ verdict: "ok", value: 0 });
    expect(verdict(like("previous"), rows, rowsOf(repeated([9000, 500, 500]))).verdict).toBe("broken");
    expect(verdict(like("previous", "code"), text("a"), text("a")).verdict).toBe("ok");
    expect(verdict(like("previous", "code"), text("a"), text("b"))).toMatchObject({
      verdict: "broken",
      value: 1,
    });
    // A version of before there were histograms, and one where the column held something else.
    const { histogram: _, ...old } = profile(rows).x as Extract<ColumnProfile, { kind: "number" }>;
    for (const before of [old, profile(text("a")).code]) {
      expect(judge(like("previous"), { rows, previous: { x: before } })[0].verdict).toBe("insufficient");
    }
  });
});
