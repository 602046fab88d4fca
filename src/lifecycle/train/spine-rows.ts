import type { Source, SplitRows } from "../../data/index.js";
import { eventTable, type EventTable } from "../../features/index.js";
import { evaluateNumbers, type Table } from "../../kernel/index.js";
import {
  groupNumbers,
  outcomesOf,
  trainingErrors,
  type ModelDefinition,
  type Outcomes,
} from "../../training/index.js";
import { matureRows, type Maturity } from "../watch/maturity.js";

/** The rows of a model's spine with what is known of each. */
export interface SpineRows {
  /** When each row asks, epoch milliseconds; 0 for all where the spine has no time. */
  readonly times: Float64Array;
  readonly outcomes: Outcomes;
  /** What each row counts for; NaN where it is null. */
  readonly weights?: Float64Array;
  /** Which rows have a final label; the others are in no part. */
  readonly maturity: Maturity;
}

/** The rows of a source with their clocks. Rows of a table were always known. */
export function sourceRows(source: Source, table: Table): EventTable {
  if (source.kind === "events") return eventTable(source, table);
  const always = new Float64Array(table.rowCount).fill(-Infinity);
  return { table, availableMs: always, eventMs: always };
}

/** Reads what is known of a spine's rows; `known` says which rows of the source are rows of it, by default all. */
export function spineRows(
  model: ModelDefinition,
  own: EventTable,
  { asOfMs, known }: { readonly asOfMs?: number; readonly known?: (row: number) => boolean } = {},
): SpineRows {
  const { table } = own;
  const outcomes = outcomesOf(model.task, table);
  const weights = weightsOf(model, table);
  const isRow = (row: number) => (known?.(row) ?? true) && !Number.isNaN(weights?.[row] ?? 1);
  const times = timesOf(table, model.spine.time).map((time, row) => (isRow(row) ? time : NaN));
  const maturity = matureRows(model, { times, outcomes, events: own }, asOfMs);
  return { times, outcomes, ...(weights === undefined ? {} : { weights }), maturity };
}

function weightsOf({ name, weight }: ModelDefinition, table: Table): Float64Array | undefined {
  if (weight === undefined) return undefined;
  const weights = evaluateNumbers(weight, table);
  const row = weights.findIndex((value) => value <= 0);
  if (row < 0) return weights;
  throw trainingErrors.error("MW0531", {
    expected: `weights above 0 in model "${name}"`,
    found: `${weights[row]} in row ${row}`,
    remedy: "Make the weight null where a row is to be left out.",
    details: { model: name, row },
  });
}

/** The times of a table's rows; 0 without a column. */
function timesOf(table: Table, name: string | undefined): Float64Array {
  if (name === undefined) return new Float64Array(table.rowCount);
  const column = table.columns[name];
  if (column.kind === "number") return column.values;
  throw new TypeError(`column "${name}" is not a time`);
}

/** What the model's split may look at. */
export function splitRows({ task, split }: ModelDefinition, table: Table, rows: SpineRows): SplitRows {
  const groups =
    split.column === undefined ? {} : { groups: groupNumbers({ op: "column", name: split.column }, table) };
  return {
    times: rows.maturity.times,
    outcome: rows.outcomes.values,
    classes: task.kind === "binary" || task.kind === "multiclass",
    ...groups,
  };
}
