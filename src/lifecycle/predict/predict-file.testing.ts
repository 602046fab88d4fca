import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { duckdbRowFiles } from "../../adapters/duckdb/index.js";
import type { SourceLocation } from "../../data/index.js";
import { tableOf, valueAt, type Schema, type Value } from "../../kernel/index.js";
import { predictFile, type PredictFileRequest, type PredictedFile } from "./predict-file.js";
import type { Project } from "../project.js";

/** A file of one JSON object a line, and where its predictions go. */
export async function jsonLines(folder: string, name: string, rows: readonly object[]) {
  const path = join(folder, `${name}.jsonl`);
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join("\n"));
  return { file: { format: "json", path } as const, out: join(folder, `${name}.out.parquet`) };
}

/** Predicts on the real engine. */
export const predictHere = (
  project: Project,
  request: PredictFileRequest,
  signal?: AbortSignal,
): Promise<PredictedFile> =>
  predictFile(project, request, { files: duckdbRowFiles(), ...(signal === undefined ? {} : { signal }) });

/** Rows of a table as Parquet beside other files. */
export async function parquetFile(
  project: Project,
  path: string,
  { schema, rows }: { readonly schema: Schema; readonly rows: readonly Readonly<Record<string, Value>>[] },
): Promise<SourceLocation> {
  const names = Object.keys(schema);
  const table = tableOf(
    schema,
    rows.map((row) => names.map((name) => row[name] ?? null)),
  );
  const written = await project.engine.writeTable(table, schema);
  await copyFile(written, path);
  await project.engine.discard(written);
  return { format: "parquet", path };
}

/** The rows of a Parquet file. */
export async function rowsIn(project: Project, path: string, schema: Schema) {
  const staged = await project.engine.stage({ format: "parquet", path }, schema);
  const table = await project.engine.readTable(staged.path, schema);
  await project.engine.discard(staged.path);
  return Array.from({ length: table.rowCount }, (_, row) =>
    Object.fromEntries(
      Object.entries(table.columns).map(([name, column]) => [name, valueAt(column, row)] as const),
    ),
  );
}
