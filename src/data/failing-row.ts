import { valueAt, type Schema, type Value } from "../kernel/index.js";
import type { ReadRows } from "./examine.js";
import { rejectedTexts, rejectsByRow } from "./rejects.js";
import type { Breach } from "./row-checks.js";

/** A row that broke expectations. Plain JSON. */
export interface FailingRow {
  /** Position in the source, from 0; the header of a CSV file does not count. */
  readonly row: number;
  readonly reasons: readonly Breach[];
  /** As people write them: times as ISO 8601, booleans as such, what could not be read as its text. */
  readonly values: Readonly<Record<string, ReadableValue>>;
}

export type ReadableValue = string | number | boolean | null;

/** Makes rows of a table readable, with the texts of what could not be read. */
export function rowReader(schema: Schema, { table, rejects }: ReadRows) {
  const byRow = rejectsByRow(rejects);
  const columns = Object.entries(table.columns);
  return (row: number): Readonly<Record<string, ReadableValue>> => {
    const values = columns.map(([name, column]): [string, ReadableValue] => [
      name,
      readable(valueAt(column, row), schema[name]),
    ]);
    return { ...Object.fromEntries(values), ...rejectedTexts(byRow.get(row)) };
  };
}

/** A value of a column as people write it. JSON has no infinity, so that is a text. */
export function readable(value: Value, { kind }: { readonly kind: string }): ReadableValue {
  if (typeof value !== "number") return value;
  if (kind === "bool" && (value === 0 || value === 1)) return value === 1;
  if (kind === "timestamp" && Math.abs(value) <= 8.64e15) return new Date(value).toISOString();
  return Number.isFinite(value) ? value : String(value);
}
