import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { events, parquet } from "../data/index.js";
import { minuteOfDay, t, tableOf, weekday, type Value } from "../kernel/index.js";
import { count, mean } from "./aggregation.js";
import { eventTable } from "./event-log.js";
import { featureSet, type FeatureSet } from "./feature-set.js";
import { buildFeatures } from "./feature-table.js";
import { visibleByTime } from "./fold.js";
import { naiveAnswer, type NaiveQuestion } from "./naive-features.testing.js";
import { createOnlineState, type OnlineState } from "./online-state.js";
import {
  anchoredRows,
  places,
  randomSource,
  schema,
  times,
  valuesOf,
  type RandomSource,
  type Row,
} from "./random-views.testing.js";
import { view } from "./view.js";

const request = { at: t.timestamp() };

function setOf(sources: readonly RandomSource[]): FeatureSet {
  const views = sources.flatMap((source) => source.views.map(({ view }) => view));
  return featureSet({ views: { place: views }, request });
}

/** A row that arrives, or a question. */
type Step =
  | { readonly kind: "add"; readonly source: number; readonly row: Row }
  | { readonly kind: "read"; readonly question: NaiveQuestion };

const scenario = anchoredRows.chain(({ anchorMs, rows }) => {
  const source = fc.nat(1);
  const row = rows.length === 0 ? undefined : fc.constantFrom(...rows);
  const read = fc.record({
    kind: fc.constant("read" as const),
    question: fc.record({
      key: fc.oneof(places, places, fc.constantFrom("unknown", null)),
      timeMs: times(anchorMs),
    }),
  });
  const step: fc.Arbitrary<Step> =
    row === undefined ? read : fc.oneof(fc.record({ kind: fc.constant("add" as const), source, row }), read);
  return fc.record({
    history: fc.array(fc.record({ source, row: row ?? fc.constant(undefined) }), { maxLength: 30 }),
    beforeMs: fc.tuple(times(anchorMs), times(anchorMs)),
    early: fc.array(step, { maxLength: 6 }),
    steps: fc.array(step, { maxLength: 50 }),
    sorted: fc.boolean(),
  });
});

/** Reads sorted by time, everything else where it was: what a server sees. */
function inTimeOrder(steps: readonly Step[]): Step[] {
  const reads = steps
    .flatMap((step) => (step.kind === "read" ? [step] : []))
    .sort((a, b) => a.question.timeMs - b.question.timeMs);
  return steps.map((step) => (step.kind === "read" ? (reads.shift() as Step) : step));
}

/** The log as it stands, and the clock: what the oracle replays at every read. */
function replay(sources: readonly RandomSource[], state: OnlineState) {
  const set = setOf(sources);
  const reader = state.reader(set);
  const numbers = new Float32Array(reader.numberCount);
  const known = sources.map((): Row[] => []);
  let clockMs = -Infinity;

  function expected(question: NaiveQuestion): number[] {
    return sources.flatMap((source, s) =>
      source.views.flatMap((random) => {
        const log = source.naiveEvents(known[s], random);
        return random.features.map((feature) => naiveAnswer({ clock: random.clock, feature }, log, question));
      }),
    );
  }

  return {
    load(s: number, rows: readonly Row[], beforeMs: number) {
      const source = sources[s];
      state.load(source.source, tableOf(schema, rows.map(valuesOf)), beforeMs);
      const [random] = source.views;
      const log = source.naiveEvents(rows, random);
      known[s].push(...rows.filter((_, i) => (log[i].availableMs ?? Infinity) < beforeMs));
      clockMs = Math.max(clockMs, beforeMs);
    },
    take(step: Step) {
      if (step.kind === "add") {
        state.add(sources[step.source].source.name, valuesOf(step.row));
        known[step.source].push(step.row);
        return;
      }
      const { key, timeMs } = step.question;
      clockMs = Math.max(clockMs, timeMs);
      const asOfMs = reader.read([key, timeMs], timeMs, { numbers, texts: [] });
      expect(asOfMs).toBe(clockMs);
      expect(state.clockMs()).toBe(clockMs);
      expect([...numbers]).toEqual(expected({ key, timeMs: asOfMs }));
    },
  };
}

describe("the online state", () => {
  test("equals a replay of the oracle over what was in the log and available, at every read", () => {
    const two = fc.tuple(randomSource("left", "place"), randomSource("right", "place"));
    const property = fc.property(two, scenario, (sources, { history, beforeMs, early, steps, sorted }) => {
      const state = createOnlineState(sources.flatMap(({ views }) => views.map(({ view }) => view)));
      const world = replay(sources, state);
      const rowsOf = (s: number) => history.flatMap(({ source, row }) => (source === s && row ? [row] : []));
      world.load(0, rowsOf(0), beforeMs[0]);
      // The log of one source is replayed before the history of the next is loaded.
      for (const step of early) if (step.kind === "add") world.take({ ...step, source: 0 });
      world.load(1, rowsOf(1), beforeMs[1]);
      for (const step of sorted ? inTimeOrder(steps) : steps) world.take(step);
    });
    fc.assert(property, { numRuns: 400 });
  });

  test("keeps hundreds of entities apart", () => {
    const source = events("things", { from: parquet("a.parquet"), schema, eventTime: "at" });
    const hourly = view("hourly", {
      source,
      entity: { thing: "number" },
      features: () => ({ n: count().over("1h") }),
    });
    const state = createOnlineState([hourly]);
    const empty: Row = {
      at: 0,
      place: null,
      number: null,
      lag: null,
      delay: null,
      amount: null,
      late: null,
      kind: null,
    };
    // Entity i has i events; a state begins with room for 64 entities.
    for (let number = 0; number < 200; number++) {
      for (let i = 0; i < number; i++) state.add("things", valuesOf({ ...empty, number }));
    }
    const reader = state.reader(featureSet({ views: { number: hourly }, request }));
    const numbers = new Float32Array(1);
    const seen = Array.from({ length: 201 }, (_, number) => {
      reader.read([number, 1], 1, { numbers, texts: [] });
      return numbers[0];
    });
    expect(seen).toEqual([...Array.from({ length: 200 }, (_, i) => i), 0]);
  });

  test("ignores events of a source that no view reads, and refuses a set that it does not hold", () => {
    const source = events("things", { from: parquet("a.parquet"), schema, eventTime: "at" });
    const features = () => ({ n: count().over("1h") });
    const held = view("held", { source, entity: { thing: "place" }, features });
    const other = view("other", { source, entity: { thing: "place" }, features, clock: "available" });
    const state = createOnlineState([held]);
    state.add("strangers", [0]);
    const numbers = new Float32Array(1);
    state.reader(featureSet({ views: { place: held }, request })).read(["", 1], 1, { numbers, texts: [] });
    expect([...numbers]).toEqual([0]);
    expect(() => state.reader(featureSet({ views: { place: other }, request }))).toThrow(/view "other"/);
  });
});

describe("a reader", () => {
  const source = events("things", {
    from: parquet("a.parquet"),
    schema,
    eventTime: "at",
    availableAt: (f) => f.at.plus("30m"),
  });
  const features = view("things", {
    source,
    entity: { thing: "place" },
    features: (f) => ({ n: count().over("3h"), amount: mean(f.amount).where(f.late).over("7d") }),
  });
  const derivedRequest = {
    at: t.timestamp(),
    kind: t.string().optional(),
    delay: t.int().optional(),
    late: t.bool().optional(),
    place: t.string().optional(),
  };
  const set = featureSet({
    // One view in two groups; `place` is both a key and a feature.
    views: { from: features, place: [features] },
    request: derivedRequest,
    derived: (() => {
      const f = source.columns;
      return {
        minute: minuteOfDay(f.at),
        weekday: weekday(f.at),
        half: f.delay.dividedBy(2),
        isLate: f.late,
      };
    })(),
  });
  const spineSchema = { ...set.request };

  test("gives the vector of buildFeatures, number for number and text for text", async () => {
    const names = ["from_n", "from_amount", "place_n", "place_amount"];
    const expectedNames = [...names, "delay", "late", "minute", "weekday", "half", "isLate", "kind", "place"];
    expect(set.columns.map(({ name }) => name)).toEqual(expectedNames);
    const property = fc.asyncProperty(anchoredRows, async ({ rows }) => {
      const log = tableOf(schema, rows.map(valuesOf));
      const asked = rows.toSorted((a, b) => a.at - b.at);
      const requests = asked.map((row): Value[] =>
        Object.keys(spineSchema).map((name) => {
          const value = name === "from" ? row.place : row[name as keyof Row];
          return typeof value === "boolean" ? Number(value) : value;
        }),
      );
      const timeMs = Float64Array.from(asked, ({ at }) => at);
      const built = await buildFeatures(set, {
        spine: { table: tableOf(spineSchema, requests), timeMs, askedAt: timeMs },
        events: new Map([["things", visibleByTime(eventTable(source, log))]]),
      });
      const state = createOnlineState([features, features]);
      for (const row of rows) state.add("things", valuesOf(row));
      const reader = state.reader(set);
      expect([reader.numberCount, reader.textCount]).toEqual([10, 2]);
      const numbers = new Float32Array(reader.numberCount);
      const texts = new Array<string>(reader.textCount);
      requests.forEach((values, row) => {
        reader.read(values, timeMs[row], { numbers, texts });
        const offline = built.features.map((feature) =>
          feature.kind === "number"
            ? feature.values[row]
            : feature.codes[row] < 0
              ? ""
              : feature.dictionary[feature.codes[row]],
        );
        expect([...numbers, ...texts]).toEqual(offline);
      });
      expect(built.features.map(({ name }) => name)).toEqual(expectedNames);
    });
    await fc.assert(property, { numRuns: 150 });
  });
});
