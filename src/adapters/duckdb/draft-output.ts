import { open } from "node:fs/promises";
import { join } from "node:path";
import { quotedIdentifier, quotedString, type DuckDBConnection } from "@duckdb/node-api";
import type { Publication } from "../../data/index.js";
import { keptColumn } from "./draft-parts.js";
import type { Footer } from "./parquet-footer.js";
import { addComputed, beginOutput, carryColumns, endOutput, groupsOfParts } from "./parquet-output.js";
import type { Output, PartFile } from "./parquet-output.js";
import type { ComputedColumn, OutputGroup } from "./parquet-schema.js";
import type { ParquetRows } from "./row-file.js";
import { fromCanonical, metadata } from "./sql.js";
import { carriedExpressions } from "./stage-text.js";

/** The rows of a draft, with the footer of a file whose columns can be carried as they are. */
export interface DraftRows extends ParquetRows {
  readonly footer: Footer | undefined;
}

/** What an output has before its predictions. */
export interface CarriedRows {
  readonly rows: DraftRows;
  readonly names: readonly string[];
  /** Absent where the engine has to read the columns and write them anew. */
  readonly begun?: {
    readonly output: Output;
    readonly groups: readonly OutputGroup[];
    readonly footer: Footer;
  };
}

interface Carrying {
  readonly rows: DraftRows;
  readonly names: readonly string[];
  readonly path: string;
}

/** Begins an output at `path` with the carried columns; they are on the disk when the promise settles. */
export async function carryRows(
  { rows, names, path }: Carrying,
  signal: AbortSignal | undefined,
): Promise<CarriedRows> {
  const { footer } = rows;
  if (footer === undefined) return { rows, names };
  const file = await open(path, "w");
  try {
    const output = await beginOutput(file);
    const groups = await carryColumns(output, { path: rows.path, footer, names }, signal);
    await file.datasync();
    return { rows, names, begun: { output, groups, footer } };
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface OutputRequest {
  readonly carried: CarriedRows;
  readonly parts: readonly PartFile[];
  readonly publication: Publication;
  /** The folder of the draft. */
  readonly folder: string;
  readonly path: string;
}

/**
 * Makes the output at `path` and says how many rows it has: by copying the pages of the parts behind what was carried;
 * where rows are left out, or carried values must be read, by an engine that puts both side by side.
 */
export async function makeOutput(connection: DuckDBConnection, request: OutputRequest): Promise<number> {
  const { carried, parts, publication } = request;
  const { onlyKept = false, facts } = publication;
  const columns = computedColumns(parts, publication.computed);
  const leavesOut = onlyKept && parts.some((part) => part.columns.some(({ name }) => name === keptColumn));
  const { begun, names } = carried;
  if (begun === undefined || leavesOut) {
    const path = join(request.folder, "computed.parquet");
    const kept: readonly ComputedColumn[] = leavesOut ? [{ name: keptColumn, type: "bool" }] : [];
    await writeComputed(path, parts, [...columns, ...kept]);
    return joinOutput(connection, { ...request, computed: path, leavesOut });
  }
  const { output, footer } = begun;
  const groups = await addComputed(output, begun.groups, { parts, columns });
  const taken = names.flatMap((name) => footer.columns.find((column) => column.name === name) ?? []);
  await endOutput(output, groups, { carried: taken, orders: footer.orders, computed: columns, facts });
  return groups.reduce((sum, { rowCount }) => sum + rowCount, 0);
}

/** Columns of parts by name; parts of the same draft agree in their types. */
const computedColumns = (parts: readonly PartFile[], names: readonly string[]): readonly ComputedColumn[] =>
  names.flatMap((name) => {
    const column = parts.flatMap((part) => part.columns).find((one) => one.name === name);
    return column === undefined ? [] : [{ name, type: column.type }];
  });

async function writeComputed(
  path: string,
  parts: readonly PartFile[],
  columns: readonly ComputedColumn[],
): Promise<void> {
  const file = await open(path, "w");
  try {
    const output = await beginOutput(file);
    const groups = await addComputed(output, groupsOfParts(parts), { parts, columns });
    await endOutput(output, groups, { carried: [], orders: undefined, computed: columns, facts: {} });
  } finally {
    await file.close();
  }
}

interface Joining extends OutputRequest {
  readonly computed: string;
  readonly leavesOut: boolean;
}

/**
 * Puts rows and computed values side by side, in the order of both, in one pass. The filter stands above the pairing:
 * below it, values would come to stand beside other rows.
 */
async function joinOutput(
  connection: DuckDBConnection,
  { carried: { rows, names }, publication, computed, leavesOut, path }: Joining,
): Promise<number> {
  const carry = await carriedExpressions(connection, rows.path, rows.format);
  const select = [
    ...names.map((name) => `${carry(name, "i")} AS ${quotedIdentifier(name)}`),
    ...publication.computed.map((name) => `p.${quotedIdentifier(name)}`),
  ];
  const pairs = `${fromCanonical(rows.path)} i POSITIONAL JOIN ${fromCanonical(computed)} p`;
  const where = leavesOut ? ` WHERE coalesce(p.${quotedIdentifier(keptColumn)}, true)` : "";
  const copied = await connection.run(
    `COPY (SELECT ${select.join(", ")} FROM ${pairs}${where}) TO ${quotedString(path)} ` +
      `(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 65536, KV_METADATA ${metadata(publication.facts)})`,
  );
  return copied.rowsChanged;
}
