import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count, distinct, last, max, mean, sum } from "../definition/aggregation.js";
import { viewOf } from "../proof/one-key.testing.js";
import type { PendingEvent } from "../online/pending-events.js";
import type { TileAnswer, TileChange } from "../ports.js";
import { createStoredView } from "./stored-view.js";
import { readMeta } from "./tile-meta.js";
import { compileTileReads } from "./tile-reach.js";
import { compileWriteFeatures } from "./write-features.js";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Windows of every hop, as [length, hop] by hand. */
const windows = {
  "10m": [10 * minute, minute],
  "3h": [3 * hour, 5 * minute],
  "2d": [2 * day, hour],
  "20d": [20 * day, day],
} as const;
type Window = keyof typeof windows;
const names = Object.keys(windows) as Window[];

const cells = viewOf((f) =>
  Object.fromEntries(
    names.flatMap((window) => [
      [`n_${window}`, count().over(window)],
      [`sum_${window}`, sum(f.v).over(window)],
      [`mean_${window}`, mean(f.v).over(window)],
      [`max_${window}`, max(f.v).over(window)],
      [`last_${window}`, last(f.v).over(window)],
    ]),
  ),
);
const sketches = viewOf((f) =>
  Object.fromEntries(names.map((window) => [`kinds_${window}`, distinct(f.v).over(window)])),
);

interface Row {
  readonly atMs: number;
  readonly knownMs: number;
  readonly value: number;
}

/** The definition in plain loops: what was known before a time, in `[lower bound, time)`. */
function expected(
  rows: readonly Row[],
  timeMs: number,
  of: (inside: Row[], windowMs: number) => number[],
): number[] {
  return names.flatMap((name) => {
    const [windowMs, hopMs] = windows[name];
    const lowMs = Math.floor((timeMs - windowMs) / hopMs) * hopMs;
    return of(
      rows.filter(({ atMs, knownMs }) => knownMs < timeMs && atMs >= lowMs),
      windowMs,
    ).map(Math.fround);
  });
}

function byCells(timeMs: number) {
  return (inside: Row[], windowMs: number): number[] => {
    const total = inside.reduce((before, { value }) => before + value, 0);
    const none = inside.length === 0;
    const latest = [...inside].sort((a, b) => b.atMs - a.atMs || b.value - a.value).at(0);
    return [
      inside.length,
      total,
      none ? NaN : total / inside.length,
      none ? NaN : Math.max(...inside.map(({ value }) => value)),
      latest === undefined || latest.atMs < timeMs - windowMs ? NaN : latest.value,
    ];
  };
}

const byKinds = () => (inside: Row[]) => [new Set(inside.map(({ value }) => value)).size];

/** A record of one entity, as a store keeps it. */
function openRecord() {
  const fields = new Map<string, Uint8Array>();
  let meta: string | undefined;
  return {
    fields,
    fetch: (wanted: readonly string[]): TileAnswer => ({
      meta,
      tiles: wanted.map((field) => fields.get(field)),
    }),
    swap(change: TileChange): void {
      expect(change.expected).toBe(meta);
      ({ meta } = change);
      for (const [field, bytes] of change.set) fields.set(field, bytes);
      for (const field of change.drop) fields.delete(field);
    },
  };
}

const base = Date.UTC(2024, 0, 1);
/** Edges of chunks of 16 and of 2 tiles of a minute, five minutes, an hour and a day, and times beside them. */
const edges = fc
  .tuple(fc.constantFrom(minute, 5 * minute, hour, day), fc.constantFrom(2, 16), fc.nat(4))
  .map(([sizeMs, span, n]) => (Math.floor(base / (sizeMs * span)) + n) * sizeMs * span);
const steps = fc.array(
  fc.record({
    /** How far the clock goes on before this batch. */
    aheadMs: fc.oneof(
      fc.constantFrom(0, 1, minute, 16 * minute, 80 * minute, 16 * hour, 16 * day),
      fc.nat(3 * hour),
    ),
    rows: fc.array(
      fc.record({
        edge: edges,
        nearMs: fc.constantFrom(-1, 0, 1, -minute, minute, -hour),
        /** Late by so much; from the clock, not from an edge, when there is no edge before it. */
        lateMs: fc.oneof(fc.constant(0), fc.nat(4 * hour), fc.nat(3 * day), fc.nat(25 * day)),
        value: fc.integer({ min: -40, max: 300 }),
      }),
      { maxLength: 6 },
    ),
  }),
  { minLength: 1, maxLength: 12 },
);

describe.each([
  ["cells", cells, byCells],
  ["sketches", sketches, byKinds],
] as const)("a stored record with %s", (_, view, of) => {
  test("answers at and around the edges of chunks as plain loops do, with late events and eviction", () => {
    const stored = createStoredView(view, "space");
    const reads = compileTileReads(stored.tilePlan, stored.span);
    const write = compileWriteFeatures(stored);
    const property = fc.property(steps, (all) => {
      const record = openRecord();
      const rows: Row[] = [];
      let clockMs = base + 40 * day;
      for (const { aheadMs, rows: given } of all) {
        clockMs += aheadMs;
        const batch = given.map(({ edge, nearMs, lateMs, value }): Row => {
          const near = edge + nearMs;
          return { atMs: near < clockMs ? near : clockMs - 1 - lateMs, knownMs: clockMs - 1, value };
        });
        rows.push(...batch);
        apply(record, batch, clockMs);
        const out = { numbers: new Float32Array(view.plan.finishes.length), texts: [] };
        const time = { timeMs: clockMs, reads: reads(clockMs) };
        write(record.fetch(time.reads.fields), time, [{ out, at: { number: 0, text: 0 } }]);
        expect([...out.numbers]).toEqual(expected(rows, clockMs, of(clockMs)));
      }
      // What a read at the end can reach, and at most a chunk of each level that begins before it.
      const reach = new Set(reads(clockMs).fields);
      const beyond = [...record.fields.keys()].filter((field) => !reach.has(field));
      for (const [level, { capacity }] of stored.tilePlan.levels.entries()) {
        const own = beyond.filter((field) => field.startsWith(`${level}:`));
        expect(own.length).toBeLessThanOrEqual(Math.ceil(capacity / stored.span) + 1);
      }
    });
    fc.assert(property);

    function apply(record: ReturnType<typeof openRecord>, batch: readonly Row[], clockMs: number): void {
      const events = batch.map(({ atMs, knownMs, value }, i): PendingEvent => ({
        source: "things",
        event: { sequence: i, receivedMs: null, values: [atMs, knownMs, "a", value, null] },
        eventMs: atMs,
        availableMs: knownMs,
      }));
      const fields = stored.touched(events, clockMs);
      const answer = record.fetch(fields);
      const meta = readMeta(answer.meta);
      record.swap(
        stored.change(
          { row: "a", fields, answer, meta },
          { events, meta: { one: { sequence: 1, beforeMs: clockMs } } },
        ),
      );
    }
  });
});
