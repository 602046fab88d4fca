import type { Schema } from "./schema.js";

/** Numbers, whole numbers, booleans (0 or 1) and timestamps (epoch milliseconds). NaN is null. */
export interface NumberColumn {
  readonly kind: "number";
  readonly values: Float64Array;
}

/** Text as codes into a dictionary. Code −1 is null. */
export interface TextColumn {
  readonly kind: "text";
  readonly codes: Int32Array;
  readonly dictionary: readonly string[];
}

export type Column = NumberColumn | TextColumn;

/** Columns of equal length, by name. */
export interface Table {
  readonly rowCount: number;
  readonly columns: Readonly<Record<string, Column>>;
}

/** One value of a row: null is missing. */
export type Value = number | string | null;

/** The value at a row of a column, with nulls as null. */
export function valueAt(column: Column, row: number): Value {
  if (column.kind === "number") {
    const value = column.values[row];
    return Number.isNaN(value) ? null : value;
  }
  const code = column.codes[row];
  return code < 0 ? null : column.dictionary[code];
}

/** Makes a table of rows that hold a schema's values in the schema's order. */
export function tableOf(schema: Schema, rows: readonly (readonly Value[])[]): Table {
  const columns = Object.entries(schema).map(([name, { kind }], position): [string, Column] => {
    const values = rows.map((row) => row[position]);
    return [
      name,
      kind === "string" ? textColumn(values as (string | null)[]) : numberColumn(values as (number | null)[]),
    ];
  });
  return { rowCount: rows.length, columns: Object.fromEntries(columns) };
}

function numberColumn(values: readonly (number | null)[]): NumberColumn {
  return { kind: "number", values: Float64Array.from(values, (value) => value ?? NaN) };
}

/** A text column of the given texts, its dictionary in order of first appearance. */
export function textColumn(texts: readonly (string | null)[]): TextColumn {
  const codeOf = new Map<string, number>();
  const codes = Int32Array.from(texts, (text) => {
    if (text === null) return -1;
    const code = codeOf.get(text) ?? codeOf.size;
    codeOf.set(text, code);
    return code;
  });
  return { kind: "text", codes, dictionary: [...codeOf.keys()] };
}

/** The rows of two tables of the same columns, one after the other. */
export function concatenateTables(first: Table, second: Table): Table {
  const columns = Object.entries(first.columns).map(([name, column]): [string, Column] => [
    name,
    concatenateColumns(column, second.columns[name]),
  ]);
  return { rowCount: first.rowCount + second.rowCount, columns: Object.fromEntries(columns) };
}

function concatenateColumns(first: Column, second: Column): Column {
  if (first.kind === "number" && second.kind === "number") {
    const values = new Float64Array(first.values.length + second.values.length);
    values.set(first.values);
    values.set(second.values, first.values.length);
    return { kind: "number", values };
  }
  if (first.kind === "number" || second.kind === "number") throw new TypeError("columns of different kinds");
  const dictionary = [...new Set([...first.dictionary, ...second.dictionary])];
  const codeOf = new Map(dictionary.map((text, code) => [text, code]));
  const recode = second.dictionary.map((text) => codeOf.get(text) as number);
  const codes = new Int32Array(first.codes.length + second.codes.length);
  codes.set(first.codes);
  for (let row = 0; row < second.codes.length; row++) {
    const code = second.codes[row];
    codes[first.codes.length + row] = code < 0 ? -1 : recode[code];
  }
  return { kind: "text", codes, dictionary };
}
