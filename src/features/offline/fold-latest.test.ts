import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import { seededRng, t, tableOf } from "../../kernel/index.js";
import { count, last, timeSinceLast } from "../definition/aggregation.js";
import { eventTable } from "../definition/event-log.js";
import { streamedValues } from "./event-values.js";
import { featureSet } from "../definition/feature-set.js";
import { buildFeatures } from "./feature-table.js";
import { columnsOut, foldAnswers, foldInput, oracleAnswers, type Asked } from "./fold-answers.testing.js";
import { answerLatest, asksLatestAlone, takesColumnsAlone } from "./fold-latest.js";
import { visibleByTime, type VisibleEvents } from "./fold.js";
import { columnViews, latestViews, scenario, streamOf, wholeFold } from "./latest-views.testing.js";
import { emptyRow, schema as rowSchema } from "../proof/random-rows.testing.js";
import { view, type View } from "../definition/view.js";
import type { StoredEvents } from "./window-features.js";

async function latestAnswers(folded: View, asked: Asked): Promise<(number | string)[][]> {
  const input = foldInput(folded, asked);
  await answerLatest(wholeFold(folded, input));
  return columnsOut(input);
}

/** The same while the values are read, so many rows at a time. */
async function streamedAnswers(
  folded: View,
  asked: Asked,
  sizes: readonly number[],
): Promise<(number | string)[][]> {
  const input = foldInput(folded, asked);
  const { table } = input.events;
  const source = streamOf(table, sizes);
  await answerLatest(wholeFold(folded, input), {}, streamedValues(table.rowCount, source.stream));
  expect(source.open()).toBe(0);
  return columnsOut(input);
}

describe("the latest event of a key", () => {
  test("is what the fold and the naive oracle answer, to the last bit", async () => {
    const property = fc.asyncProperty(latestViews, scenario, async (source, asked) => {
      const [{ view: folded }] = source.views;
      expect(asksLatestAlone(folded.plan)).toBe(true);
      const answers = await latestAnswers(folded, asked);
      expect(answers).toEqual(await foldAnswers(folded, asked));
      expect(answers).toEqual(oracleAnswers(source, asked)[0]);
    });
    await fc.assert(property, { numRuns: 500 });
  });

  test("is what the naive oracle answers while the values of its columns are read", async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    const property = fc.asyncProperty(columnViews, scenario, sizes, async (source, asked, few) => {
      const [{ view: folded }] = source.views;
      expect(takesColumnsAlone(folded.plan)).toBe(true);
      expect(await streamedAnswers(folded, asked, few)).toEqual(oracleAnswers(source, asked)[0]);
    });
    await fc.assert(property, { numRuns: 500 });
  });

  test("is found among many events too, most of them late and some tied", async () => {
    const rng = seededRng(11);
    const place = () => `P${Math.floor(40 * rng.next() ** 2)}`;
    const at = () => rng.below(86_400_000 / 5_000) * 5_000;
    const log = Array.from({ length: 40_000 }, () => ({
      row: {
        ...emptyRow,
        place: place(),
        at: at(),
        lag: rng.below(60),
        delay: rng.below(500),
        amount: rng.next(),
      },
      receivedMs: null,
    }));
    const questions = Array.from({ length: 20_000 }, () => ({
      ...{ place: place(), number: null, kind: null },
      timeMs: at() + rng.below(2),
    }));
    const many = view("many", {
      source: events("many", {
        from: parquet("a.parquet"),
        schema: rowSchema,
        eventTime: "at",
        availableAt: (f) => f.at.plus(f.lag.times(60_000)),
      }),
      entity: { thing: "place" },
      features: (f) => ({ delay: last(f.delay).over("1h"), amount: last(f.amount).over("90s") }),
    });
    const asked = { log, questions };
    const answers = await latestAnswers(many, asked);
    expect(answers[0].filter((value) => !Number.isNaN(value)).length).toBeGreaterThan(10_000);
    expect(answers).toEqual(await foldAnswers(many, asked));
    expect(await streamedAnswers(many, asked, [2_048, 5_000, 17_000])).toEqual(answers);
  });

  const schema = { at: t.timestamp(), place: t.string(), x: t.float().optional(), y: t.float().optional() };
  const source = events("things", { from: parquet("a.parquet"), schema, eventTime: "at" });
  const latestOf = view("latest", {
    source,
    entity: { thing: "place" },
    features: (f) => ({
      x: last(f.x).over("1h"),
      y: last(f.y).over("1h"),
      since: timeSinceLast().over("1h"),
    }),
  });
  const counts = view("counts", {
    source,
    entity: { thing: "place" },
    features: () => ({ n: count().over("1h") }),
  });

  type EventRow = readonly [at: number, place: string, x: number | null, y: number | null];

  async function build(log: readonly EventRow[], asked: readonly (readonly [at: number, place: string])[]) {
    const spineSchema = { at: t.timestamp(), place: t.string(), other: t.string() };
    const table = tableOf(
      spineSchema,
      asked.map(([at, place]) => [at, place, "B"]),
    );
    const timeMs = Float64Array.from(asked, ([at]) => at);
    const set = featureSet({
      views: { place: latestOf, other: latestOf.by("other"), n: counts.by("place") },
      request: {},
    });
    const visible = visibleByTime(
      eventTable(
        source,
        tableOf(
          schema,
          log.map((row) => [...row]),
        ),
      ),
    );
    const { features } = await buildFeatures(set, {
      spine: { table, timeMs, askedAt: timeMs },
      events: new Map([["things", visible]]),
    });
    return Object.fromEntries(
      features.map((feature) => [feature.name, feature.kind === "number" ? [...feature.values] : []]),
    );
  }

  test("settles ties by value, of each column alone, and lets nulls pass", async () => {
    const log: EventRow[] = [
      [1_000, "A", 1, 8],
      [2_000, "A", 5, null],
      [2_000, "A", 7, 2],
      [2_000, "A", null, 4],
      [3_000, "A", null, null],
      [2_500, "B", -0, 1e300],
    ];
    const answers = await build(log, [
      [2_001, "A"],
      [3_001, "A"],
      [2_000, "A"],
      [1_000, "A"],
      [3_000, "B"],
      [NaN, "A"],
    ]);
    expect(answers).toEqual({
      place_x: [7, 7, 1, NaN, 0, NaN],
      place_y: [4, 4, 8, NaN, NaN, NaN],
      place_since: [Math.fround(0.001), Math.fround(0.001), 1, NaN, 0.5, NaN],
      other_x: [NaN, 0, NaN, NaN, 0, NaN],
      other_y: [NaN, NaN, NaN, NaN, NaN, NaN],
      other_since: [NaN, Math.fround(0.501), NaN, NaN, 0.5, NaN],
      n_n: [4, 5, 1, 0, 1, NaN],
    });
  });

  test("lives to the millisecond", async () => {
    const answers = await build(
      [[0, "A", 3, 4]],
      [
        [3_600_000, "A"],
        [3_600_001, "A"],
      ],
    );
    expect(answers).toMatchObject({ place_x: [3, NaN], place_since: [3_600, NaN] });
  });

  test("is the same in memory and as it is read, however many threads there are", async () => {
    const [eventRows, questionRows, features] = [20_000, 420_000, 20];
    const rng = seededRng(5);
    const places = ["A", "B", "C", "D", "E"];
    const wide = { at: t.timestamp(), place: t.string(), x: t.float(), y: t.float().optional() };
    const log = events("wide", { from: parquet("a.parquet"), schema: wide, eventTime: "at" });
    const many = view("many", {
      source: log,
      entity: { thing: "place" },
      features: (f) =>
        Object.fromEntries(
          Array.from({ length: features }, (_, i) => [
            `f${i}`,
            last(i % 5 === 4 ? f.y : f.x).over(`${(i % 3) + 1}h`),
          ]),
        ),
    });
    const rows = Array.from({ length: eventRows }, (_, i) => [
      Math.floor(i / 2) * 1_000,
      places[Math.floor(rng.next() * places.length)],
      i % 7,
      i % 11 === 0 ? null : i,
    ]);
    const spine = Array.from({ length: questionRows }, (_, i) => [
      i * 25,
      places[Math.floor(rng.next() * places.length)],
    ]);
    const timeMs = Float64Array.from(spine, ([at]) => at as number);
    const table = tableOf(wide, rows);
    const visible = visibleByTime(eventTable(log, table));
    const file = { path: "wide.parquet", rowCount: eventRows };
    const { stream } = streamOf(table, [2_048]);
    const stored = { file, load: () => Promise.resolve(visible), stream };
    const spineTable = tableOf({ at: t.timestamp(), place: t.string() }, spine);
    const build = (threads: number, given: VisibleEvents | StoredEvents) =>
      buildFeatures(
        featureSet({ views: { place: many }, request: {} }),
        { spine: { table: spineTable, timeMs, askedAt: timeMs }, events: new Map([["wide", given]]) },
        { threads },
      );
    const alone = await build(1, visible);
    for (const other of [await build(3, visible), await build(1, stored), await build(3, stored)]) {
      alone.features.forEach((feature, i) => {
        if (feature.kind !== "number") throw new TypeError("a number was expected");
        const { values } = other.features[i] as typeof feature;
        expect(Buffer.compare(new Uint8Array(feature.values.buffer), new Uint8Array(values.buffer))).toBe(0);
        expect(values.some((value) => !Number.isNaN(value))).toBe(true);
      });
    }
  });

  test("is asked for by numbers of last and timeSinceLast alone", () => {
    expect(asksLatestAlone(counts.plan)).toBe(false);
    const text = view("text", {
      source,
      entity: { thing: "place" },
      features: (f) => ({ x: last(f.x).over("1h"), place: last(f.place).over("1h") }),
    });
    expect(asksLatestAlone(text.plan)).toBe(false);
  });

  test("is not looked for any longer when it is cancelled", async () => {
    const visible = visibleByTime(eventTable(source, tableOf(schema, [[1, "A", 2, 3]])));
    const timeMs = Float64Array.of(2);
    const spine = { table: tableOf({ thing: t.string() }, [["A"]]), timeMs, askedAt: timeMs };
    const set = featureSet({ views: { thing: latestOf }, request: {} });
    const input = { spine, events: new Map([["things", visible]]) };
    await expect(buildFeatures(set, input, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "MW0105",
    });
  });
});
