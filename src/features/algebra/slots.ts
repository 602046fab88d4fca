import {
  canonicalJson,
  compileExpression,
  expressionJson,
  isWholeExpression,
  type Bind,
  type ExpressionNode,
  type Reader,
  type Schema,
} from "../../kernel/index.js";
import type { AggregationKind, FeatureKind, WindowedFeature } from "../definition/aggregation.js";
import { featureKind } from "../definition/aggregation.js";
import { cellAlgebras, type CellOperation } from "./cell-algebra.js";
import { featureErrors } from "../errors.js";
import type { SketchOperation } from "./sketch-algebra.js";

/** One mergeable state per tile. */
export interface Slot {
  readonly operation: CellOperation | SketchOperation;
  /** Absent: every event contributes 1. */
  readonly value?: ExpressionNode;
  /** Every value that is not null contributes 1. */
  readonly counts: boolean;
  readonly where?: ExpressionNode;
  /** Values are kept as whole multiples of 1 / scale; 0: as they are. */
  readonly scale: number;
}

/** How a feature is finished from the slots of its window. */
export interface Finish {
  readonly kind: AggregationKind;
  readonly windowMs: number;
  readonly output: FeatureKind;
  /** Position among the view's features of its kind. */
  readonly position: number;
  /** Its slots: the main one first; then, where needed, the count and the sum of squares. */
  readonly slots: readonly number[];
  readonly scale: number;
  readonly parameter: number;
}

export interface SlotPlan {
  /** Counts first, then sums, then the other operations on cells, then sketches. */
  readonly slots: readonly Slot[];
  /** The slots before this are counts: their state is the cell of their own number. */
  readonly countEnd: number;
  /** The slots from there up to this are sums. */
  readonly sumEnd: number;
  /** How many slots have cells; the others are sketches. */
  readonly cellSlotCount: number;
  /** First cell of every slot with cells. */
  readonly cellAt: readonly number[];
  /** The cells of no events. */
  readonly identity: Float64Array;
  /** One per feature, in the view's order. */
  readonly finishes: readonly Finish[];
}

/** The largest magnitude of one value, in its fixed-point unit; sums stay exact up to 2^53. */
const largestUnits = 2 ** 50;

/** Decimals that are kept of values which may not be whole: fixed point makes sums exact. */
const fractionScale = 1e6;

/** Operations that keep values as they are, and under which name. */
const asGiven: Partial<Record<AggregationKind, Slot["operation"]>> = {
  first: "first",
  last: "last",
  since: "last",
  distinct: "distinct",
  quantile: "quantiles",
  top: "frequencies",
};

/** The slots that a feature needs, the main one first. */
function slotsOf(feature: WindowedFeature, schema: Schema): readonly Slot[] {
  const { kind, value, where, output } = feature;
  const condition = where === undefined ? {} : { where };
  const given = asGiven[kind];
  if (given !== undefined) {
    const operation =
      output === "text" && (given === "first" || given === "last") ? (`${given}Text` as const) : given;
    return [{ operation, counts: value === undefined, scale: 0, ...(value && { value }), ...condition }];
  }
  const count: Slot = { operation: "count", counts: true, scale: 1, ...(value && { value }), ...condition };
  if (value === undefined) return [count];
  const scale = isWholeExpression(value, schema) ? 1 : fractionScale;
  const slot = (operation: CellOperation): Slot => ({ operation, value, counts: false, scale, ...condition });
  switch (kind) {
    case "min":
    case "max":
    case "sum":
      return [slot(kind)];
    case "variance":
    case "std":
      return [slot("sum"), count, slot("squares")];
    default:
      return [slot("sum"), count];
  }
}

function slotKey(slot: Slot): string {
  return canonicalJson({
    ...slot,
    value: slot.value && expressionJson(slot.value),
    where: slot.where && expressionJson(slot.where),
  });
}

const isCell = (operation: Slot["operation"]): operation is CellOperation =>
  Object.hasOwn(cellAlgebras, operation);

const ranks: Partial<Record<Slot["operation"], number>> = { count: 0, sum: 1 };

const rank = ({ operation }: Slot) => ranks[operation] ?? (isCell(operation) ? 2 : 3);

/** Plans which mergeable states a view must keep; equal ones are kept once. */
export function planSlots(features: readonly WindowedFeature[], schema: Schema): SlotPlan {
  const needed = features.map((feature) => slotsOf(feature, schema));
  const unique = new Map(needed.flat().map((slot) => [slotKey(slot), slot]));
  const entries = [...unique].sort(([, a], [, b]) => rank(a) - rank(b));
  const indexOf = new Map(entries.map(([key], index) => [key, index]));
  const positions = { number: 0, text: 0 };
  const finishes = features.map((feature, i): Finish => {
    const { kind, windowMs, parameter = NaN } = feature;
    const output = featureKind(feature);
    const slots = needed[i].map((slot) => indexOf.get(slotKey(slot)) as number);
    return {
      kind,
      windowMs,
      output,
      position: positions[output]++,
      slots,
      scale: needed[i][0].scale,
      parameter,
    };
  });
  const slots = entries.map(([, slot]) => slot);
  return { slots, finishes, ...layOut(slots) };
}

function layOut(slots: readonly Slot[]): Omit<SlotPlan, "slots" | "finishes"> {
  const cellAt: number[] = [];
  const identity: number[] = [];
  for (const { operation } of slots) {
    if (!isCell(operation)) continue;
    cellAt.push(identity.length);
    identity.push(...cellAlgebras[operation].identity);
  }
  const countEnd = slots.filter((slot) => rank(slot) === 0).length;
  const sumEnd = slots.filter((slot) => rank(slot) <= 1).length;
  return { countEnd, sumEnd, cellSlotCount: cellAt.length, cellAt, identity: Float64Array.from(identity) };
}

/** The operations of a plan's cells, sums included, in the order of its slots. */
export const cellOperations = ({ slots }: SlotPlan): CellOperation[] =>
  slots.flatMap(({ operation }) => (isCell(operation) ? [operation] : []));

/** The operations of a plan's sketches, in the order of its slots. */
export const sketchOperations = ({ slots }: SlotPlan): SketchOperation[] =>
  slots.flatMap(({ operation }) => (isCell(operation) ? [] : [operation]));

/** What one event adds to a tile. Reused from event to event. */
export interface Contributions {
  /** One per slot with cells; NaN: nothing. */
  readonly numbers: Float64Array;
  /** One per sketch; null: nothing. */
  readonly values: (number | string | null)[];
}

export function makeContributions(plan: SlotPlan): Contributions {
  return {
    numbers: new Float64Array(plan.cellSlotCount),
    values: new Array<null>(plan.slots.length - plan.cellSlotCount).fill(null),
  };
}

/** Writes an event's contribution to every slot. Throws MW0303 for a value too large. */
export type Contribute<Row> = (row: Row, out: Contributions) => void;

const readOne = () => 1;

/** Slots of one value under one condition, which are read once for all of them. */
interface ValueReader<Row> {
  readonly value: Reader<Row>;
  readonly where: Reader<Row>;
  readonly slots: { readonly index: number; readonly counts: boolean; readonly scale: number }[];
}

function compileNumbers<Row>(plan: SlotPlan, bind: Bind<Row>): ValueReader<Row>[] {
  const readers = new Map<string, ValueReader<Row>>();
  plan.slots.slice(0, plan.cellSlotCount).forEach(({ value, where, counts, scale }, index) => {
    const name = canonicalJson(
      [value, where].map((node) => (node === undefined ? null : expressionJson(node))),
    );
    const reader = readers.get(name) ?? {
      value: value === undefined ? readOne : compileExpression(value, bind),
      where: where === undefined ? readOne : compileExpression(where, bind),
      slots: [],
    };
    reader.slots.push({ index, counts, scale });
    readers.set(name, reader);
  });
  return [...readers.values()];
}

function readNumbers<Row>({ value, where, slots }: ValueReader<Row>, row: Row, numbers: Float64Array): void {
  const given = where(row) === 1 ? value(row) : null;
  for (let s = 0; s < slots.length; s++) {
    const { index, counts, scale } = slots[s];
    if (given === null) numbers[index] = NaN;
    else numbers[index] = counts ? 1 : unitsOf(given as number, scale);
  }
}

function unitsOf(given: number, scale: number): number {
  // Adding 0 turns −0 into 0: of two zeros no order would make one the minimum.
  const units = (scale <= 1 ? given : Math.round(given * scale)) + 0;
  if (scale > 0 && Math.abs(units) > largestUnits) throw tooLarge(given, scale);
  return units;
}

function compileValue<Row>(slot: Slot, bind: Bind<Row>): (row: Row) => number | string | null {
  const value: Reader<Row> = slot.value === undefined ? readOne : compileExpression(slot.value, bind);
  const where: Reader<Row> = slot.where === undefined ? readOne : compileExpression(slot.where, bind);
  return (row) => {
    if (where(row) !== 1) return null;
    const given = value(row);
    if (typeof given !== "number") return given;
    if (slot.operation === "quantiles" && Math.abs(given) > largestUnits) throw tooLarge(given, 1);
    return given + 0;
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
  const numbers = compileNumbers(plan, bind);
  const values = plan.slots.slice(plan.cellSlotCount).map((slot) => compileValue(slot, bind));
  return (row, out) => {
    for (let r = 0; r < numbers.length; r++) readNumbers(numbers[r], row, out.numbers);
    for (let s = 0; s < values.length; s++) out.values[s] = values[s](row);
  };
}
