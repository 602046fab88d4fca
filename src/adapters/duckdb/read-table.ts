import type { DuckDBConnection } from "@duckdb/node-api";
import type { Column, FieldKind, Table } from "../../kernel/index.js";
import { freeNumbers } from "./free-numbers.js";
import { elementsOf, numberSql, streamChunks } from "./stream-chunks.js";
import { fromCanonical } from "./sql.js";
import { readDictionary } from "./text-dictionary.js";

interface ReadRequest extends Omit<RowsRequest, "from"> {
  readonly path: string;
}

interface RowsRequest {
  /** A canonical file or a table of its columns, as SQL. */
  readonly from: string;
  readonly columns: readonly { readonly name: string; readonly quoted: string; readonly kind: FieldKind }[];
}

/** A column while it is filled. */
interface Filling {
  /** A number without nulls. */
  readonly select: string;
  readonly column: Column;
  /** Takes the numbers of some rows. */
  take(numbers: Float64Array, atRow: number): void;
}

/** Reads canonical Parquet into memory. */
export function readCanonical(
  connection: DuckDBConnection,
  { path, ...request }: ReadRequest,
): Promise<Table> {
  return readRows(connection, { ...request, from: fromCanonical(path) });
}

/**
 * Reads canonical rows into memory. The SQL leaves numbers only, without nulls, because those cross into
 * JavaScript at the cost of a copy; texts would cost a string each.
 */
export async function readRows(connection: DuckDBConnection, { from, columns }: RowsRequest): Promise<Table> {
  const counted = await connection.runAndReadAll(`SELECT count(*)::DOUBLE FROM ${from}`);
  const rowCount = Number(counted.getRows()[0][0]);
  const fillings: Filling[] = [];
  for (const { quoted, kind } of columns) {
    if (kind !== "string") fillings.push(numberFilling(rowCount, numberSql({ quoted, kind })));
    else fillings.push(await textFilling(connection, { quoted, from, rowCount }));
  }
  if (fillings.length > 0) await fill(connection, from, fillings);
  return {
    rowCount,
    columns: Object.fromEntries(columns.map(({ name }, i) => [name, fillings[i].column])),
  };
}

/** Columns lie in memory that threads share, so that work on threads needs no copy of them. */
const sharedBytes = (sizeBytes: number) => new SharedArrayBuffer(sizeBytes);

function numberFilling(rowCount: number, select: string): Filling {
  const values = new Float64Array(sharedBytes(rowCount * 8));
  return {
    select,
    column: { kind: "number", values },
    take: (numbers, atRow) => values.set(numbers, atRow),
  };
}

async function textFilling(
  connection: DuckDBConnection,
  { quoted, from, rowCount }: { readonly quoted: string; readonly from: string; readonly rowCount: number },
): Promise<Filling> {
  const { texts, mark, codeOf } = await readDictionary(connection, { quoted, from });
  const codes = new Int32Array(sharedBytes(rowCount * 4));
  return {
    select: mark,
    column: { kind: "text", codes, dictionary: texts },
    take(marks, atRow) {
      for (let i = 0; i < marks.length; i++) codes[atRow + i] = codeOf(marks[i]);
    },
  };
}

async function fill(connection: DuckDBConnection, from: string, fillings: readonly Filling[]): Promise<void> {
  const select = fillings.map((filling) => filling.select).join(", ");
  const chunks = await streamChunks(connection, `SELECT ${select} FROM ${from}`);
  let atRow = 0;
  for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
    const numbers = fillings.map((_, i) => elementsOf(chunk.getColumnVector(i)));
    fillings.forEach((filling, i) => filling.take(numbers[i], atRow));
    freeNumbers(numbers);
    atRow += chunk.rowCount;
  }
}
