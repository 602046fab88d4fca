import type { DuckDBConnection } from "@duckdb/node-api";
import type { Fingerprint, Fingerprints } from "../../data/index.js";
import type { FieldKind, Schema } from "../../kernel/index.js";
import { columnsOfSchema, fromCanonical } from "./sql.js";

/** `concat` skips nulls, which leaves the marks of null that the definition of `Fingerprint` asks for. */
const cell: Readonly<Record<FieldKind, (column: string) => string>> = {
  int: (column) => column,
  // Adding zero makes −0 and 0 one value, as they are everywhere else.
  float: (column) => `(${column} + 0.0::DOUBLE)::BIT`,
  bool: (column) => `${column}::INTEGER`,
  timestamp: (column) => `epoch_ms(${column})`,
  string: (column) => `strlen(${column}), ':', ${column}`,
};

/** Fingerprints of canonical Parquet, in one pass. 64 bits per row are as many as DuckDB adds at speed. */
export async function fingerprintCanonical(
  connection: DuckDBConnection,
  path: string,
  schema: Schema,
): Promise<Fingerprints> {
  const cells = columnsOfSchema(schema).map(({ quoted, kind }) => `${cell[kind](quoted)}, '|'`);
  const result = await connection.runAndReadAll(`
    SELECT count(*)::VARCHAR, sum(free)::VARCHAR, bit_xor(free)::VARCHAR, sum(placed)::VARCHAR, bit_xor(placed)::VARCHAR
    FROM (SELECT md5_number_lower(content) AS free, md5_number_lower(concat(position, '#', content)) AS placed
      FROM (SELECT file_row_number AS position, concat(${cells.join(", ")}) AS content
        FROM ${fromCanonical(path, ", file_row_number = true")}))`);
  const [count, ...sums] = result.getRows()[0].map((value) => BigInt(String(value ?? "0")));
  const fingerprint = (sum: bigint, xor: bigint): Fingerprint => ({
    count: Number(count),
    sum: hex64(sum),
    xor: hex64(xor),
  });
  return { orderFree: fingerprint(sums[0], sums[1]), ordered: fingerprint(sums[2], sums[3]) };
}

const hex64 = (value: bigint): string => BigInt.asUintN(64, value).toString(16).padStart(16, "0");
