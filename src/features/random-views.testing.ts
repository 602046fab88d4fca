import fc from "fast-check";
import { events, parquet, type Source } from "../data/index.js";
import {
  durationMs,
  t,
  type BoolExpression,
  type Columns,
  type Duration,
  type NumberExpression,
  type Value,
} from "../kernel/index.js";
import { count, max, mean, min, rate, sum, type WindowedFeature } from "./aggregation.js";
import type { NaiveEvent, NaiveFeature } from "./naive-features.testing.js";
import { view, type View } from "./view.js";

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

type F = Columns<typeof schema>;

/** The fields of a row in the schema's order. */
export function valuesOf(row: Row): Value[] {
  return Object.keys(schema).map((name) => {
    const value = row[name as keyof Row];
    return typeof value === "boolean" ? Number(value) : value;
  });
}

/** Each definition beside its meaning in plain TypeScript. */
const values: { of: (f: F) => NumberExpression; naive: (row: Row) => number | null }[] = [
  { of: (f) => f.delay, naive: ({ delay }) => delay },
  { of: (f) => f.amount, naive: ({ amount }) => amount },
  { of: (f) => f.delay.times(-2).plus(1), naive: ({ delay }) => (delay === null ? null : 1 - 2 * delay) },
  { of: (f) => f.delay.times(0), naive: ({ delay }) => (delay === null ? null : 0) },
  { of: (f) => f.delay.dividedBy(7), naive: ({ delay }) => (delay === null ? null : delay / 7) },
  { of: (f) => f.amount.orElse(-1.5), naive: ({ amount }) => amount ?? -1.5 },
  { of: (f) => f.amount.floor(), naive: ({ amount }) => (amount === null ? null : Math.floor(amount)) },
  {
    of: (f) => f.amount.dividedBy(f.delay),
    naive: ({ amount, delay }) => (amount === null || delay === null || delay === 0 ? null : amount / delay),
  },
  {
    of: (f) => f.delay.gt(15).then(f.amount, 0),
    naive: ({ delay, amount }) => (delay === null ? null : delay > 15 ? amount : 0),
  },
];

const conditions: { of: (f: F) => BoolExpression; naive: (row: Row) => boolean | null }[] = [
  { of: (f) => f.late, naive: ({ late }) => late },
  { of: (f) => f.delay.gt(15), naive: ({ delay }) => (delay === null ? null : delay > 15) },
  { of: (f) => f.kind.eq("x"), naive: ({ kind }) => (kind === null ? null : kind === "x") },
  { of: (f) => f.kind.isNull(), naive: ({ kind }) => kind === null },
  {
    of: (f) => f.late.or(f.delay.lt(0)),
    naive: ({ late, delay }) =>
      late === true || (delay !== null && delay < 0) ? true : late === null || delay === null ? null : false,
  },
];

const availabilities: { of?: (f: F) => F["at"]; naive: (row: Row) => number | null }[] = [
  { naive: ({ at }) => at },
  { of: (f) => f.at.plus("30m"), naive: ({ at }) => at + 1_800_000 },
  {
    of: (f) => f.at.plus(f.lag.times(60_000)),
    naive: ({ at, lag }) => (lag === null ? null : at + lag * 60_000),
  },
];

/** Every class of hops, on both sides of its edges. */
const windows: readonly Duration[] = [
  ...(["1m", "90s", "7m", "59m", "1h", "61m", "3h", "719m"] as const),
  ...(["12h", "25h", "7d", "287h", "12d", "300h", "40d"] as const),
];

const kinds = ["count", "sum", "mean", "rate", "min", "max"] as const;

interface FeatureChoice {
  readonly kind: (typeof kinds)[number];
  readonly value: (typeof values)[number];
  readonly rated: (typeof conditions)[number];
  readonly where: (typeof conditions)[number] | undefined;
  readonly window: Duration;
}

const featureChoice: fc.Arbitrary<FeatureChoice> = fc.record({
  kind: fc.constantFrom(...kinds),
  value: fc.constantFrom(...values),
  rated: fc.constantFrom(...conditions),
  where: fc.option(fc.constantFrom(...conditions), { nil: undefined }),
  window: fc.constantFrom(...windows),
});

function define(f: F, { kind, value, rated, where, window }: FeatureChoice): WindowedFeature {
  const aggregation =
    kind === "count"
      ? count()
      : kind === "rate"
        ? rate(rated.of(f))
        : { sum, mean, min, max }[kind](value.of(f));
  return (where === undefined ? aggregation : aggregation.where(where.of(f))).over(window);
}

function naive({ kind, value, rated, where, window }: FeatureChoice): NaiveFeature<Row> {
  const rateOf = (row: Row) => {
    const truth = rated.naive(row);
    return truth === null ? null : Number(truth);
  };
  return {
    kind,
    windowMs: durationMs(window),
    ...(kind === "count" ? {} : { value: kind === "rate" ? rateOf : value.naive }),
    ...(where === undefined ? {} : { where: where.naive }),
  };
}

/** A view and what it means. */
export interface RandomView {
  readonly view: View;
  readonly clock: "event" | "available";
  readonly features: readonly NaiveFeature<Row>[];
}

export interface RandomSource {
  readonly source: Source;
  readonly views: readonly RandomView[];
  naiveEvents(rows: readonly Row[], view: RandomView): NaiveEvent<Row>[];
}

/** A source by name with one to three views of it, keyed by `keyColumn`. */
export function randomSource(name: string, keyColumn: "place" | "number"): fc.Arbitrary<RandomSource> {
  const viewChoice = fc.record({
    clock: fc.constantFrom("event" as const, "available" as const),
    choices: fc.array(featureChoice, { minLength: 1, maxLength: 6 }),
  });
  return fc
    .record({
      availability: fc.constantFrom(...availabilities),
      viewChoices: fc.array(viewChoice, { minLength: 1, maxLength: 3 }),
    })
    .map(({ availability, viewChoices }) => {
      const source = events(name, {
        from: parquet("events.parquet"),
        schema,
        eventTime: "at",
        ...(availability.of === undefined ? {} : { availableAt: availability.of }),
      });
      const views = viewChoices.map(({ clock, choices }, i) => ({
        view: view(`${name}_${i}`, {
          source,
          entity: { thing: keyColumn },
          clock,
          features: (f) =>
            Object.fromEntries(choices.map((choice, j) => [`${name}${i}_${j}`, define(f, choice)])),
        }),
        clock,
        features: choices.map(naive),
      }));
      const naiveEvents = (rows: readonly Row[]) =>
        rows.map((row) => {
          const key = row[keyColumn];
          const text = key === null ? null : String(key);
          return { row, key: text, statedMs: row.at, availableMs: availability.naive(row) };
        });
      return { source, views, naiveEvents };
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

export const places = fc.constantFrom("JFK", "SFO", "");
export const numbers = fc.constantFrom(1, 2, -3);

function rows(anchorMs: number): fc.Arbitrary<Row> {
  return fc.record({
    at: times(anchorMs),
    place: maybe(places),
    number: maybe(numbers),
    lag: maybe(
      fc.oneof(fc.constant(0), fc.integer({ min: -90, max: 90 }), fc.integer({ min: 0, max: 40_000 })),
    ),
    delay: maybe(fc.oneof(fc.constant(0), fc.integer({ min: -60, max: 600 }))),
    amount: maybe(
      fc.oneof(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.constantFrom(0, -0, 1e-7, -4e-7)),
    ),
    late: maybe(fc.boolean()),
    kind: maybe(fc.constantFrom("x", "y", "")),
  });
}

/** An anchor with rows about it, some of them twice and some at the same time. */
export const anchoredRows = fc.constantFrom(...anchorsMs).chain((anchorMs) =>
  fc
    .record({
      fresh: fc.array(rows(anchorMs), { maxLength: 40 }),
      again: fc.array(fc.nat(39), { maxLength: 5 }),
    })
    .map(({ fresh, again }) => ({
      anchorMs,
      rows: [...fresh, ...again.flatMap((i) => (i < fresh.length ? [fresh[i]] : []))],
    })),
);
