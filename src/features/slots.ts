import {
  canonicalJson,
  compileExpression,
  expressionJson,
  type Bind,
  type ExpressionNode,
  type Reader,
  type Schema,
} from "../kernel/index.js";
import type { AggregationKind, WindowedFeature } from "./aggregation.js";
import { featureErrors } from "./errors.js";

/** How a slot's values combine. Sums are of whole numbers, so their order never matters. */
export type SlotOperation = "sum" | "min" | "max";

/** One mergeable number per tile. */
export interface Slot {
  readonly operation: SlotOperation;
  /** Absent: every event contributes 1. */
  readonly value?: ExpressionNode;
  /** The slot counts values instead of adding them. */
  readonly counts: boolean;
  readonly where?: ExpressionNode;
  /** Values are kept as whole multiples of 1 / scale. */
  readonly scale: number;
}

/** How a feature is finished from the slots of its window. */
export interface Finish {
  readonly kind: AggregationKind;
  readonly windowMs: number;
  readonly slot: number;
  /** The count that mean and rate divide by; otherwise the same as `slot`. */
  readonly countSlot: number;
  readonly scale: number;
}

export interface SlotPlan {
  /** Sums first, then minima and maxima. */
  readonly slots: readonly Slot[];
  /** One per feature, in the view's order. */
  readonly finishes: readonly Finish[];
}

/** The largest magnitude of one value, in its fixed-point unit; sums stay exact up to 2^53. */
const largestUnits = 2 ** 50;

/** Decimals that are kept of values which may not be whole: fixed point makes sums exact. */
const fractionScale = 1e6;

const wholeOperations = new Set(["add", "sub", "mul", "mod", "floor", "abs", "min", "max", "orElse", "when"]);
const booleanOperations = new Set(["eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "isNull"]);

function isWhole(node: ExpressionNode, schema: Schema): boolean {
  if (node.op === "literal") return Number.isInteger(node.value);
  if (node.op === "column") return schema[node.name].kind !== "float";
  if (booleanOperations.has(node.op) || node.op === "floor") return true;
  return wholeOperations.has(node.op) && node.args.every((arg) => isWhole(arg, schema));
}

function slotsOf(feature: WindowedFeature, schema: Schema): { main: Slot; count?: Slot } {
  const where = feature.where === undefined ? {} : { where: feature.where };
  const { value } = feature;
  if (value === undefined) return { main: { operation: "sum", counts: true, scale: 1, ...where } };
  const scale = isWhole(value, schema) ? 1 : fractionScale;
  const count: Slot = { operation: "sum", value, counts: true, scale: 1, ...where };
  if (feature.kind === "min" || feature.kind === "max") {
    return { main: { operation: feature.kind, value, counts: false, scale, ...where } };
  }
  const main: Slot = { operation: "sum", value, counts: false, scale, ...where };
  return feature.kind === "sum" ? { main } : { main, count };
}

function slotKey(slot: Slot): string {
  return canonicalJson({
    ...slot,
    value: slot.value && expressionJson(slot.value),
    where: slot.where && expressionJson(slot.where),
  });
}

/** Plans which mergeable numbers a view must keep; equal ones are kept once. */
export function planSlots(features: readonly WindowedFeature[], schema: Schema): SlotPlan {
  const needed = features.map((feature) => slotsOf(feature, schema));
  const unique = new Map<string, Slot>();
  for (const { main, count } of needed) {
    unique.set(slotKey(main), main);
    if (count !== undefined) unique.set(slotKey(count), count);
  }
  const entries = [...unique].sort(
    ([, a], [, b]) => Number(a.operation !== "sum") - Number(b.operation !== "sum"),
  );
  const position = new Map(entries.map(([key], index) => [key, index]));
  const indexOf = (slot: Slot) => position.get(slotKey(slot)) as number;
  const finishes = features.map(({ kind, windowMs }, i) => {
    const { main, count } = needed[i];
    return { kind, windowMs, slot: indexOf(main), countSlot: indexOf(count ?? main), scale: main.scale };
  });
  return { slots: entries.map(([, slot]) => slot), finishes };
}

/** Writes an event's contribution to every slot; NaN contributes nothing. Throws MW0303 for a value too large. */
export type Contribute<Row> = (row: Row, out: Float64Array) => void;

function compileSlot<Row>(slot: Slot, bind: Bind<Row>): (row: Row) => number {
  const value: Reader<Row> = slot.value === undefined ? () => 1 : compileExpression(slot.value, bind);
  const where: Reader<Row> = slot.where === undefined ? () => 1 : compileExpression(slot.where, bind);
  const { counts, scale } = slot;
  return (row) => {
    if (where(row) !== 1) return NaN;
    const given = value(row);
    if (given === null) return NaN;
    if (counts) return 1;
    // Adding 0 turns −0 into 0: of two zeros no order would make one the minimum.
    const units = (scale === 1 ? (given as number) : Math.round((given as number) * scale)) + 0;
    if (Math.abs(units) > largestUnits) throw tooLarge(given as number, scale);
    return units;
  };
}

function tooLarge(value: number, scale: number) {
  return featureErrors.error("MW0303", {
    expected: `an aggregated value of at most ${largestUnits / scale}`,
    found: String(value),
    remedy: "Aggregate a larger unit, or let an expectation quarantine such rows.",
    details: { value },
  });
}

/** Compiles a plan's slots for rows of one kind: table rows offline, ingested records online. */
export function compileContributions<Row>(plan: SlotPlan, bind: Bind<Row>): Contribute<Row> {
  const compiled = plan.slots.map((slot) => compileSlot(slot, bind));
  return (row, out) => {
    for (let s = 0; s < compiled.length; s++) out[s] = compiled[s](row);
  };
}
