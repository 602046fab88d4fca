import {
  durationMs,
  expressionJson,
  type BoolExpression,
  type Canonical,
  type Duration,
  type ExpressionNode,
  type NumberExpression,
} from "../kernel/index.js";

export type AggregationKind = "count" | "sum" | "mean" | "rate" | "min" | "max";

/** One windowed feature of a view. */
export interface WindowedFeature {
  readonly kind: AggregationKind;
  /** What is aggregated; absent for count. */
  readonly value?: ExpressionNode;
  /** Only events for which this is true count. */
  readonly where?: ExpressionNode;
  readonly windowMs: number;
}

/** An aggregation that still needs its window. */
export interface Aggregation {
  /** Counts only the events for which the condition is true. */
  where(condition: BoolExpression): Aggregation;
  /** The window before the time of the question, e.g. `"24h"`. */
  over(window: Duration): WindowedFeature;
}

function aggregation(kind: AggregationKind, value?: ExpressionNode, where?: ExpressionNode): Aggregation {
  return Object.freeze({
    where: (condition: BoolExpression) => aggregation(kind, value, condition.node),
    over: (window: Duration) =>
      Object.freeze({
        kind,
        windowMs: durationMs(window),
        ...(value === undefined ? {} : { value }),
        ...(where === undefined ? {} : { where }),
      }),
  });
}

/** Number of events; 0 when there are none. */
export const count = (): Aggregation => aggregation("count");

/** Sum of the values that are not null; 0 when there are none. */
export const sum = (value: NumberExpression): Aggregation => aggregation("sum", value.node);

/** Mean of the values that are not null; null when there are none. */
export const mean = (value: NumberExpression): Aggregation => aggregation("mean", value.node);

/** Share of true among the events where the condition is not null; null when there are none. */
export const rate = (condition: BoolExpression): Aggregation => aggregation("rate", condition.node);

/** Smallest value; null when there is none. */
export const min = (value: NumberExpression): Aggregation => aggregation("min", value.node);

/** Largest value; null when there is none. */
export const max = (value: NumberExpression): Aggregation => aggregation("max", value.node);

/** The canonical form that a view's hash is made of. */
export function windowedFeatureJson(feature: WindowedFeature): Canonical {
  return {
    kind: feature.kind,
    windowMs: feature.windowMs,
    value: feature.value === undefined ? undefined : expressionJson(feature.value),
    where: feature.where === undefined ? undefined : expressionJson(feature.where),
  };
}
