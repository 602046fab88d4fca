import type { EventSource } from "../../data/index.js";
import { evaluateNumbers, type Column, type Table } from "../../kernel/index.js";
import { availableMs } from "./event-times.js";
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
 * `receivedMs` says when a server took each row; NaN for rows that no server took.
 */
export function eventTable(source: EventSource, table: Table, receivedMs?: Float64Array): EventTable {
  const stated = numbers(table.columns[source.eventTime]);
  const declares = source.availableAt !== undefined;
  const declared = declares ? evaluateNumbers(source.availableAt.node, table) : stated;
  const known =
    receivedMs === undefined
      ? declared
      : declared.map((declaredMs, row) => availableMs(declaredMs, receivedMs[row], declares));
  const eventMs = new Float64Array(table.rowCount);
  for (let row = 0; row < table.rowCount; row++) eventMs[row] = Math.min(stated[row], known[row]);
  return { table, availableMs: known, eventMs };
}

function numbers(column: Column): Float64Array {
  if (column.kind === "number") return column.values;
  throw new TypeError("an event time is a number column");
}

/** The time that places a view's events in windows. */
export function windowTimes(view: Pick<View, "clock">, events: EventTable): Float64Array {
  return view.clock === "event" ? events.eventMs : events.availableMs;
}
