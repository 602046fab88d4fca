import type { Bind, Column, Value } from "../../kernel/index.js";

/**
 * An entity's key as one text; null when a part is null. One part is its own text; several are a JSON
 * array, so that no two keys collide: ("a", "bc") and ("ab", "c") differ, and so do (1, 23) and (12, 3).
 */
export function entityKey(parts: readonly Value[]): string | null {
  if (parts.some((part) => part === null)) return null;
  return parts.length === 1 ? String(parts[0]) : JSON.stringify(parts);
}

/** Compiles the reading of a key from rows of one kind. */
export function compileKey<Row>(columns: readonly string[], bind: Bind<Row>): (row: Row) => string | null {
  const parts = columns.map((column) => bind(column));
  if (parts.length > 1) return (row) => entityKey(parts.map((part) => part(row)));
  const [only] = parts;
  return (row) => {
    const value = only(row);
    return value === null ? null : String(value);
  };
}

/** A table's keys as small numbers: `texts[codes[row]]`, −1 for null. */
export interface KeyCodes {
  readonly codes: Int32Array;
  readonly texts: readonly string[];
}

interface PartCodes {
  readonly codes: Int32Array;
  readonly values: readonly Value[];
}

/** Codes the keys of a table's rows. O(rows) per part. */
export function keyCodes(columns: readonly Column[]): KeyCodes {
  const coded = columns.map(partCodes).reduce(combine);
  const texts = coded.values.map((parts) => entityKey(parts as Value[]) as string);
  return { codes: coded.codes, texts };
}

/** Each value is an array of the parts so far. */
interface TupleCodes {
  readonly codes: Int32Array;
  readonly values: readonly (readonly Value[])[];
}

function partCodes(column: Column): TupleCodes {
  const { codes, values } = column.kind === "text" ? textCodes(column) : numberCodes(column.values);
  return { codes, values: values.map((value) => [value]) };
}

const textCodes = ({ codes, dictionary }: Extract<Column, { kind: "text" }>): PartCodes => ({
  codes,
  values: dictionary,
});

function numberCodes(numbers: Float64Array): PartCodes {
  const known = new Map<number, number>();
  const codes = new Int32Array(numbers.length);
  for (let row = 0; row < codes.length; row++) {
    const value = numbers[row];
    codes[row] = Number.isNaN(value) ? -1 : codeOf(known, value);
  }
  return { codes, values: [...known.keys()] };
}

function codeOf(known: Map<number, number>, value: number): number {
  let code = known.get(value);
  if (code === undefined) known.set(value, (code = known.size));
  return code;
}

/** The pairs that occur, numbered in order of appearance. */
function combine(left: TupleCodes, right: TupleCodes): TupleCodes {
  const known = new Map<number, number>();
  const size = right.values.length;
  const codes = left.codes.map((code, row) =>
    code < 0 || right.codes[row] < 0 ? -1 : codeOf(known, code * size + right.codes[row]),
  );
  const values = [...known.keys()].map((pair) => [
    ...left.values[Math.floor(pair / size)],
    ...right.values[pair % size],
  ]);
  return { codes, values };
}
