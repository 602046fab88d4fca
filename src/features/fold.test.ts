import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { events, parquet } from "../data/index.js";
import { isMillwrightError, tableOf, textColumn, type Column } from "../kernel/index.js";
import { count } from "./aggregation.js";
import { eventTable } from "./event-log.js";
import { fold, orderByTime, visibleByTime, type FoldContext } from "./fold.js";
import { naiveAnswer } from "./naive-features.testing.js";
import {
  anchoredRows,
  numbers,
  places,
  randomSource,
  schema,
  times,
  valuesOf,
  type RandomSource,
  type Row,
} from "./random-views.testing.js";
import { view, type View } from "./view.js";

interface Question {
  readonly key: string | number | null;
  readonly timeMs: number;
}

function keyColumn(questions: readonly Question[], kind: "text" | "number"): Column {
  if (kind === "text") return textColumn(questions.map(({ key }) => key as string | null));
  return { kind, values: Float64Array.from(questions, ({ key }) => (key as number | null) ?? NaN) };
}

async function answers(
  view: View,
  { rows, questions }: { rows: readonly Row[]; questions: readonly Question[] },
  context?: FoldContext,
): Promise<number[][]> {
  const table = tableOf(schema, rows.map(valuesOf));
  const timeMs = Float64Array.from(questions, (question) => question.timeMs);
  const keys = keyColumn(questions, view.keyColumn === "place" ? "text" : "number");
  const out = Object.keys(view.features).map(() => new Float32Array(questions.length).fill(-7));
  const visible = visibleByTime(eventTable(view.source, table));
  await fold(
    view,
    { events: visible, questions: { keys, timeMs, askedAt: timeMs, order: orderByTime(timeMs) }, out },
    context,
  );
  return out.map((column) => [...column]);
}

async function expectOracle(
  { views, naiveEvents }: RandomSource,
  { rows, questions }: { rows: readonly Row[]; questions: readonly Question[] },
): Promise<void> {
  for (const random of views) {
    const log = naiveEvents(rows, random);
    const expected = random.features.map((feature) =>
      questions.map(({ key, timeMs }) =>
        naiveAnswer({ clock: random.clock, feature }, log, {
          key: key === null ? null : String(key),
          timeMs,
        }),
      ),
    );
    expect(await answers(random.view, { rows, questions })).toEqual(expected);
  }
}

/** Rows, and questions about them: at random, and at the edges of the windows of the rows themselves. */
function scenario(keys: fc.Arbitrary<string | number | null>) {
  return anchoredRows.chain(({ anchorMs, rows }) => {
    const atEdge = fc
      .record({
        row: fc.nat(Math.max(0, rows.length - 1)),
        minutes: fc.constantFrom(0, 1, 7, 30, 59, 60, 180, 719, 720, 1_500, 17_280, 57_600),
        offsetMs: fc.constantFrom(-1, 0, 1),
      })
      .map(
        ({ row, minutes, offsetMs }) => (rows.length > 0 ? rows[row].at : 0) + minutes * 60_000 + offsetMs,
      );
    const question = fc.record({ key: keys, timeMs: fc.oneof(times(anchorMs), atEdge) });
    return fc.record({ rows: fc.constant(rows), questions: fc.array(question, { maxLength: 25 }) });
  });
}

describe("fold", () => {
  test("equals the naive oracle to the last bit, keys being texts", async () => {
    const keys = fc.oneof(places, places, fc.constantFrom("unknown", null));
    const property = fc.asyncProperty(randomSource("things", "place"), scenario(keys), expectOracle);
    await fc.assert(property, { numRuns: 400 });
  });

  test("equals the naive oracle to the last bit, keys being whole numbers", async () => {
    const keys = fc.oneof(numbers, numbers, fc.constantFrom(99, null));
    const property = fc.asyncProperty(randomSource("things", "number"), scenario(keys), expectOracle);
    await fc.assert(property, { numRuns: 200 });
  });

  test("reuses its rings over years without an old event coming back", async () => {
    const year = 365 * 86_400_000;
    const property = fc.asyncProperty(
      randomSource("things", "place"),
      fc.array(fc.integer({ min: -2 * year, max: 2 * year }), { minLength: 30, maxLength: 60 }),
      async (random, ats) => {
        const rows = ats.map((at, i): Row => {
          const lag = i % 3 === 0 ? 40_000 : 0;
          return {
            at,
            place: "JFK",
            number: 1,
            lag,
            delay: i,
            amount: i / 3,
            late: i % 2 === 0,
            kind: "x",
          };
        });
        const after = ats.map((at, i) => ({ key: "JFK", timeMs: at + 1 + i * 3_600_000 }));
        await expectOracle(random, { rows, questions: after });
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  test("does not depend on the order of the rows", async () => {
    const property = fc.asyncProperty(
      randomSource("things", "place"),
      scenario(places),
      async ({ views }, { rows, questions }) => {
        const [{ view }] = views;
        const forwards = await answers(view, { rows, questions });
        expect(await answers(view, { rows: rows.toReversed(), questions })).toEqual(forwards);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });
});

describe("fold over many questions", () => {
  const source = events("things", { from: parquet("a.parquet"), schema, eventTime: "at" });
  const hourly = view("hourly", {
    source,
    entity: { thing: "place" },
    features: () => ({ n: count().over("1h") }),
  });
  const row: Row = {
    at: 0,
    place: "P0",
    number: null,
    lag: null,
    delay: null,
    amount: null,
    late: null,
    kind: null,
  };

  test("keeps hundreds of entities apart", async () => {
    // Entity i has i events; a state begins with room for 64 entities.
    const names = Array.from({ length: 300 }, (_, i) => `P${i}`);
    const rows = names.flatMap((place, i) => Array.from({ length: i }, () => ({ ...row, place })));
    const questions = names.map((key) => ({ key, timeMs: 1 }));
    expect(await answers(hourly, { rows, questions })).toEqual([names.map((_, i) => i)]);
  });

  test("tells its progress and stops when it is cancelled", async () => {
    const questions = Array.from({ length: 1 << 16 }, (_, i) => ({ key: "P0", timeMs: i }));
    const seen: number[] = [];
    await answers(hourly, { rows: [row], questions }, { onProgress: (answered) => seen.push(answered) });
    expect(seen).toEqual([65_536]);
    const cancelled = answers(hourly, { rows: [row], questions }, { signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toSatisfy((error) => isMillwrightError(error, "MW0105"));
  });

  test("leaves out a question without a time", async () => {
    const timeMs = Float64Array.of(5, NaN, 2, 2);
    expect([...orderByTime(timeMs)]).toEqual([2, 3, 0]);
  });
});
