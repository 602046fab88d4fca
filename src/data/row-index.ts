import type { Column } from "../kernel/index.js";

/** Which row holds a combination of values. A combination with a null is held by nobody. */
export interface RowIndex {
  /** The row that holds the values of this row, −1 if none does. */
  holder(row: number): number;
  /** Lets a row hold its values, unless another row does. */
  hold(row: number): void;
}

/**
 * An index of rows by the values of some columns: open addressing with linear probing over row numbers,
 * 8 to 16 bytes a row. Values are compared themselves, so hashes decide nothing but speed.
 */
export function rowIndex(columns: readonly Column[], rowCount: number): RowIndex {
  const mask = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * rowCount))) - 1;
  const slots = new Int32Array(mask + 1).fill(-1);
  const hash = hashOf(columns);
  const equal = equality(columns);
  const isNull = nullity(columns);

  /** The slot of the row that holds the values, or the empty one where they belong. */
  function slotOf(row: number): number {
    let slot = hash(row) & mask;
    while (slots[slot] >= 0 && !equal(slots[slot], row)) slot = (slot + 1) & mask;
    return slot;
  }
  return {
    holder: (row) => (isNull(row) ? -1 : slots[slotOf(row)]),
    hold(row) {
      if (isNull(row)) return;
      const slot = slotOf(row);
      if (slots[slot] < 0) slots[slot] = row;
    },
  };
}

/** The finalizer of MurmurHash3 (Appleby) over the 32-bit words of the values. */
function hashOf(columns: readonly Column[]): (row: number) => number {
  const words = new Int32Array(2);
  const bits = new Float64Array(words.buffer);
  return (row) => {
    let hash = 0;
    for (const column of columns) {
      if (column.kind === "text") {
        hash = mix(hash, column.codes[row]);
        continue;
      }
      // −0 equals 0 and must hash alike.
      bits[0] = column.values[row] + 0;
      hash = mix(mix(hash, words[0]), words[1]);
    }
    return hash;
  };
}

function mix(hash: number, word: number): number {
  let h = Math.imul(hash ^ word, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function equality(columns: readonly Column[]): (a: number, b: number) => boolean {
  return (a, b) => {
    for (const column of columns) {
      const values = column.kind === "text" ? column.codes : column.values;
      if (values[a] !== values[b]) return false;
    }
    return true;
  };
}

function nullity(columns: readonly Column[]): (row: number) => boolean {
  return (row) => {
    for (const column of columns) {
      if (column.kind === "text" ? column.codes[row] < 0 : Number.isNaN(column.values[row])) return true;
    }
    return false;
  };
}
