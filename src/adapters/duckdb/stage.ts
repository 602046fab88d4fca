import { quotedIdentifier, quotedString, type DuckDBConnection } from "@duckdb/node-api";
import { dataErrors, type RejectedValue, type SourceLocation } from "../../data/index.js";
import { didYouMean, type FieldKind, type Schema } from "../../kernel/index.js";
import { fromJson, fromText, fromTyped, readableTypes, type Conversion } from "./column-types.js";
import { columnsOfSchema, copyToParquet, pathLiteral } from "./sql.js";

/** A source whose path is absolute. */
export interface StageRequest {
  readonly location: SourceLocation;
  readonly schema: Schema;
  readonly target: string;
}

interface StagedColumn extends Conversion {
  readonly name: string;
  readonly quoted: string;
  readonly kind: FieldKind;
}

/**
 * Writes the schema's columns of a source into canonical Parquet at `target`. A column that may hold values
 * of another type is looked through a second time for those.
 */
export async function stageSource(
  connection: DuckDBConnection,
  { location, schema, target }: StageRequest,
): Promise<{ rowCount: number; rejects: RejectedValue[] }> {
  const types = await describeColumns(connection, location, schema);
  const columns = columnsOfSchema(schema).map(({ name, quoted, kind }): StagedColumn => {
    const type = types.get(name);
    if (type === undefined) throw columnMissing(location, name, [...types.keys()]);
    const conversion = convert(location, { kind, type, quoted, nullable: schema[name].nullable });
    if (conversion === undefined) throw columnOfAnotherType(location, { name, kind, found: type });
    return { name, quoted, kind, ...conversion };
  });
  const rows = await openRows(connection, { location, schema });
  const canonical = columns.map(({ value, quoted }) => `${value} AS ${quoted}`).join(", ");
  const copied = await connection.run(copyToParquet(`SELECT ${canonical} FROM ${rows.from}`, target));
  const rejects: RejectedValue[] = [];
  for (const column of columns) {
    if (column.raw !== undefined) rejects.push(...(await rejectsOf(connection, { column, rows, location })));
  }
  return { rowCount: copied.rowsChanged, rejects: rejects.sort((a, b) => a.row - b.row) };
}

/** Rows that can be read more than once, and the expression of their zero-based position. */
interface Rows {
  readonly from: string;
  readonly position: string;
}

/** Texts have no positions of their own and are slow to parse, so they are parsed once, into a temporary table. */
async function openRows(
  connection: DuckDBConnection,
  { location, schema }: Omit<StageRequest, "target">,
): Promise<Rows> {
  const names = columnsOfSchema(schema).map(({ quoted }) => quoted);
  const limit = location.rows === undefined ? "" : ` LIMIT ${location.rows}`;
  if (location.format === "parquet") {
    const from = `(SELECT ${names.join(", ")}, file_row_number FROM ${reader(location, schema)}${limit})`;
    return { from, position: "file_row_number" };
  }
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE staged AS SELECT ${names.join(", ")} FROM ${reader(location, schema)}${limit}`,
  );
  return { from: "staged", position: "rowid" };
}

/** Names and types of the columns that the file has. */
async function describeColumns(connection: DuckDBConnection, location: SourceLocation, schema: Schema) {
  const describe = async (from: string) => {
    const result = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
    return new Map(result.getRows().map(([name, type]) => [String(name), String(type)]));
  };
  if (location.format !== "json") return describe(reader(location, schema));
  // A key that only late objects have is not in DuckDB's sample; then the whole file decides.
  const sampled = await describe(jsonReader(location.path));
  const complete = Object.keys(schema).every((name) => sampled.has(name));
  return complete ? sampled : describe(jsonReader(location.path, ", sample_size = -1"));
}

function reader(location: SourceLocation, schema: Schema): string {
  switch (location.format) {
    case "parquet":
      return `read_parquet(${pathLiteral(location.path)}, hive_partitioning = false, file_row_number = true)`;
    case "csv": {
      const nulls = [...new Set(["", location.nullText])].map(quotedString).join(", ");
      return (
        `read_csv(${pathLiteral(location.path)}, hive_partitioning = false, header = true, skip = 0, all_varchar = true, ` +
        `delim = ${quotedString(location.delimiter)}, quote = '"', escape = '"', nullstr = [${nulls}])`
      );
    }
    case "json": {
      const columns = Object.keys(schema).map((name) => `${quotedString(name)}: 'JSON'`);
      return jsonReader(location.path, `, columns = {${columns.join(", ")}}`);
    }
  }
}

const jsonReader = (path: string, options = "") =>
  `read_json(${pathLiteral(path)}, hive_partitioning = false, format = 'auto'${options})`;

function convert(
  { format }: SourceLocation,
  { kind, type, quoted, nullable }: { kind: FieldKind; type: string; quoted: string; nullable: boolean },
): Conversion | undefined {
  if (format === "parquet") return fromTyped(kind, type, quoted);
  return format === "csv" ? fromText(kind, quoted, nullable) : fromJson(kind, quoted);
}

/** The values that could not be read; an error if that is all the values there are. */
async function rejectsOf(
  connection: DuckDBConnection,
  { column, rows, location }: { column: StagedColumn; rows: Rows; location: SourceLocation },
): Promise<RejectedValue[]> {
  const { name, kind, value, raw } = column;
  const result = await connection.runAndReadAll(
    `SELECT ${rows.position}::DOUBLE, ${raw} FROM ${rows.from} WHERE (${raw}) IS NOT NULL AND (${value}) IS NULL`,
  );
  const rejects = result
    .getRows()
    .map(([row, found]) => ({ row: Number(row), column: name, found: String(found) }));
  if (rejects.length === 0) return rejects;
  const readable = await connection.runAndReadAll(
    `SELECT 1 FROM ${rows.from} WHERE (${value}) IS NOT NULL LIMIT 1`,
  );
  if (readable.currentRowCount > 0) return rejects;
  throw columnOfAnotherType(location, {
    name,
    kind,
    found: `only values such as ${JSON.stringify(rejects[0].found)}`,
  });
}

function columnMissing({ path }: SourceLocation, name: string, names: readonly string[]) {
  return dataErrors.error("MW0203", {
    expected: `a column "${name}" in ${path}`,
    found: `the columns ${names.map(quotedIdentifier).join(", ")}`,
    remedy: didYouMean(name, names),
    details: { path, column: name },
  });
}

function columnOfAnotherType(
  { path }: SourceLocation,
  { name, kind, found }: { name: string; kind: FieldKind; found: string },
) {
  return dataErrors.error("MW0204", {
    expected: `${readableTypes[kind]} in column "${name}" of ${path}`,
    found,
    remedy: `Give the column another type in the schema, or convert it in the file.`,
    details: { path, column: name, kind, found },
  });
}
