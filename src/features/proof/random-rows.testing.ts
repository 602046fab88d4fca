import fc from "fast-check";
import { t, type Value } from "../../kernel/index.js";

/** What random events look like. */
export const schema = {
  at: t.timestamp(),
  place: t.string().optional(),
  number: t.int().optional(),
  lag: t.int().optional(),
  delay: t.int().optional(),
  amount: t.float().optional(),
  late: t.bool().optional(),
  kind: t.string().optional(),
};

export interface Row {
  readonly at: number;
  readonly place: string | null;
  readonly number: number | null;
  /** Minutes from happening to being known; negative: the event claims a time after it was known. */
  readonly lag: number | null;
  readonly delay: number | null;
  readonly amount: number | null;
  readonly late: boolean | null;
  readonly kind: string | null;
}

/** A row without values. */
export const emptyRow: Row = {
  at: 0,
  place: null,
  number: null,
  lag: null,
  delay: null,
  amount: null,
  late: null,
  kind: null,
};

/** A row as a log holds it: with the time at which a server took it, if one did. */
export interface LoggedRow {
  readonly row: Row;
  readonly receivedMs: number | null;
}

/** The fields of a row in the schema's order. */
export function valuesOf(row: Row): Value[] {
  return Object.keys(schema).map((name) => {
    const value = row[name as keyof Row];
    return typeof value === "boolean" ? Number(value) : value;
  });
}

const minuteMs = 60_000;
const grids = [1, minuteMs, 5 * minuteMs, 60 * minuteMs, 1_440 * minuteMs];
const anchorsMs = [0, -40 * 86_400_000, 986_083_200_000];

/** Times about an anchor: on, just before and just after the edges of tiles, near and far. */
export function times(anchorMs: number): fc.Arbitrary<number> {
  return fc
    .record({
      grid: fc.constantFrom(...grids),
      spanMs: fc.constantFrom(2 * 3_600_000, 3 * 86_400_000, 60 * 86_400_000),
      share: fc.double({ min: -1, max: 1, noNaN: true }),
      offsetMs: fc.constantFrom(-1, 0, 0, 0, 1),
    })
    .map(
      ({ grid, spanMs, share, offsetMs }) => anchorMs + Math.round((share * spanMs) / grid) * grid + offsetMs,
    );
}

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null, freq: 6 });

/** Few texts and numbers, so that many events are about one entity. */
const places = fc.constantFrom("JFK", "SFO", "");
const numbers = fc.constantFrom(1, 2, -3);
const words = fc.constantFrom("x", "y", "", "X", "xy", "é");

/** Parts of keys that a careless encoding would run together. */
const awkwardPlaces = fc.constantFrom(
  "a",
  "ab",
  "",
  ",",
  '"',
  '","',
  'a","b',
  "[",
  "]",
  "1",
  "-0",
  "\\",
  "null",
);
const awkwardWords = fc.constantFrom("bc", "c", "", ",", '"', '","', 'b","c', "]", "1", "12");
const awkwardNumbers = fc.constantFrom(0, -0, 1, 12, 2, -3);

/** What the parts of keys are drawn from. */
export interface KeyParts {
  readonly place: fc.Arbitrary<string>;
  readonly number: fc.Arbitrary<number>;
  readonly kind: fc.Arbitrary<string>;
}

export const plainKeys: KeyParts = { place: places, number: numbers, kind: words };
export const awkwardKeys: KeyParts = { place: awkwardPlaces, number: awkwardNumbers, kind: awkwardWords };

const lags = fc.oneof(fc.constant(0), fc.integer({ min: -90, max: 90 }), fc.integer({ min: 0, max: 40_000 }));

function rows(anchorMs: number, keys: KeyParts): fc.Arbitrary<Row> {
  return fc.record({
    at: times(anchorMs),
    place: maybe(keys.place),
    number: maybe(keys.number),
    lag: maybe(lags),
    delay: maybe(fc.oneof(fc.constant(0), fc.integer({ min: -60, max: 600 }))),
    amount: maybe(
      fc.oneof(
        fc.double({ min: -1e3, max: 1e3, noNaN: true }),
        fc.constantFrom(0, -0, 1e-7, -4e-7, 1.1e9, -1.1e9),
      ),
    ),
    late: maybe(fc.boolean()),
    kind: maybe(keys.kind),
  });
}

/** An anchor with rows about it, some of them twice and some at the same time. */
export function anchoredRows(keys = plainKeys): fc.Arbitrary<{ anchorMs: number; rows: Row[] }> {
  return fc.constantFrom(...anchorsMs).chain((anchorMs) =>
    fc
      .record({
        fresh: fc.array(rows(anchorMs, keys), { maxLength: 40 }),
        again: fc.array(fc.nat(39), { maxLength: 5 }),
      })
      .map(({ fresh, again }) => ({
        anchorMs,
        rows: [...fresh, ...again.flatMap((i) => (i < fresh.length ? [fresh[i]] : []))],
      })),
  );
}

/** When a server took a row: never, on time, late, or long before the row says that it happened. */
export const received = (row: Row): fc.Arbitrary<LoggedRow> =>
  fc
    .option(
      lags.map((minutes) => row.at + minutes * minuteMs),
      { nil: null, freq: 2 },
    )
    .map((receivedMs) => ({ row, receivedMs }));
