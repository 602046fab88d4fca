import { BIGINT, DuckDBDataChunk, type DuckDBConnection } from "@duckdb/node-api";
import type { Schema } from "../../kernel/index.js";
import { columnsOfSchema, copyToParquet, fromCanonical } from "./sql.js";

const chunkRows = 2048;

export interface ExcludeRequest {
  readonly path: string;
  readonly schema: Schema;
  readonly rows: readonly number[];
  readonly target: string;
}

/** Copies canonical Parquet without some rows. The order is asked for, because joins do not keep it. */
export async function excludeFromCanonical(
  connection: DuckDBConnection,
  request: ExcludeRequest,
): Promise<void> {
  const { path, schema, rows, target } = request;
  await connection.run("CREATE TEMP TABLE excluded (position BIGINT)");
  const appender = await connection.createAppender("excluded");
  for (let at = 0; at < rows.length; at += chunkRows) {
    const positions = rows.slice(at, at + chunkRows).map(BigInt);
    const chunk = DuckDBDataChunk.create([BIGINT], positions.length);
    chunk.setColumnValues(0, positions);
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
  const names = columnsOfSchema(schema).map(({ quoted }) => quoted);
  await connection.run(
    copyToParquet(
      `SELECT ${names.join(", ")} FROM ${fromCanonical(path, ", file_row_number = true")}
       ANTI JOIN excluded ON position = file_row_number ORDER BY file_row_number`,
      target,
    ),
  );
  await connection.run("DROP TABLE excluded");
}
