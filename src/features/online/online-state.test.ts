import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import { minuteOfDay, t, tableOf, weekday, type Value } from "../../kernel/index.js";
import { count, last, mean, topValue } from "../definition/aggregation.js";
import { eventTable } from "../definition/event-log.js";
import { featureSet } from "../definition/feature-set.js";
import { buildFeatures } from "../offline/feature-table.js";
import { columnsOut, foldInput } from "../offline/fold-answers.testing.js";
import { fold, orderByTime, visibleByTime } from "../offline/fold.js";
import { createOnlineState, type OnlineState } from "./online-state.js";
import {
  ask,
  availableBefore,
  createLogs,
  historyTable,
  oracleVector,
  requestOf,
  scenarios,
  setOf,
  twoSources,
  type Answer,
  type Scenario,
} from "./online-steps.testing.js";
import {
  anchoredRows,
  emptyRow,
  schema,
  valuesOf,
  type LoggedRow,
  type Row,
} from "../proof/random-rows.testing.js";
import type { RandomSource } from "../definition/random-views.testing.js";
import { view } from "../definition/view.js";

const request = { at: t.timestamp() };

/** A state that is told a scenario, what it knows of each source, and how it answered. */
async function play(sources: readonly RandomSource[], { history, beforeMs, steps }: Scenario) {
  const state = createOnlineState(sources.flatMap(({ views }) => views.map(({ view }) => view)));
  const set = setOf(sources);
  const reader = state.reader(set);
  const { logs, tell } = createLogs(sources);
  const known = sources.map((source, s): LoggedRow[] => {
    const rows = history.flatMap((one) => (one.source === s ? [one.row] : []));
    state.load(source.source, historyTable(rows), beforeMs[s]);
    return availableBefore(source, rows, beforeMs[s]);
  });
  const histories = known.map((rows) => rows.length);
  const answers: { readonly answer: Answer; readonly expected: readonly (number | string)[] }[] = [];
  let clockMs = Math.max(...beforeMs);
  for (const step of steps) {
    if (step.kind !== "read") {
      if (step.kind === "add") known[step.source].push(step.logged);
      await tell(state, step);
      continue;
    }
    for (const answer of await ask(reader, (question) => requestOf(set, sources, question), step.questions)) {
      clockMs = Math.max(clockMs, answer.question.timeMs);
      expect(answer.seen).toEqual({ asOfMs: clockMs, sequences: seenOf(state, sources) });
      const asked = { ...answer.question, timeMs: clockMs };
      answers.push({ answer, expected: oracleVector(sources, known, asked) });
    }
    expect(state.clockMs()).toBe(clockMs);
  }
  return { answers, known, histories, logs };
}

/** The last number of each log that was begun. */
function seenOf(state: OnlineState, sources: readonly RandomSource[]): Record<string, number> {
  return Object.fromEntries(sources.map(({ source }) => [source.name, state.sequence(source.name)]));
}

describe("the online state", () => {
  test("equals a replay of the oracle over what was in the log and available, at every read", async () => {
    const property = fc.asyncProperty(twoSources, scenarios, async (sources, scenario) => {
      const { answers } = await play(sources, scenario);
      for (const { answer, expected } of answers) expect(answer.vector).toEqual(expected);
    });
    await fc.assert(property, { numRuns: 400 });
  });

  test("equals a fold of the same events, each seen by the reads that could know it", async () => {
    const property = fc.asyncProperty(twoSources, scenarios, async (sources, scenario) => {
      const { answers, known, histories, logs } = await play(sources, scenario);
      const columns: Record<"number" | "text", (number | string)[][]> = { number: [], text: [] };
      for (const [s, source] of sources.entries()) {
        const sequences = known[s].map((_, e) => (e < histories[s] ? 0 : logs[s][e - histories[s]].sequence));
        for (const { view } of source.views) {
          const input = foldInput(view, {
            log: known[s],
            questions: answers.map(({ answer: { question, seen } }) => ({
              ...question,
              timeMs: seen.asOfMs,
            })),
          });
          const visibleFrom = input.events.availableMs.map((availableMs, e) => {
            const first = answers.findIndex(
              ({ answer: { seen } }) =>
                sequences[e] <= (seen.sequences[source.source.name] ?? 0) && availableMs < seen.asOfMs,
            );
            return first < 0 ? NaN : first - 0.5;
          });
          const askedAt = Float64Array.from(answers, (_, read) => read);
          await fold(view, {
            ...input,
            events: { ...input.events, visibleFrom, order: orderByTime(visibleFrom) },
            questions: { ...input.questions, askedAt, order: orderByTime(askedAt) },
          });
          const all = columnsOut(input);
          columns.number.push(...all.slice(0, input.out.numbers.length));
          columns.text.push(...all.slice(input.out.numbers.length));
        }
      }
      answers.forEach(({ answer: { vector } }, read) => {
        expect(vector).toEqual([...columns.number, ...columns.text].map((column) => column[read]));
      });
    });
    await fc.assert(property, { numRuns: 200 });
  });

  test("keeps hundreds of entities apart", () => {
    const source = events("things", { from: parquet("a.parquet"), schema, eventTime: "at" });
    const hourly = view("hourly", {
      source,
      entity: { thing: "number" },
      features: () => ({ n: count().over("1h") }),
    });
    const state = createOnlineState([hourly]);
    // Entity i has i events; a state begins with room for 64 entities.
    const log = Array.from({ length: 200 }, (_, number) =>
      Array.from({ length: number }, () => valuesOf({ ...emptyRow, number })),
    ).flat();
    state.add(
      "things",
      log.map((values, i) => ({ sequence: i + 1, receivedMs: null, values })),
    );
    const reader = state.reader(featureSet({ views: { number: hourly }, request }));
    const questions = Array.from({ length: 201 }, (_, number) => ({
      values: [number, 1],
      timeMs: 1,
      out: { numbers: new Float32Array(1), texts: [] },
    }));
    reader.read(questions);
    const seen = questions.map(({ out }) => out.numbers[0]);
    expect(seen).toEqual([...Array.from({ length: 200 }, (_, i) => i), 0]);
  });

  test("ignores events of a source that no view reads, and refuses a set that it does not hold", () => {
    const source = events("things", { from: parquet("a.parquet"), schema, eventTime: "at" });
    const features = () => ({ n: count().over("1h") });
    const held = view("held", { source, entity: { thing: "place" }, features });
    const other = view("other", { source, entity: { thing: "place" }, features, clock: "available" });
    const state = createOnlineState([held]);
    state.add("strangers", [{ sequence: 1, receivedMs: null, values: [0] }]);
    const numbers = new Float32Array(1).fill(-7);
    const reader = state.reader(featureSet({ views: { place: held }, request }));
    reader.read([{ values: ["", 1], timeMs: 1, out: { numbers, texts: [] } }]);
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
    features: (f) => ({
      n: count().over("3h"),
      often: topValue(f.kind).over("7d"),
      amount: mean(f.amount).where(f.late).over("7d"),
    }),
  });
  const pairs = view("pairs", {
    source,
    entity: { pair: ["place", "number"] },
    features: (f) => ({ last: last(f.kind).over("40d"), n: count().over("40d") }),
  });
  const set = featureSet({
    // One view in two groups; `place` is both a key and a feature.
    views: { from: features, place: [features], pair: pairs, turned: pairs.by("from", "number") },
    request: {
      at: t.timestamp(),
      kind: t.string().optional(),
      delay: t.int().optional(),
      late: t.bool().optional(),
      place: t.string().optional(),
    },
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
  const names = {
    windows: ["from_n", "from_amount", "place_n", "place_amount", "pair_n", "turned_n"],
    plain: ["delay", "late", "minute", "weekday", "half", "isLate"],
    texts: ["from_often", "place_often", "pair_last", "turned_last", "kind", "place"],
  };

  test("gives the vector of buildFeatures, number for number and text for text", async () => {
    const expectedNames = [...names.windows, ...names.plain, ...names.texts];
    expect(set.columns.map(({ name }) => name)).toEqual(expectedNames);
    const property = fc.asyncProperty(anchoredRows(), async ({ rows }) => {
      const asked = rows.toSorted((a, b) => a.at - b.at);
      const requests = asked.map((row): Value[] =>
        Object.keys(set.request).map((name) => {
          const value = name === "from" ? row.place : row[name as keyof Row];
          return typeof value === "boolean" ? Number(value) : value;
        }),
      );
      const timeMs = Float64Array.from(asked, ({ at }) => at);
      const built = await buildFeatures(set, {
        spine: { table: tableOf({ ...set.request }, requests), timeMs, askedAt: timeMs },
        events: new Map([["things", visibleByTime(eventTable(source, historyTable(rows)))]]),
      });
      const state = createOnlineState([features, features, pairs]);
      state.add(
        "things",
        rows.map((row, i) => ({ sequence: i + 1, receivedMs: null, values: valuesOf(row) })),
      );
      const reader = state.reader(set);
      expect([reader.numberCount, reader.textCount]).toEqual([12, 6]);
      const numbers = new Float32Array(reader.numberCount);
      const texts = new Array<string>(reader.textCount);
      requests.forEach((values, row) => {
        reader.read([{ values, timeMs: timeMs[row], out: { numbers, texts } }]);
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
