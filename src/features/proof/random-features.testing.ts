import fc from "fast-check";
import {
  durationMs,
  type BoolExpression,
  type Columns,
  type Duration,
  type NumberExpression,
  type TextExpression,
} from "../../kernel/index.js";
import {
  count,
  distinct,
  first,
  last,
  max,
  mean,
  min,
  quantile,
  rate,
  std,
  sum,
  timeSinceLast,
  topValue,
  variance,
  type Aggregation,
  type WindowedFeature,
} from "../definition/aggregation.js";
import type { NaiveFeature, NaiveKind } from "./naive-features.testing.js";
import type { Row, schema } from "./random-rows.testing.js";

type F = Columns<typeof schema>;

interface Numbers {
  readonly of: (f: F) => NumberExpression;
  readonly naive: (row: Row) => number | null;
  readonly whole: boolean;
}

interface Conditions {
  readonly of: (f: F) => BoolExpression;
  readonly naive: (row: Row) => boolean | null;
}

interface Texts {
  readonly of: (f: F) => TextExpression;
  readonly naive: (row: Row) => string | null;
}

/** Each definition beside its meaning in plain TypeScript. */
const values: readonly Numbers[] = [
  { of: (f) => f.delay, naive: ({ delay }) => delay, whole: true },
  { of: (f) => f.amount, naive: ({ amount }) => amount, whole: false },
  {
    of: (f) => f.delay.times(-2).plus(1),
    naive: ({ delay }) => (delay === null ? null : 1 - 2 * delay),
    whole: true,
  },
  { of: (f) => f.delay.times(0), naive: ({ delay }) => (delay === null ? null : 0), whole: true },
  {
    of: (f) => f.delay.dividedBy(7),
    naive: ({ delay }) => (delay === null ? null : delay / 7),
    whole: false,
  },
  { of: (f) => f.amount.orElse(-1.5), naive: ({ amount }) => amount ?? -1.5, whole: false },
  {
    of: (f) => f.amount.floor(),
    naive: ({ amount }) => (amount === null ? null : Math.floor(amount)),
    whole: true,
  },
  {
    of: (f) => f.amount.dividedBy(f.delay),
    naive: ({ amount, delay }) => (amount === null || delay === null || delay === 0 ? null : amount / delay),
    whole: false,
  },
  {
    of: (f) => f.delay.gt(15).then(f.amount, 0),
    naive: ({ delay, amount }) => (delay === null ? null : delay > 15 ? amount : 0),
    whole: false,
  },
];

const conditions: readonly Conditions[] = [
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

const texts: readonly Texts[] = [
  { of: (f) => f.kind, naive: ({ kind }) => kind },
  { of: (f) => f.place, naive: ({ place }) => place },
];

/** Every class of hops, on both sides of its edges, from a minute to a year. */
const windows: readonly Duration[] = [
  ...(["1m", "90s", "7m", "59m", "1h", "61m", "3h", "719m"] as const),
  ...(["12h", "25h", "7d", "287h", "12d", "300h", "40d", "366d"] as const),
];

export const kinds = [
  ...(["count", "sum", "mean", "rate", "variance", "std", "min"] as const),
  ...(["max", "first", "last", "distinct", "quantile", "top", "since"] as const),
] satisfies NaiveKind[];

/** One feature by its parts. */
export interface FeatureChoice {
  readonly kind: NaiveKind;
  readonly value: Numbers;
  readonly condition: Conditions;
  readonly text: Texts;
  /** What is aggregated where an aggregation takes any type. */
  readonly of: "value" | "condition" | "text";
  readonly where: Conditions | undefined;
  readonly level: number;
  readonly rank: number;
  readonly window: Duration;
}

export const featureChoice: fc.Arbitrary<FeatureChoice> = fc.record({
  kind: fc.constantFrom(...kinds),
  value: fc.constantFrom(...values),
  condition: fc.constantFrom(...conditions),
  text: fc.constantFrom(...texts),
  of: fc.constantFrom("value" as const, "condition" as const, "text" as const, "text" as const),
  where: fc.option(fc.constantFrom(...conditions), { nil: undefined }),
  level: fc.oneof(fc.constantFrom(0, 0.5, 0.95, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  rank: fc.integer({ min: 1, max: 4 }),
  window: fc.constantFrom(...windows),
});

/** A feature of a column as it is, without a condition. */
export const columnChoice: fc.Arbitrary<FeatureChoice> = featureChoice.chain((choice) =>
  fc
    .constantFrom(
      { value: values[0], of: "value" as const },
      { value: values[1], of: "value" as const },
      { condition: conditions[0], of: "condition" as const },
    )
    .map((column) => ({ ...choice, ...column, where: undefined })),
);

function aggregationOf(f: F, choice: FeatureChoice): Aggregation {
  const { kind, level, rank } = choice;
  const given = choice[choice.of].of(f);
  switch (kind) {
    case "count":
      return count();
    case "since":
      return timeSinceLast();
    case "rate":
      return rate(choice.condition.of(f));
    case "quantile":
      return quantile(choice.value.of(f), level);
    case "first":
    case "last":
    case "distinct":
      return { first, last, distinct }[kind](given);
    case "top":
      return topValue(given, rank);
    default:
      return { sum, mean, variance, std, min, max }[kind](choice.value.of(f));
  }
}

/** The feature in the words of the definition language. */
export function define(f: F, choice: FeatureChoice): WindowedFeature {
  const aggregation = aggregationOf(f, choice);
  const { where, window } = choice;
  return (where === undefined ? aggregation : aggregation.where(where.of(f))).over(window);
}

const anyTyped = new Set<NaiveKind>(["first", "last", "distinct", "top"]);

/** The feature as the oracle takes it. */
export function meaning(choice: FeatureChoice): NaiveFeature<Row> {
  const { kind, value, condition, where, window } = choice;
  const of = kind === "rate" ? "condition" : anyTyped.has(kind) ? choice.of : "value";
  const truth = (row: Row) => {
    const is = condition.naive(row);
    return is === null ? null : Number(is);
  };
  const naive = of === "value" ? value.naive : of === "text" ? choice.text.naive : truth;
  return {
    kind,
    windowMs: durationMs(window),
    whole: kind === "rate" || value.whole,
    parameter: kind === "quantile" ? choice.level : choice.rank,
    text: of === "text" && kind !== "distinct",
    ...(kind === "count" || kind === "since" ? {} : { value: naive }),
    ...(where === undefined ? {} : { where: where.naive }),
  };
}
