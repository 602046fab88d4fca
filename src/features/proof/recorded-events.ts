import { takeRows } from "../../data/index.js";
import type { Column, Table } from "../../kernel/index.js";
import type { EventTable } from "../definition/event-log.js";
import type { Lookup } from "../definition/feature-set.js";

/** The events of a source as they stand in the history and in the logs of live states. */
export interface RecordedEvents extends EventTable {
  /** The live states whose logs they come from. */
  readonly logs: readonly string[];
  /** For every row the position of its log in `logs`; −1 for a row of the history, which every answer after it rests on. */
  readonly log: Int16Array;
  /** Its number in its log. */
  readonly sequence: Float64Array;
}

/** Some rows of recorded events, in that order. */
function takeEvents(events: RecordedEvents, rows: Int32Array): RecordedEvents {
  const take = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]);
  return {
    table: takeRows(events.table, rows),
    availableMs: take(events.availableMs),
    eventMs: take(events.eventMs),
    logs: events.logs,
    log: Int16Array.from(rows, (row) => events.log[row]),
    sequence: take(events.sequence),
  };
}

/**
 * Leaves out events that no request can be about, by each part of the key alone: what is left may hold events
 * of other entities too. O(events), and no key is made.
 */
export function eventsAskedFor(
  { view, keys }: Pick<Lookup, "view" | "keys">,
  requests: Table,
  events: RecordedEvents,
): RecordedEvents {
  const isWanted = view.keyColumns.map((column, part) =>
    membership(events.table.columns[column], requests.columns[keys[part]]),
  );
  const rows = new Int32Array(events.table.rowCount);
  let count = 0;
  for (let row = 0; row < rows.length; row++) {
    if (isWanted.every((has) => has(row))) rows[count++] = row;
  }
  return count === rows.length ? events : takeEvents(events, rows.subarray(0, count));
}

function membership(column: Column, asked: Column): (row: number) => boolean {
  if (column.kind === "text") {
    const texts = new Set(asked.kind === "text" ? asked.dictionary : []);
    const wanted = Uint8Array.from(column.dictionary, (text) => (texts.has(text) ? 1 : 0));
    return (row) => column.codes[row] >= 0 && wanted[column.codes[row]] === 1;
  }
  const numbers = new Set(asked.kind === "number" ? asked.values : []);
  return (row) => !Number.isNaN(column.values[row]) && numbers.has(column.values[row]);
}
