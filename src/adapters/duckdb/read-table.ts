import type { DuckDBConnection } from "@duckdb/node-api";
import type { Column, FieldKind, Table } from "../../kernel/index.js";
import { elementsOf, numberSql, streamChunks } from "./stream-chunks.js";
import { fromCanonical } from "./sql.js";

export interface ReadRequest extends Omit<RowsRequest, "from"> {
  readonly path: string;
}

export interface RowsRequest {
  /** A canonical file or a table of its columns, as SQL. */
  readonly from: string;
  readonly columns: readonly { readonly name: string; readonly quoted: string; readonly kind: FieldKind }[];
  /** Makes names of types that no other read uses. */
  readonly nextName: () => string;
}

/** A column while it is filled: what to select, and where the vectors go. */
interface Filling {
  readonly select: string;
  readonly column: Column;
  readonly target: Float64Array | Int32Array;
}

/** Reads canonical Parquet into memory. */
export function readCanonical(
  connection: DuckDBConnection,
  { path, ...request }: ReadRequest,
): Promise<Table> {
  return readRows(connection, { ...request, from: fromCanonical(path) });
}

/**
 * Reads canonical rows into memory. The SQL leaves numbers only, without nulls (NaN, code −1), because
 * those cross into JavaScript at the cost of a copy; texts would cost a string each.
 */
export async function readRows(connection: DuckDBConnection, request: RowsRequest): Promise<Table> {
  const { from, columns, nextName } = request;
  const counted = await connection.runAndReadAll(`SELECT count(*)::DOUBLE FROM ${from}`);
  const rowCount = Number(counted.getRows()[0][0]);
  const types: string[] = [];
  const fillings: Filling[] = [];
  try {
    for (const { quoted, kind } of columns) {
      if (kind !== "string") {
        const values = new Float64Array(sharedBytes(rowCount * 8));
        fillings.push({
          select: numberSql({ quoted, kind }),
          column: { kind: "number", values },
          target: values,
        });
        continue;
      }
      const type = nextName();
      const dictionary = await createDictionary(connection, { type, quoted, from });
      if (dictionary.length > 0) types.push(type);
      const codes = new Int32Array(sharedBytes(rowCount * 4));
      const code = dictionary.length === 0 ? "-1" : `coalesce(enum_code(${quoted}::${type})::INTEGER, -1)`;
      fillings.push({
        select: `${code}::INTEGER`,
        column: { kind: "text", codes, dictionary },
        target: codes,
      });
    }
    if (fillings.length > 0) await fill(connection, from, fillings);
  } finally {
    for (const type of types) await connection.run(`DROP TYPE ${type}`);
  }
  return {
    rowCount,
    columns: Object.fromEntries(columns.map(({ name }, i) => [name, fillings[i].column])),
  };
}

/** Columns lie in memory that threads share, so that work on threads needs no copy of them. */
const sharedBytes = (sizeBytes: number) => new SharedArrayBuffer(sizeBytes);

/** The texts of a column, sorted by their UTF-8 bytes, also as an enumeration type that numbers them. */
async function createDictionary(
  connection: DuckDBConnection,
  { type, quoted, from }: { type: string; quoted: string; from: string },
): Promise<string[]> {
  const texts = `SELECT DISTINCT ${quoted} AS text FROM ${from} WHERE ${quoted} IS NOT NULL`;
  await connection.run(`CREATE OR REPLACE TEMP TABLE dictionary AS ${texts} ORDER BY text`);
  const result = await connection.runAndReadAll("SELECT text FROM dictionary ORDER BY text");
  const dictionary = result.getRows().map(([text]) => String(text));
  if (dictionary.length > 0) {
    await connection.run(`CREATE TYPE ${type} AS ENUM (SELECT text FROM dictionary ORDER BY text)`);
  }
  await connection.run("DROP TABLE dictionary");
  return dictionary;
}

async function fill(connection: DuckDBConnection, from: string, fillings: readonly Filling[]): Promise<void> {
  const select = fillings.map((filling) => filling.select).join(", ");
  const chunks = await streamChunks(connection, `SELECT ${select} FROM ${from}`);
  let at = 0;
  for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
    for (let i = 0; i < fillings.length; i++)
      fillings[i].target.set(elementsOf(chunk.getColumnVector(i)), at);
    at += chunk.rowCount;
  }
}
