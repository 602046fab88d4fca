import { t, textColumn, valueAt, type BlobStore, type Table, type Value } from "../kernel/index.js";
import type { DatasetVersion } from "./dataset.js";
import type { ReadRows } from "./examine.js";
import { readable, type ReadableValue } from "./failing-row.js";
import { rejectedTexts, rejectsByRow } from "./rejects.js";
import type { TableEngine } from "./ports.js";
import type { TableCheck } from "./table-check.js";

/** The columns of a file of quarantined rows. */
export const quarantineSchema = Object.freeze({
  /** Zero-based row of the source. */
  position: t.int(),
  /** What was wrong, as a JSON array of texts. */
  reasons: t.string(),
  /** The row as a JSON object; values that could not be read as the texts that they were. */
  row: t.string(),
});

/** The rows that are set aside, as the table of a quarantine file. */
export function quarantineTable({ table, rejects }: ReadRows, check: TableCheck): Table {
  const columns = Object.entries(table.columns);
  const rejectedByRow = rejectsByRow(rejects);
  const quarantined = [...check.quarantined];
  const reasonsOf = (row: number) =>
    check
      .breachesOf(row)
      .filter(({ severity }) => severity === "quarantine")
      .map(({ reason }) => reason);
  const rowJson = (row: number) => {
    const values = columns.map(([name, column]) => {
      const value = valueAt(column, row);
      // JSON has no infinity.
      return [name, Number.isFinite(value) || typeof value !== "number" ? value : String(value)];
    });
    return JSON.stringify({ ...Object.fromEntries(values), ...rejectedTexts(rejectedByRow.get(row)) });
  };
  return {
    rowCount: quarantined.length,
    columns: {
      position: { kind: "number", values: Float64Array.from(quarantined) },
      reasons: textColumn(quarantined.map((row) => JSON.stringify(reasonsOf(row)))),
      row: textColumn(quarantined.map(rowJson)),
    },
  };
}

/** A row that a dataset version set aside. Plain JSON. */
export interface QuarantinedRow {
  /** Position in the source, from 0. */
  readonly row: number;
  readonly reasons: readonly string[];
  readonly values: Readonly<Record<string, ReadableValue>>;
}

/** The rows that a dataset version set aside, in the order of the file. Throws MW1001 when their file is gone. */
export async function readQuarantine(
  { quarantineBlob, schema }: DatasetVersion,
  { engine, blobs }: { readonly engine: TableEngine; readonly blobs: BlobStore },
): Promise<readonly QuarantinedRow[]> {
  if (quarantineBlob === null) return [];
  const { rowCount, columns } = await engine.readTable(
    await blobs.localPath(quarantineBlob),
    quarantineSchema,
  );
  const text = (name: "reasons" | "row", row: number) => String(valueAt(columns[name], row));
  return Array.from({ length: rowCount }, (_, row) => {
    const values = Object.entries(JSON.parse(text("row", row)) as Record<string, Value>);
    return {
      row: Number(valueAt(columns.position, row)),
      reasons: JSON.parse(text("reasons", row)) as string[],
      values: Object.fromEntries(
        values.map(([name, value]) => [name, readable(value, schema[name] ?? t.string())]),
      ),
    };
  });
}
