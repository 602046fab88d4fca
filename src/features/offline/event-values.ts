import { setImmediate } from "node:timers/promises";
import type { NumberStream } from "../../data/index.js";
import { bindTable, compileExpression, type Table } from "../../kernel/index.js";
import type { Slot } from "../algebra/slots.js";

/** Where the values of events come from: a table in memory, or a file that is read once while they are copied. */
export interface EventValues {
  readonly rowCount: number;
  /** What some slots take of all events, a few events at a time. */
  open(slots: readonly Slot[]): Promise<OpenValues>;
  /** What a slot takes of the events, by row; NaN: nothing. */
  valuesOf(slot: Slot): Promise<Float64Array>;
}

export interface OpenValues {
  /** How many slots there are. */
  readonly width: number;
  /** The next events; undefined behind the last. */
  next(): Promise<ValueBatch | undefined>;
  close(): Promise<void>;
}

/** Values of some neighbouring events: what slot `s` takes of the `i`-th is `columns[s][i * stride]`. */
export interface ValueBatch {
  readonly rowCount: number;
  readonly columns: readonly Float64Array[];
  readonly stride: number;
}

/** Events of a table that are copied between two turns of the event loop. */
const batchRows = 1 << 16;

/** Values of a table. */
export function tableValues(table: Table): EventValues {
  const valuesOf = (slot: Slot) => slotValues(slot, table);
  const { rowCount } = table;
  return Object.freeze({
    rowCount,
    valuesOf: (slot: Slot) => Promise.resolve(valuesOf(slot)),
    open(slots: readonly Slot[]) {
      const columns = slots.map(valuesOf);
      let from = 0;
      return Promise.resolve({
        width: slots.length,
        async next() {
          if (from >= rowCount) return undefined;
          await setImmediate();
          const start = from;
          from = Math.min(rowCount, start + batchRows);
          const part = columns.map((values) => values.subarray(start, from));
          return { rowCount: from - start, columns: part, stride: 1 };
        },
        close: () => Promise.resolve(),
      });
    },
  });
}

/** What a slot takes of the events, by row; NaN: nothing. */
function slotValues({ value, where }: Slot, table: Table): Float64Array {
  if (value?.op === "column" && where === undefined) {
    const column = table.columns[value.name];
    if (column.kind === "number") return column.values;
  }
  const bind = bindTable(table);
  const read = value === undefined ? () => 1 : compileExpression(value, bind);
  const counts = where === undefined ? () => 1 : compileExpression(where, bind);
  const values = new Float64Array(table.rowCount);
  for (let row = 0; row < values.length; row++) {
    const given = counts(row) === 1 ? read(row) : null;
    values[row] = given === null ? NaN : (given as number);
  }
  return values;
}

/** The column that a slot takes as it is; undefined for one that computes or chooses. */
export function columnTaken({ value, where }: Slot): string | undefined {
  return value?.op === "column" && where === undefined ? value.name : undefined;
}

/** Values of a file's columns. The slots must take columns as they are. */
export function streamedValues(
  rowCount: number,
  stream: (columns: readonly string[]) => Promise<NumberStream>,
): EventValues {
  async function open(slots: readonly Slot[]): Promise<OpenValues> {
    const numbers = await stream(slots.map((slot) => columnTaken(slot) as string));
    const width = slots.length;
    let read = 0;
    return {
      width,
      async next() {
        const rows = await numbers.next();
        if (rows === undefined) return requireRows(read, rowCount);
        read += rows.length / width;
        const columns = slots.map((_, slot) => rows.subarray(slot));
        return { rowCount: rows.length / width, columns, stride: width };
      },
      close: () => numbers.close(),
    };
  }
  return Object.freeze({
    rowCount,
    open,
    async valuesOf(slot: Slot) {
      const values = new Float64Array(rowCount);
      const opened = await open([slot]);
      try {
        let at = 0;
        for (let next = await opened.next(); next !== undefined; next = await opened.next()) {
          values.set(next.columns[0], at);
          at += next.rowCount;
        }
      } finally {
        await opened.close();
      }
      return values;
    },
  });
}

/** Nothing comes after the last row of a file. */
function requireRows(read: number, rowCount: number): undefined {
  if (read !== rowCount) throw new TypeError(`the file has ${read} rows and not ${rowCount}`);
  return undefined;
}
