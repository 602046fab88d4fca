import {
  durationMs,
  expressionJson,
  type BoolExpression,
  type Canonical,
  type Duration,
  type Expression,
  type ExpressionNode,
  type NumberExpression,
} from "../../kernel/index.js";
import { featureErrors } from "../errors.js";

export type AggregationKind =
  | "count"
  | "sum"
  | "mean"
  | "rate"
  | "variance"
  | "std"
  | "min"
  | "max"
  | "first"
  | "last"
  | "distinct"
  | "quantile"
  | "top"
  | "since";

/** What a feature's values are. */
export type FeatureKind = "number" | "text";

/** One windowed feature of a view. */
export interface WindowedFeature {
  readonly kind: AggregationKind;
  /** What is aggregated; absent for count and for the time since the last event. */
  readonly value?: ExpressionNode;
  /** Only events for which this is true count. */
  readonly where?: ExpressionNode;
  /** The level of a quantile, the rank of a top value. */
  readonly parameter?: number;
  /** Only where the feature is a text. */
  readonly output?: "text";
  readonly windowMs: number;
}

/** An aggregation that still needs its window. */
export interface Aggregation {
  /** Counts only the events for which the condition is true. */
  where(condition: BoolExpression): Aggregation;
  /** The window before the time of the question, e.g. `"24h"`: one minute to 366 days. Throws MW0301. */
  over(window: Duration): WindowedFeature;
}

type Unbound = Omit<WindowedFeature, "windowMs">;

const minuteMs = 60_000;
const longestMs = 366 * 86_400_000;

function aggregation(unbound: Unbound): Aggregation {
  return Object.freeze({
    where: (condition: BoolExpression) => aggregation({ ...unbound, where: condition.node }),
    over(window: Duration) {
      const windowMs = durationMs(window);
      if (windowMs >= minuteMs && windowMs <= longestMs) return Object.freeze({ ...unbound, windowMs });
      throw featureErrors.error("MW0301", {
        expected: "a window of one minute to 366 days",
        found: JSON.stringify(window),
        remedy: "Choose a window within these bounds.",
      });
    },
  });
}

type Valued = NumberExpression | BoolExpression | Extract<Expression, { type: "text" }>;

const textOutput = (value: Valued) => (value.type === "text" ? { output: "text" as const } : {});

/** Number of events; 0 when there are none. */
export const count = (): Aggregation => aggregation({ kind: "count" });

/** Sum of the values that are not null; 0 when there are none. */
export const sum = (value: NumberExpression): Aggregation => aggregation({ kind: "sum", value: value.node });

/** Mean of the values that are not null; null when there are none. */
export const mean = (value: NumberExpression): Aggregation =>
  aggregation({ kind: "mean", value: value.node });

/** Share of true among the events where the condition is not null; null when there are none. */
export const rate = (condition: BoolExpression): Aggregation =>
  aggregation({ kind: "rate", value: condition.node });

/** Sample variance (n − 1) of the values that are not null; null when there are fewer than two. */
export const variance = (value: NumberExpression): Aggregation =>
  aggregation({ kind: "variance", value: value.node });

/** Sample standard deviation: the square root of {@link variance}. */
export const std = (value: NumberExpression): Aggregation => aggregation({ kind: "std", value: value.node });

/** Smallest value; null when there is none. */
export const min = (value: NumberExpression): Aggregation => aggregation({ kind: "min", value: value.node });

/** Largest value; null when there is none. */
export const max = (value: NumberExpression): Aggregation => aggregation({ kind: "max", value: value.node });

/** The value of the earliest event of the window whose value is not null; of equal times the smaller value. */
export const first = (value: Valued): Aggregation =>
  aggregation({ kind: "first", value: value.node, ...textOutput(value) });

/**
 * The value of the latest event whose value is not null; of equal times the larger value. Its window is a
 * time to live, exact to the millisecond: an event at `t − W` is the oldest that counts.
 */
export const last = (value: Valued): Aggregation =>
  aggregation({ kind: "last", value: value.node, ...textOutput(value) });

/** Approximate number of distinct values: exact up to 256, then with a standard error of 1.6 %; 0 when none. */
export const distinct = (value: Valued): Aggregation => aggregation({ kind: "distinct", value: value.node });

/** The value at a level between 0 and 1, to 1 % of itself; null when there is none. Throws MW0301. */
export function quantile(value: NumberExpression, level: number): Aggregation {
  if (level >= 0 && level <= 1) return aggregation({ kind: "quantile", value: value.node, parameter: level });
  throw featureErrors.error("MW0301", {
    expected: "a level of a quantile between 0 and 1",
    found: String(level),
    remedy: "The median is quantile(x, 0.5).",
  });
}

/**
 * The most frequent value, or the one of a rank; of equal counts the smaller value. Null when there are
 * fewer values, or more than 1,000 distinct ones in the window. Throws MW0301.
 */
export function topValue(value: Valued, rank = 1): Aggregation {
  if (Number.isInteger(rank) && rank >= 1 && rank <= 100) {
    return aggregation({ kind: "top", value: value.node, parameter: rank, ...textOutput(value) });
  }
  throw featureErrors.error("MW0301", {
    expected: "a whole rank between 1 and 100",
    found: String(rank),
    remedy: "The most frequent value is topValue(x).",
  });
}

/** Seconds since the latest event, exact to the millisecond; null when there is none in the window. */
export const timeSinceLast = (): Aggregation => aggregation({ kind: "since" });

/** Whether the feature's values are numbers or texts. */
export const featureKind = (feature: WindowedFeature): FeatureKind => feature.output ?? "number";

/** The canonical form that a view's hash is made of. */
export function windowedFeatureJson(feature: WindowedFeature): Canonical {
  return {
    kind: feature.kind,
    windowMs: feature.windowMs,
    value: feature.value === undefined ? undefined : expressionJson(feature.value),
    where: feature.where === undefined ? undefined : expressionJson(feature.where),
    parameter: feature.parameter,
    output: feature.output,
  };
}
