import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import { foldAnswers } from "../../features/offline/fold-answers.testing.js";
import {
  buildFeatures,
  count,
  distinct,
  eventTable,
  featureSet,
  max,
  mean,
  std,
  sum,
  view,
  visibleByTime,
  type BuildContext,
  type EventFile,
  type StoredEvents,
  type View,
  type WindowEngine,
} from "../../features/index.js";
import { featureChoice } from "../../features/proof/random-features.testing.js";
import {
  anchoredRows,
  emptyRow,
  schema,
  times,
  valuesOf,
  type Row,
} from "../../features/proof/random-rows.testing.js";
import {
  availabilityCount,
  sourceWith,
  type Question,
} from "../../features/definition/random-views.testing.js";
import { isMillwrightError, tableOf, textColumn, type Column } from "../../kernel/index.js";
import { useTestEngine } from "./engine.testing.js";
import { duckdbWindows } from "./window-engine.js";

const opened = useTestEngine();
let engine: WindowEngine;

beforeAll(async () => {
  engine = await duckdbWindows({ scratchFolder: join(opened().folder, "windows") });
});

afterAll(async () => {
  await engine.close();
});

type Strategy = NonNullable<BuildContext["strategy"]>;

const strategies = ["range", "prefix", "frame"] as const;

function spineOf(questions: readonly Question[]) {
  const numbers = Float64Array.from(questions, ({ number }) => number ?? NaN);
  const columns: Record<string, Column> = {
    place: textColumn(questions.map(({ place }) => place)),
    kind: textColumn(questions.map(({ kind }) => kind)),
    number: { kind: "number", values: numbers },
  };
  const timeMs = Float64Array.from(questions, (question) => question.timeMs);
  return { table: { rowCount: questions.length, columns }, timeMs, askedAt: timeMs };
}

async function storedRows(view: View, rows: readonly Row[]): Promise<StoredEvents> {
  const table = tableOf(schema, rows.map(valuesOf));
  return {
    file: { path: await opened().engine.writeTable(table, schema), rowCount: rows.length },
    load: async () => visibleByTime(eventTable(view.source, table)),
  };
}

/** The features of a view by a strategy, and the strategy that was possible. */
async function build(
  view: View,
  stored: StoredEvents,
  { questions, ...context }: BuildContext & { readonly questions: readonly Question[] },
): Promise<{ columns: number[][]; used: Strategy | undefined }> {
  let used: Strategy | undefined;
  const set = featureSet({ views: { [view.keyColumns[0]]: view }, request: {} });
  const { features } = await buildFeatures(
    set,
    { spine: spineOf(questions), events: new Map([[view.source.name, stored]]) },
    { engine, ...context, onChoice: (_, { strategy }) => (used = strategy) },
  );
  return { columns: features.map((feature) => (feature.kind === "number" ? [...feature.values] : [])), used };
}

const invertibleKinds = ["count", "sum", "mean", "rate", "variance", "std"];

/** Features of some kinds; prefix sums know no minimum and no maximum. */
const featuresOf = (kinds: readonly string[]) =>
  fc.array(
    featureChoice.filter(({ kind }) => kinds.includes(kind)),
    { minLength: 1, maxLength: 6 },
  );
const exactFeatures = fc.oneof(featuresOf(invertibleKinds), featuresOf([...invertibleKinds, "min", "max"]));

const scenario = anchoredRows().chain(({ anchorMs, rows }) => {
  const edge = fc
    .record({
      row: fc.nat(Math.max(0, rows.length - 1)),
      minutes: fc.constantFrom(0, 1, 7, 30, 59, 60, 180, 719, 720, 1_500, 17_280, 57_600, 527_040),
      offsetMs: fc.constantFrom(-1, 0, 1),
    })
    .map(({ row, minutes, offsetMs }) => (rows.length > 0 ? rows[row].at : 0) + minutes * 60_000 + offsetMs);
  const question = fc.record({
    place: fc.constantFrom("JFK", "SFO", "", "unknown", null),
    number: fc.constantFrom(1, 2, -3, 99, null),
    kind: fc.constantFrom("x", "y", "", null),
    timeMs: fc.oneof(times(anchorMs), edge),
  });
  return fc.record({
    rows: fc.constant(rows),
    questions: fc.array(question, { minLength: 1, maxLength: 25 }),
  });
});

describe("windows added up in DuckDB", () => {
  test.each(["place", "number", "two parts"] as const)(
    "equal the fold bit by bit, the key being %s",
    async (key) => {
      const used = { range: 0, prefix: 0, frame: 0, fold: 0 };
      const property = fc.asyncProperty(
        fc.nat(availabilityCount - 1),
        fc.constantFrom("event" as const, "available" as const),
        exactFeatures,
        scenario,
        async (availability, clock, choices, { rows, questions }) => {
          const keyColumns = key === "two parts" ? (["kind", "number"] as const) : ([key] as const);
          const [{ view }] = sourceWith({ keyColumns }, [{ clock, choices }], availability).views;
          const log = rows.map((row) => ({ row, receivedMs: null }));
          const folded = await foldAnswers(view, { log, questions });
          const stored = await storedRows(view, rows);
          for (const strategy of strategies) {
            const built = await build(view, stored, { questions, strategy });
            expect(built.columns).toEqual(folded);
            used[built.used ?? "fold"]++;
          }
          await opened().engine.discard(stored.file.path);
        },
      );
      await fc.assert(property, { numRuns: 60 });
      expect(Math.min(used.range, used.prefix, used.frame)).toBeGreaterThan(5);
    },
  );

  const source = events("things", {
    from: parquet("a.parquet"),
    schema,
    eventTime: "at",
    availableAt: (f) => f.at.plus(f.lag.times(60_000)),
  });
  const row = { ...emptyRow, place: "JFK", number: 1, kind: "x", lag: 0, delay: 1, amount: 0 };
  const ask = (timeMs: number): Question => ({ place: "JFK", number: 1, kind: "x", timeMs });

  test("are exact where doubles are not: large squares, halves, and sums beyond 2^53", async () => {
    const large = view("large", {
      source,
      entity: { thing: "place" },
      features: (f) => ({
        spread: std(f.delay).over("1h"),
        total: sum(f.delay.times(2 ** 40)).over("1h"),
        far: sum(f.delay.times(2 ** 40)).over("3h"),
        mean: mean(f.amount).over("1h"),
      }),
    });
    const halves = [0.5e-6, 1.5e-6, -0.5e-6, -1.5e-6, 0.49999999999999994 / 1e6, 2.5e-6];
    const rows = [...halves, 0, 0, 0, 0].map((amount, i): Row => ({
      ...row,
      at: i < 8 ? 7_200_000 - i : i,
      delay: 1000 - (i % 3),
      amount,
    }));
    const questions = [ask(7_200_001), ask(7_200_000), ask(9_000_000)];
    const log = rows.map((one) => ({ row: one, receivedMs: null }));
    const folded = await foldAnswers(large, { log, questions });
    expect(folded[2][0]).toBeNaN();
    const stored = await storedRows(large, rows);
    for (const strategy of ["range", "prefix"] as const) {
      expect(await build(large, stored, { questions, strategy })).toEqual({
        columns: folded,
        used: strategy,
      });
    }
  });

  test("take nothing away that was not known: an event that is known only when its window has passed", async () => {
    const counted = view("counted", {
      source,
      entity: { thing: "place" },
      features: () => ({ n: count().over("1h") }),
    });
    const hour = 3_600_000;
    const rows = [
      { ...row, lag: 600 },
      { ...row, at: 4 * hour, lag: 30 },
    ];
    const stored = await storedRows(counted, rows);
    const questions = [0.5, 4.5, 5, 10.5].map((hours) => ask(hours * hour));
    for (const strategy of ["range", "prefix"] as const) {
      expect(await build(counted, stored, { questions, strategy })).toEqual({
        columns: [[0, 0, 1, 0]],
        used: strategy,
      });
    }
  });

  test("leave a value that is too large to the fold, which refuses it", async () => {
    const totals = view("totals", {
      source,
      entity: { thing: "place" },
      features: (f) => ({ total: sum(f.amount).over("1h") }),
    });
    const stored = await storedRows(totals, [{ ...row, amount: 1e12 }]);
    const building = build(totals, stored, { questions: [ask(5)], strategy: "range" });
    await expect(building).rejects.toSatisfy((error) => isMillwrightError(error, "MW0303"));
    // A value that no question sees refuses nothing, in either way.
    expect(await build(totals, stored, { questions: [ask(0)], strategy: "range" })).toMatchObject({
      columns: [[0]],
    });
  });

  test("object to what SQL does not add up exactly, and then are folded", async () => {
    const sketched = view("sketched", {
      source,
      entity: { thing: "place" },
      features: (f) => ({ kinds: distinct(f.kind).over("1h") }),
    });
    expect(engine.objection(sketched)).toMatch(/distinct/);
    const stored = await storedRows(sketched, [row]);
    const built = await build(sketched, stored, { questions: [ask(5)], strategy: "range" });
    expect(built).toEqual({ columns: [[1]], used: "fold" });
    const highest = view("highest", {
      source,
      entity: { thing: "place" },
      features: (f) => ({ highest: max(f.delay).over("1h"), n: count().over("1h") }),
    });
    for (const strategy of ["prefix", "frame"] as const) {
      expect((await build(highest, stored, { questions: [ask(5)], strategy })).used).toBe("fold");
    }
  });

  test("are held against a fold of a sample: a difference is MW0309 and names feature, key and time", async () => {
    const counted = view("counted", {
      source,
      entity: { thing: "place" },
      features: () => ({ n: count().over("1h") }),
    });
    const stored = await storedRows(counted, [row, row]);
    const wrong: WindowEngine = {
      ...engine,
      addUp: async (request, signal) =>
        (await engine.addUp(request, signal))?.map((cells) => cells.map((n) => n + 1)),
    };
    const building = build(counted, stored, { engine: wrong, questions: [ask(5)], strategy: "range" });
    await expect(building).rejects.toMatchObject({
      code: "MW0309",
      details: { view: "counted", feature: "n", key: "JFK", timeMs: 5, expected: 2, found: 3 },
    });
  });

  test("stop when they are cancelled, and an unreadable file is an error of the engine", async () => {
    const counted = view("counted", {
      source,
      entity: { thing: "place" },
      features: () => ({ n: count().over("1h") }),
    });
    const stored = await storedRows(counted, [row]);
    const cancelled = build(counted, stored, {
      questions: [ask(5)],
      strategy: "range",
      signal: AbortSignal.abort(),
    });
    await expect(cancelled).rejects.toMatchObject({ code: "MW0105" });
    const file: EventFile = { path: "/nowhere/events.parquet", rowCount: 1 };
    const gone = build(counted, { ...stored, file }, { questions: [ask(5)], strategy: "range" });
    await expect(gone).rejects.toMatchObject({ code: "MW0211" });
  });

  test("count a view's events, its keys and how large they are", async () => {
    const counted = view("counted", {
      source,
      entity: { thing: ["place", "kind"] },
      features: () => ({ n: count().over("1h") }),
    });
    const rows = [row, { ...row, at: 60_000 }, { ...row, place: "SFO", at: 30_000 }, { ...row, kind: null }];
    const { file } = await storedRows(counted, rows);
    expect(await engine.measure(counted, file)).toEqual({
      events: 3,
      keys: 2,
      perKey: 5 / 3,
      spanMs: 60_000,
    });
  });
});
