import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { events, parquet } from "../data/index.js";
import { seededRng, t, tableOf } from "../kernel/index.js";
import { count, last, timeSinceLast } from "./aggregation.js";
import { keyCodes } from "./entity-key.js";
import { eventTable } from "./event-log.js";
import { featureSet } from "./feature-set.js";
import { buildFeatures } from "./feature-table.js";
import { columnsOut, foldAnswers, foldInput, oracleAnswers, type Asked } from "./fold-answers.testing.js";
import { answerLatest, asksLatestAlone } from "./fold-latest.js";
import { visibleByTime, type Fold } from "./fold.js";
import { featureChoice } from "./random-features.testing.js";
import {
  anchoredRows,
  emptyRow,
  plainKeys,
  received,
  schema as rowSchema,
  times,
} from "./random-rows.testing.js";
import { availabilityCount, sourceWith, type RandomSource } from "./random-views.testing.js";
import { view, type View } from "./view.js";

async function latestAnswers(folded: View, asked: Asked): Promise<(number | string)[][]> {
  const input = foldInput(folded, asked);
  await answerLatest(whole(folded, input));
  return columnsOut(input);
}

function whole(folded: View, { events, questions, out }: Fold) {
  const eventKeys = keyCodes(folded.keyColumns.map((name) => events.table.columns[name]));
  return { view: folded, events, eventKeys, asked: questions, lookups: [{ keys: questions.keys, out }] };
}

/** Views that ask for the latest event alone. */
const latestViews: fc.Arbitrary<RandomSource> = fc
  .record({
    availability: fc.nat(availabilityCount - 1),
    clock: fc.constantFrom("event" as const, "available" as const),
    choices: fc.array(
      fc
        .tuple(
          featureChoice,
          fc.constantFrom("last" as const, "since" as const),
          fc.constantFrom("value" as const, "condition" as const),
        )
        .map(([choice, kind, of]) => ({ ...choice, kind, of })),
      { minLength: 1, maxLength: 6 },
    ),
    keyColumns: fc.constantFrom(["place"] as const, ["number"] as const, ["place", "number"] as const),
  })
  .map(({ availability, clock, choices, keyColumns }) =>
    sourceWith({ keyColumns: [...keyColumns] as ["place"] }, [{ clock, choices }], availability),
  );

const scenario: fc.Arbitrary<Asked> = anchoredRows().chain(({ anchorMs, rows }) => {
  const atEdge = fc
    .record({
      row: fc.nat(Math.max(0, rows.length - 1)),
      minutes: fc.constantFrom(0, 1, 7, 30, 60, 180, 1_500, 17_280),
      offsetMs: fc.constantFrom(-1, 0, 1),
    })
    .map(({ row, minutes, offsetMs }) => (rows.length > 0 ? rows[row].at : 0) + minutes * 60_000 + offsetMs);
  const question = fc.record({
    place: fc.option(fc.oneof(plainKeys.place, fc.constant("unknown")), { nil: null, freq: 10 }),
    number: fc.option(fc.oneof(plainKeys.number, fc.constant(99)), { nil: null, freq: 10 }),
    kind: fc.constant(null),
    timeMs: fc.oneof(times(anchorMs), atEdge),
  });
  return fc.record({
    log: fc.tuple(...rows.map(received)),
    questions: fc.array(question, { maxLength: 30 }),
  });
});

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
