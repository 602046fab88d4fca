import type { NumberStream } from "../data/index.js";
import { bindTable, compileExpression, type Table } from "../kernel/index.js";
import type { CopyCrew } from "./copy-crew.js";
import { blockRows } from "./event-blocks.js";
import { shared } from "./fold-groups.js";
import { sharing } from "./fold-threads.js";
import type { Slot } from "./slots.js";

/** Where the values of events come from: a table in memory, or a file that is read once while they are copied. */
export interface EventValues {
  readonly rowCount: number;
  /** Prepares the copying of what some slots take; `threads` says how many will read it. */
  open(slots: readonly Slot[], threads: number): Promise<OpenValues>;
  /** What a slot takes of the events, by row; NaN: nothing. */
  valuesOf(slot: Slot): Promise<Float64Array>;
}

/** Values on their way to a crew that copies them. */
export interface OpenValues {
  /** As in a `CopyJob`; the columns are those of the slots, in their order. */
  readonly held: readonly (readonly Float64Array[])[];
  readonly whole: boolean;
  /** Brings the blocks to the crew. Returns by slot the values of some rows, ascending. */
  feed(crew: CopyCrew, rows: Uint32Array): Promise<Float64Array[]>;
  close(): Promise<void>;
}

/** Values of a table. */
export function tableValues(table: Table): EventValues {
  const valuesOf = (slot: Slot) => slotValues(slot, table);
  return Object.freeze({
    rowCount: table.rowCount,
    valuesOf: (slot: Slot) => Promise.resolve(valuesOf(slot)),
    open(slots: readonly Slot[], threads: number) {
      const share = sharing();
      const columns = slots.map(valuesOf).map((values) => (threads > 1 ? share(values) : values));
      return Promise.resolve({
        held: [columns],
        whole: true,
        feed(crew: CopyCrew, rows: Uint32Array) {
          crew.ready(Math.ceil(table.rowCount / blockRows));
          return Promise.resolve(columns.map((values) => Float64Array.from(rows, (row) => values[row])));
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

/** Blocks that wait to be copied, at most. */
const blocksHeld = 8;

/** Values of a file's columns. The slots must take columns as they are. */
export function streamedValues(
  rowCount: number,
  stream: (columns: readonly string[]) => Promise<NumberStream>,
): EventValues {
  const namesOf = (slots: readonly Slot[]) => slots.map((slot) => columnTaken(slot) as string);
  return Object.freeze({
    rowCount,
    async valuesOf(slot: Slot) {
      const values = new Float64Array(rowCount);
      const numbers = await stream(namesOf([slot]));
      try {
        let at = 0;
        for (let next = await numbers.next(); next !== undefined; next = await numbers.next()) {
          values.set(next[0], at);
          at += next[0].length;
        }
      } finally {
        await numbers.close();
      }
      return values;
    },
    async open(slots: readonly Slot[], threads: number) {
      const held = Array.from({ length: threads > 1 ? blocksHeld : 1 }, () =>
        slots.map(() => shared(Float64Array, blockRows)),
      );
      const numbers = await stream(namesOf(slots));
      return {
        held,
        whole: false,
        feed: (crew: CopyCrew, rows: Uint32Array) => feedBlocks({ numbers, held, rowCount }, crew, rows),
        close: () => numbers.close(),
      };
    },
  });
}

interface Feeding {
  readonly numbers: NumberStream;
  readonly held: readonly (readonly Float64Array[])[];
  readonly rowCount: number;
}

/** Divides what comes into blocks, and keeps the values of some rows. */
async function feedBlocks(
  { numbers, held, rowCount }: Feeding,
  crew: CopyCrew,
  rows: Uint32Array,
): Promise<Float64Array[]> {
  const kept = held[0].map(() => new Float64Array(rows.length));
  let [at, nextKept] = [0, 0];
  for (let next = await numbers.next(); next !== undefined; next = await numbers.next()) {
    const length = next[0].length;
    for (; nextKept < rows.length && rows[nextKept] < at + length; nextKept++) {
      for (let c = 0; c < kept.length; c++) kept[c][nextKept] = next[c][rows[nextKept] - at];
    }
    for (let from = 0; from < length;) {
      const block = Math.floor(at / blockRows);
      const place = at % blockRows;
      if (place === 0 && block >= held.length) await crew.copied(block - held.length);
      const to = Math.min(length, from + blockRows - place);
      const columns = held[block % held.length];
      for (let c = 0; c < columns.length; c++) columns[c].set(next[c].subarray(from, to), place);
      at += to - from;
      from = to;
      if (at % blockRows === 0 || at === rowCount) crew.ready(block + 1);
    }
  }
  if (at !== rowCount) throw new TypeError(`the file has ${at} rows and not ${rowCount}`);
  return kept;
}
