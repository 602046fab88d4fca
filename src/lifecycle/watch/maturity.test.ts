import fc from "fast-check";
import { expect, test } from "vitest";
import { events, parquet } from "../../data/index.js";
import { count, eventTable, view } from "../../features/index.js";
import { t, tableOf } from "../../kernel/index.js";
import { atLeast, gbdt, model, outcomesOf } from "../../training/index.js";
import { matureRows, requireFinal } from "./maturity.js";

const dayMs = 86_400_000;

const trips = events("trips", {
  from: parquet("trips.parquet"),
  schema: { at: t.timestamp(), city: t.string(), delay: t.int().optional(), known: t.timestamp().optional() },
  eventTime: "at",
  availableAt: (f) => f.known,
});
const late = model("late", {
  task: "binary",
  label: (f) => f.delay.gt(5),
  matureAfter: "1d",
  spine: trips.at("at"),
  features: {
    city: view("traffic", {
      source: trips,
      entity: { city: "city" },
      features: () => ({ n: count().over("1h") }),
    }),
    request: { at: t.timestamp() },
  },
  trainer: gbdt({ trees: 1 }),
  gates: [atLeast("auc", 0.5)],
});

interface Row {
  readonly at: number;
  readonly delay?: number | null;
  /** When it became available; null: never. */
  readonly known?: number | null;
}

function judged(rows: readonly Row[], asOfMs?: number) {
  const table = tableOf(
    trips.schema,
    rows.map(({ at, delay = 0, known = at }) => [at, "Delft", delay, known]),
  );
  const times = Float64Array.from(rows, ({ at }) => at);
  return matureRows(
    late,
    { times, outcomes: outcomesOf(late.task, table), events: eventTable(trips, table) },
    asOfMs,
  );
}

const kept = (rows: readonly Row[], asOfMs?: number) =>
  [...judged(rows, asOfMs).times].map((time) => !Number.isNaN(time));

test("a label is final exactly when its time to mature has passed by the latest availability", () => {
  const rows = [{ at: 1_000 }, { at: 1_001 }, { at: 1_002, known: dayMs + 1_001 }];
  expect(judged(rows)).toMatchObject({ watermarkMs: dayMs + 1_001, immature: 1, unlabelled: 0 });
  expect(kept(rows)).toEqual([true, true, false]);
});

test("as of a moment: up to the last millisecond, and only what was available before it", () => {
  const rows = [
    { at: 0, known: 10 },
    { at: 1, known: 10 },
    { at: 0, known: dayMs - 1 },
    { at: 0, known: dayMs },
    { at: 0, known: 3 * dayMs },
  ];
  expect(kept(rows, dayMs)).toEqual([true, false, true, false, false]);
  expect(judged(rows, dayMs)).toMatchObject({ watermarkMs: dayMs, immature: 3 });
  expect(kept(rows, dayMs - 1)).toEqual([false, false, false, false, false]);
  // A moment beyond what the data know makes no label final.
  expect(judged(rows, 9 * dayMs).watermarkMs).toBe(3 * dayMs);
});

test("a row without a label is none, and counts as immature while it may still get one", () => {
  const rows = [
    { at: 0, delay: null },
    { at: 5, delay: null, known: dayMs },
  ];
  expect(judged(rows)).toMatchObject({ immature: 1, unlabelled: 1 });
  expect(kept(rows)).toEqual([false, false]);
});

test("without any availability nothing is final, and a row without a time is none", () => {
  expect(judged([{ at: 0, known: null }])).toMatchObject({ immature: 1, watermarkMs: -Infinity });
  expect(judged([{ at: NaN, known: 2 * dayMs }])).toMatchObject({ immature: 0, unlabelled: 0 });
});

test("equals the definition, row by row", () => {
  const time = fc.integer({ min: 0, max: 4 }).map((half) => (half * dayMs) / 2);
  const row = fc.record({
    at: time,
    delay: fc.option(fc.constantFrom(0, 9), { nil: null }),
    known: fc.option(time, { nil: null }),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1 }), fc.option(time, { nil: undefined }), (rows, asOfMs) => {
      const known = rows.flatMap((one) => one.known ?? []);
      const watermarkMs = Math.min(known.length === 0 ? -Infinity : Math.max(...known), asOfMs ?? Infinity);
      const isFinal = (one: (typeof rows)[number]) =>
        one.at + dayMs <= watermarkMs &&
        one.delay !== null &&
        (asOfMs === undefined || one.known === null || one.known < asOfMs);
      expect(kept(rows, asOfMs)).toEqual(rows.map(isFinal));
      const { immature, unlabelled } = judged(rows, asOfMs);
      expect(immature + unlabelled).toBe(rows.filter((one) => !isFinal(one)).length);
    }),
  );
});

test("rows of which none is final are refused with what most of them lack", () => {
  const early = { at: 1_000 };
  const unlabelled = { at: 1_000, delay: null };
  const last = { at: 1_001, known: dayMs + 1_000 };
  expect(() => requireFinal(late, judged([early, last], 1_002))).toThrow(/MW1123.*matureAfter/);
  expect(() => requireFinal(late, judged([unlabelled, { ...unlabelled }, last]))).toThrow(
    /MW1123.*none of 3: 1 may still change, 2 without a label.*null/,
  );
  expect([...requireFinal(late, judged([early, last]))]).toEqual([0]);
});
