import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRng } from "../../kernel/index.js";
import type { Feature, FeatureTable } from "../../learning/index.js";
import { benjaminiHochberg, holm, welchGreater, type Moments } from "../../stats/index.js";
import { findSlices } from "./find-slices.js";

const codeOf = (code: string) => expect.objectContaining({ code }) as Error;

interface Columns {
  readonly origin: readonly string[];
  readonly hour: readonly number[];
}

function tableOf({ origin, hour }: Columns): FeatureTable {
  const dictionary = [...new Set(origin)].filter((name) => name !== "");
  const features: readonly Feature[] = [
    {
      kind: "text",
      name: "origin",
      codes: Int32Array.from(origin, (name) => dictionary.indexOf(name)),
      dictionary,
    },
    { kind: "number", name: "hour", values: Float32Array.from(hour) },
  ];
  return { rowCount: origin.length, features };
}

/** Losses of noise, and much more where it is ORD in the evening. */
function flights(rows: number, seed: number, extra: number): { table: FeatureTable; losses: Float64Array } {
  const rng = seededRng(seed);
  const origin = Array.from({ length: rows }, () => ["ORD", "JFK", "SFO", "LAX"][rng.below(4)]);
  const hour = Array.from({ length: rows }, () => rng.below(24));
  const losses = Float64Array.from(
    origin,
    (name, row) => rng.next() + (name === "ORD" && hour[row] >= 18 ? extra : 0),
  );
  return { table: tableOf({ origin, hour }), losses };
}

describe("a planted slice", () => {
  test("is found first, by its name", () => {
    const { table, losses } = flights(20_000, 1, 0.5);
    const { slices, tried } = findSlices(losses, table);
    expect(slices[0]).toMatchObject({
      name: "origin = ORD and hour >= 18",
      conditions: ["origin = ORD", "hour >= 18"],
    });
    // A quarter of a quarter of the rows; their loss is ½ more, of a spread of √(1/12 + ¼·1/16·15/16) = 0.313.
    expect(slices[0].rows).toBeGreaterThan(1_100);
    expect(slices[0].rows).toBeLessThan(1_400);
    // The standard error of the difference is 0.29 / √1250 = 0.008; four of them.
    const difference = slices[0].meanLoss - slices[0].otherLoss;
    expect(Math.abs(difference - 0.5)).toBeLessThan(0.033);
    expect(slices[0].effect * 0.313).toBeCloseTo(difference, 1);
    expect(slices[0].pValue).toBeLessThan(1e-12);
    // Four origins, eight conditions on the hour (four quarters, two and two half-lines), every pair; nothing is missing.
    expect(tried).toBe(4 + 8 + 32);
  });

  test("is found in whatever order the rows come", () => {
    const { table, losses } = flights(8_000, 2, 0.5);
    const order = Array.from(losses.keys()).reverse();
    const features = table.features.map((feature): Feature =>
      feature.kind === "number"
        ? { ...feature, values: Float32Array.from(order, (row) => feature.values[row]) }
        : { ...feature, codes: Int32Array.from(order, (row) => feature.codes[row]) },
    );
    const turned = findSlices(
      Float64Array.from(order, (row) => losses[row]),
      { rowCount: 8_000, features },
    );
    expect(turned.slices.map(({ name }) => name)).toEqual(
      findSlices(losses, table).slices.map(({ name }) => name),
    );
  });

  test("of missing values is found too", () => {
    const { table, losses } = flights(8_000, 3, 0);
    const [origin, hour] = table.features;
    if (hour.kind !== "number") throw new TypeError("hour is a number");
    const values = hour.values.map((value, row) => (row % 8 === 0 ? NaN : value));
    const worse = losses.map((loss, row) => loss + (row % 8 === 0 ? 1 : 0));
    const { slices } = findSlices(worse, { ...table, features: [origin, { ...hour, values }] });
    expect(slices.map(({ name }) => name)).toContain("hour is missing");
  });

  test("is not told again with a second condition that adds nothing", () => {
    const { table, losses } = flights(20_000, 4, 0);
    const [origin] = table.features;
    if (origin.kind !== "text") throw new TypeError("origin is text");
    const ord = origin.dictionary.indexOf("ORD");
    const worse = losses.map((loss, row) => loss + (origin.codes[row] === ord ? 0.5 : 0));
    expect(findSlices(worse, table).slices.map(({ name }) => name)).toEqual(["origin = ORD"]);
  });
});

describe("noise", () => {
  test("has a slice in about one of twenty samples at most", () => {
    // Holm bounds the chance of any at 5 %. Of 100 samples more than 12 have a chance under 1e-3.
    let wrong = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { table, losses } = flights(1_500, 100 + seed, 0);
      const { slices } = findSlices(losses, table, { minRows: 50, minEffect: 0 });
      if (slices.length > 0) wrong++;
    }
    expect(wrong).toBeLessThanOrEqual(12);
  });
});

/** Everything from the rows themselves, without sums by code, beams or shared work. */
function exhaustive({ origin, hour }: Columns, losses: readonly number[], minRows: number) {
  type Test = { readonly name: string; readonly holds: (row: number) => boolean; readonly column: number };
  const distinct = [...new Set(hour)].sort((a, b) => a - b);
  const conditions: Test[] = [
    ...[...new Set(origin)].map((name) => ({
      name: `origin = ${name}`,
      holds: (row: number) => origin[row] === name,
      column: 0,
    })),
    ...(distinct.length < 2
      ? []
      : [
          ...distinct.map((value) => ({
            name: `hour = ${value}`,
            holds: (row: number) => hour[row] === value,
            column: 1,
          })),
          ...distinct.slice(2).map((value) => ({
            name: `hour < ${value}`,
            holds: (row: number) => hour[row] < value,
            column: 1,
          })),
          ...distinct.slice(1, -1).map((value) => ({
            name: `hour >= ${value}`,
            holds: (row: number) => hour[row] >= value,
            column: 1,
          })),
        ]),
  ];
  const moments = (keep: (row: number) => boolean): Moments => {
    const kept = losses.filter((_, row) => keep(row));
    const mean = kept.reduce((sum, loss) => sum + loss, 0) / kept.length;
    const variance = kept.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (kept.length - 1);
    return { count: kept.length, mean, variance };
  };
  const singles = conditions.filter(({ holds }) => {
    const { count } = moments(holds);
    return count >= minRows && losses.length - count >= minRows;
  });
  const pairs = singles.flatMap((a) =>
    singles.flatMap((b) => (a.column < b.column ? [{ parts: [a, b], name: `${a.name} and ${b.name}` }] : [])),
  );
  return [...singles.map((single) => ({ parts: [single], name: single.name })), ...pairs].flatMap(
    ({ parts, name }) => {
      const holds = (row: number) => parts.every((part) => part.holds(row));
      const own = moments(holds);
      const rests = [
        moments((row) => !holds(row)),
        ...(parts.length === 1 ? [] : parts.map((part) => moments((row) => part.holds(row) && !holds(row)))),
      ];
      if (own.count < minRows || rests[0].count < minRows || rests.some(({ count }) => count < 2)) return [];
      return [
        {
          name,
          rows: own.count,
          meanLoss: own.mean,
          pValue: Math.max(...rests.map((rest) => welchGreater(own, rest).pValue)),
        },
      ];
    },
  );
}

describe("the search", () => {
  const column = fc.record({
    origin: fc.constantFrom("a", "b", "c"),
    hour: fc.integer({ min: 0, max: 3 }),
    loss: fc.integer({ min: 0, max: 6 }),
  });

  test("with a beam wide enough is the exhaustive one", () => {
    fc.assert(
      fc.property(
        fc.array(column, { minLength: 12, maxLength: 60 }),
        fc.constantFrom("holm" as const, "benjamini-hochberg" as const),
        (rows, correction) => {
          const columns = { origin: rows.map(({ origin }) => origin), hour: rows.map(({ hour }) => hour) };
          const losses = rows.map(({ loss }) => loss);
          const expected = exhaustive(columns, losses, 3);
          const { slices, tried } = findSlices(Float64Array.from(losses), tableOf(columns), {
            minRows: 3,
            beam: 1000,
            alpha: 0.5,
            minEffect: 0,
            correction,
          });
          expect(tried).toBe(expected.length);
          const adjust = correction === "holm" ? holm : benjaminiHochberg;
          const adjusted = adjust(expected.map(({ pValue }) => pValue));
          // A hair from the level rounding decides.
          const told = expected.flatMap((slice, i) =>
            adjusted[i] <= 0.5 - 1e-9 ? [{ ...slice, pValue: adjusted[i] }] : [],
          );
          const byName = new Map(slices.map((slice) => [slice.name, slice]));
          for (const slice of told) {
            const found = byName.get(slice.name);
            // Effects at 0 are of no interest: a p-value of ½ and less has an effect above it.
            expect(found).toBeDefined();
            expect(found?.rows).toBe(slice.rows);
            expect(found?.meanLoss).toBeCloseTo(slice.meanLoss, 9);
            expect(found?.pValue).toBeCloseTo(slice.pValue, 6);
          }
          expect(slices.length - told.length).toBeLessThanOrEqual(
            adjusted.filter((p) => Math.abs(p - 0.5) < 1e-8).length,
          );
        },
      ),
    );
  });

  test("of one condition tries no pairs; numbers with many values are cut at their quartiles", () => {
    const rng = seededRng(9);
    const values = Float32Array.from({ length: 4_000 }, () => rng.next());
    const losses = Float64Array.from(values, (value) => rng.next() + (value >= 0.75 ? 1 : 0));
    const table: FeatureTable = { rowCount: 4_000, features: [{ kind: "number", name: "x", values }] };
    const { slices, tried } = findSlices(losses, table, { maxConditions: 1 });
    expect(tried).toBe(8);
    expect(slices[0].name).toMatch(/^x >= 0\.7\d+$/);
  });

  test("refuses columns of another length, and bad options", () => {
    const { table, losses } = flights(100, 1, 0);
    expect(() => findSlices(losses.slice(1), table)).toThrow(codeOf("MW0505"));
    expect(() => findSlices(losses, table, { maxConditions: 3 })).toThrow(codeOf("MW0104"));
    expect(() => findSlices(losses, table, { minRow: 3 } as object)).toThrow(codeOf("MW0103"));
  });
});
