import { quotedIdentifier, quotedString, type DuckDBConnection } from "@duckdb/node-api";
import type { SourceLocation } from "../../data/index.js";
import { metadata, pathLiteral } from "./sql.js";

export type TextLocation = Exclude<SourceLocation, { readonly format: "parquet" }>;

/**
 * Writes all rows of a text file as Parquet at `target`: the fields of a CSV file as texts, the values of a JSON file as
 * JSON, so that nothing is lost before anybody says of which type they are.
 */
export async function stageText(
  connection: DuckDBConnection,
  location: TextLocation,
  target: string,
): Promise<void> {
  const { path, rows } = location;
  const limit = rows === undefined ? "" : ` LIMIT ${rows}`;
  const types = location.format === "json" ? await describeJson(connection, path) : {};
  const from = location.format === "json" ? fromJsonFile(path, types) : fromCsvFile(location);
  await connection.run(
    `COPY (SELECT * FROM ${from}${limit}) TO ${quotedString(target)} ` +
      `(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880, KV_METADATA ${metadata({ types: JSON.stringify(types) })})`,
  );
}

function fromCsvFile({ path, delimiter, nullText }: Extract<TextLocation, { readonly format: "csv" }>) {
  const nulls = [...new Set(["", nullText])].map(quotedString).join(", ");
  return (
    `read_csv(${pathLiteral(path)}, hive_partitioning = false, header = true, skip = 0, all_varchar = true, ` +
    `delim = ${quotedString(delimiter)}, quote = '"', escape = '"', nullstr = [${nulls}])`
  );
}

function fromJsonFile(path: string, types: Readonly<Record<string, string>>): string {
  const columns = Object.keys(types).map((name) => `${quotedString(name)}: 'JSON'`);
  return `read_json(${pathLiteral(path)}, hive_partitioning = false, format = 'auto', columns = {${columns.join(", ")}})`;
}

/** The types that the values of each key have together, of all rows: a key may be in late ones alone. */
async function describeJson(connection: DuckDBConnection, path: string): Promise<Record<string, string>> {
  const described = await connection.runAndReadAll(
    `DESCRIBE SELECT * FROM read_json(${pathLiteral(path)}, hive_partitioning = false, format = 'auto', sample_size = -1)`,
  );
  return Object.fromEntries(described.getRows().map(([name, type]) => [String(name), String(type)]));
}

const plainTypes = ["BIGINT", "DOUBLE", "BOOLEAN"];

/**
 * The expression that carries a column to an output: of Parquet and CSV as it is, of JSON as the number or boolean that
 * all its values are, or else as text, which is a string itself and the JSON of anything that is none.
 */
export async function carriedExpressions(
  connection: DuckDBConnection,
  path: string,
  format: SourceLocation["format"],
): Promise<(column: string, alias: string) => string> {
  if (format !== "json") return (column, alias) => `${alias}.${quotedIdentifier(column)}`;
  const read = await connection.runAndReadAll(
    `SELECT decode(value) FROM parquet_kv_metadata(${pathLiteral(path)}) WHERE decode(key) = 'types'`,
  );
  const types = JSON.parse(String(read.getRows()[0][0])) as Record<string, string>;
  return (column, alias) => {
    const text = `(${alias}.${quotedIdentifier(column)} ->> '$')`;
    return plainTypes.includes(types[column]) ? `${text}::${types[column]}` : text;
  };
}
