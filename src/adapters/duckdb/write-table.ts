import {
  BOOLEAN,
  DOUBLE,
  DuckDBDataChunk,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBVector,
} from "@duckdb/node-api";
import { type Column, type FieldKind, type Schema, type Table, valueAt } from "../../kernel/index.js";
import { columnsOfSchema, copyToParquet, timestampOfMs } from "./sql.js";

const chunkRows = 2048;

const appended: Readonly<Record<FieldKind, DuckDBType>> = {
  int: DOUBLE,
  float: DOUBLE,
  timestamp: DOUBLE,
  bool: BOOLEAN,
  string: VARCHAR,
};

const canonical: Readonly<Record<FieldKind, (column: string) => string>> = {
  int: (column) => `${column}::BIGINT`,
  float: (column) => column,
  timestamp: (column) => timestampOfMs(`${column}::BIGINT`),
  bool: (column) => column,
  string: (column) => column,
};

/** Writes a table as canonical Parquet at `path`. */
export async function writeCanonical(
  connection: DuckDBConnection,
  { table, schema, path }: { table: Table; schema: Schema; path: string },
): Promise<void> {
  const columns = columnsOfSchema(schema);
  const definition = columns.map(({ quoted, kind }) => `${quoted} ${appended[kind].toString()}`);
  await connection.run(`CREATE TEMP TABLE written (${definition.join(", ")})`);
  const appender = await connection.createAppender("written");
  const types = columns.map(({ kind }) => appended[kind]);
  for (let at = 0; at < table.rowCount; at += chunkRows) {
    const chunk = DuckDBDataChunk.create(types, Math.min(chunkRows, table.rowCount - at));
    columns.forEach(({ name, kind }, i) => {
      const vector = chunk.getColumnVector(i);
      fillVector(vector, { column: table.columns[name], kind, at });
      vector.flush();
    });
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
  const select = columns.map(({ quoted, kind }) => `${canonical[kind](quoted)} AS ${quoted}`);
  await connection.run(copyToParquet(`SELECT ${select.join(", ")} FROM written`, path));
  await connection.run("DROP TABLE written");
}

function fillVector(
  vector: DuckDBVector,
  { column, kind, at }: { column: Column; kind: FieldKind; at: number },
): void {
  for (let i = 0; i < vector.itemCount; i++) {
    const value = valueAt(column, at + i);
    vector.setItem(i, kind === "bool" && value !== null ? value === 1 : value);
  }
}
