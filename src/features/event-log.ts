import type { Source } from "../data/index.js";
import { evaluateNumbers, type Column, type Table } from "../kernel/index.js";
import type { View } from "./view.js";

/** A source's rows with the two clocks of each. */
export interface EventTable {
  readonly table: Table;
  /** Epoch milliseconds at which a row could be known; NaN: never. */
  readonly availableMs: Float64Array;
  /** Epoch milliseconds at which it happened, never later than it could be known. */
  readonly eventMs: Float64Array;
}

/**
 * Reads the two clocks of a source's rows. An event that claims to have happened after it was known has a
 * wrong clock; it is placed at the moment it was known, so that no window ever holds the future.
 */
export function eventTable(source: Source, table: Table): EventTable {
  const stated = numbers(table.columns[source.eventTime]);
  const availableMs =
    source.availableAt === undefined ? stated : evaluateNumbers(source.availableAt.node, table);
  const eventMs = new Float64Array(table.rowCount);
  for (let row = 0; row < table.rowCount; row++) eventMs[row] = Math.min(stated[row], availableMs[row]);
  return { table, availableMs, eventMs };
}

function numbers(column: Column): Float64Array {
  if (column.kind === "number") return column.values;
  throw new TypeError("an event time is a number column");
}

/** The time that places a view's events in windows. */
export function windowTimes(view: View, events: EventTable): Float64Array {
  return view.clock === "event" ? events.eventMs : events.availableMs;
}

/** A column of keys as small numbers: `texts[codes[row]]`, −1 for null. */
export interface KeyCodes {
  readonly codes: Int32Array;
  readonly texts: readonly string[];
}

/** Codes the keys of a column; whole numbers are keys by their decimal text. */
export function keyCodes(column: Column): KeyCodes {
  if (column.kind === "text") return { codes: column.codes, texts: column.dictionary };
  const known = new Map<number, number>();
  const codes = new Int32Array(column.values.length);
  for (let row = 0; row < codes.length; row++) {
    const value = column.values[row];
    if (Number.isNaN(value)) {
      codes[row] = -1;
      continue;
    }
    let code = known.get(value);
    if (code === undefined) known.set(value, (code = known.size));
    codes[row] = code;
  }
  return { codes, texts: [...known.keys()].map(String) };
}
