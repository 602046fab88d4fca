import { quotedIdentifier, quotedString } from "@duckdb/node-api";
import type { FieldKind, Schema } from "../../kernel/index.js";

/** A file path as a literal that reads exactly this file: DuckDB expands `*`, `?` and `[` in paths. */
export function pathLiteral(path: string): string {
  return quotedString(path.replace(/[*?[]/g, "[$&]"));
}

/** Writes the rows of a select in its order. */
export function copyToParquet(select: string, path: string): string {
  return `COPY (${select}) TO ${quotedString(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`;
}

/** A canonical file as a table. Folders named `key=value` add no columns. */
export function fromCanonical(path: string, options = ""): string {
  return `read_parquet(${pathLiteral(path)}, hive_partitioning = false${options})`;
}

/** The columns of a schema with their kinds and quoted names. */
export function columnsOfSchema(schema: Schema): { name: string; quoted: string; kind: FieldKind }[] {
  return Object.entries(schema).map(([name, { kind }]) => ({ name, quoted: quotedIdentifier(name), kind }));
}

/** A timestamp of millisecond precision out of epoch milliseconds. */
export const timestampOfMs = (epochMs: string): string => `epoch_ms(${epochMs})::TIMESTAMP_MS`;

/** Key-value metadata of Parquet as `COPY` takes it. */
export const metadata = (facts: Readonly<Record<string, string>>): string =>
  `{${Object.entries(facts)
    .map(([name, text]) => `${quotedIdentifier(name)}: ${quotedString(text)}`)
    .join(", ")}}`;
