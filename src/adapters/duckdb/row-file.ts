import type { DuckDBDataChunk, DuckDBInstance, DuckDBListVector } from "@duckdb/node-api";
import { quotedIdentifier, type DuckDBConnection, type DuckDBVector } from "@duckdb/node-api";
import { dataErrors, type RejectedRow, type RejectedValue, type SourceLocation } from "../../data/index.js";
import type { FileColumn, FileField, FileReading, FileRows, RowFile } from "../../data/index.js";
import { throwIfCancelled, type Column } from "../../kernel/index.js";
import { fromJson, fromText, fromTyped, readableTypes, type Conversion } from "./column-types.js";
import { engineError, isResourceError, withConnection } from "./session.js";
import { fillMatrix } from "./fill-matrix.js";
import { fromCanonical } from "./sql.js";
import { streamChunks } from "./stream-chunks.js";

/** Rows as Parquet: a Parquet file as it is, or what a text file was written into. */
export interface ParquetRows {
  readonly path: string;
  /** What the values were written in: those of a text file are texts, those of JSON are JSON. */
  readonly format: SourceLocation["format"];
  /** The file that the user named, for messages. */
  readonly origin: string;
  /** Rows of it that could not be divided into columns, in their order. */
  readonly undivided: readonly RejectedRow[];
}

/** Opens the rows of a Parquet file for reading in bounded memory. */
export async function openRowFile(instance: DuckDBInstance, rows: ParquetRows): Promise<RowFile> {
  const onError = unreadable(rows);
  const { columns, rowCount } = await withConnection(
    instance,
    async (connection) => {
      const from = fromCanonical(rows.path);
      const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`);
      const counted = await connection.runAndReadAll(`SELECT count(*)::DOUBLE FROM ${from}`);
      return { columns: described.getRows().map(columnOf), rowCount: Number(counted.getRows()[0][0]) };
    },
    { onError },
  );
  return Object.freeze({
    columns,
    rowCount,
    read: (reading: FileReading, take: (rows: FileRows) => Promise<void>, signal?: AbortSignal) =>
      withConnection(
        instance,
        (connection) => readInChunks(connection, { rows, columns, reading }, { take, signal }),
        { onError, signal },
      ),
  });
}

const listType = /\[\d*\]$/;

const columnOf = ([name, type]: readonly unknown[]): FileColumn => ({
  ...{ name: String(name), type: String(type) },
  list: listType.test(String(type)),
});

export const unreadable =
  ({ origin, format }: Pick<ParquetRows, "origin" | "format">) =>
  (message: string, cause: unknown) => {
    if (isResourceError(message)) return engineError(message, cause);
    return dataErrors.error("MW0202", {
      expected: `a readable ${format === "parquet" ? "Parquet" : format.toUpperCase()} file at ${origin}`,
      found: message.split("\n")[0].slice(0, 300),
      remedy: "Write or download the file again, or give it the extension of its real format.",
      details: { path: origin, format },
      cause,
    });
  };

interface ReadRequest {
  readonly rows: ParquetRows;
  readonly columns: readonly FileColumn[];
  readonly reading: FileReading;
}

interface Taking {
  readonly take: (rows: FileRows) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** How far the engine reads ahead: its own megabyte holds it up for every few chunks, and more leaves the caches. */
const aheadSize = "8MB";

/**
 * One query streams the rows in their order, so that a file is read once and no more of it is in memory than the
 * engine reads ahead, however large its row groups are.
 */
async function readInChunks(
  connection: DuckDBConnection,
  { rows, columns, reading }: ReadRequest,
  { take, signal }: Taking,
): Promise<void> {
  const { from } = reading;
  const selection = selectionOf(reading, { rows, columns });
  const select = selection.expressions.join(", ");
  const source = `${fromCanonical(rows.path, ", file_row_number = true")} WHERE file_row_number >= ${from}`;
  const fetching = await streamChunks(connection, `SELECT ${select} FROM ${source}`, aheadSize);
  const chunk = chunkOf(reading, selection);
  let at = from;
  const give = async () => {
    throwIfCancelled(signal);
    const given = chunk.take(at);
    at += given.table.rowCount;
    const { from: first, table } = given;
    const undivided = rows.undivided.filter(({ row }) => row >= first && row < first + table.rowCount);
    await take({ ...given, undivided });
  };
  try {
    for (let fetched = await fetching.next(); fetched !== undefined; fetched = await fetching.next()) {
      for (let taken = 0; taken < fetched.rowCount;) {
        taken += chunk.add(fetched, taken, at);
        if (chunk.isFull()) await give();
      }
    }
    if (!chunk.isEmpty()) await give();
  } finally {
    await fetching.idle();
  }
}

/** What is selected, and where it stands among the columns of the result. */
interface Selection {
  readonly expressions: readonly string[];
  /** Of each field its value; of each matrix a list of its fields' values. */
  readonly fields: readonly number[];
  readonly matrices: readonly number[];
  /** Texts of values that could not be read, by field. */
  readonly rejectable: readonly { readonly name: string; readonly position: number }[];
}

type Selecting = Pick<ReadRequest, "rows" | "columns">;

function selectionOf({ fields, matrices }: FileReading, selecting: Selecting): Selection {
  // An engine selects something, also where there is nothing to read.
  const expressions = ["true"];
  const rejectable: { name: string; position: number }[] = [];
  const add = (expression: string) => expressions.push(expression) - 1;
  const valueOf = (field: FileField, narrow: boolean) => {
    const [value, ...raw] = selectOf(field, selecting, narrow);
    for (const text of raw) rejectable.push({ name: field.name, position: add(text) });
    return value;
  };
  return {
    ...{ expressions, rejectable },
    fields: fields.map((field) => add(valueOf(field, false))),
    matrices: matrices.map((matrix) =>
      add(`list_value(${matrix.fields.map((field) => valueOf(field, true)).join(", ")})`),
    ),
  };
}

/** The value of a field and, where not every value can be read, the text of one that could not; `narrow` floats stay so. */
function selectOf(field: FileField, { rows, columns }: Selecting, narrow: boolean): readonly string[] {
  const column = columns.find(({ name }) => name === field.column);
  if (column === undefined) throw new TypeError(`no column "${field.column}" in ${rows.origin}`);
  if (narrow && rows.format === "parquet" && column.type === "FLOAT")
    return [`coalesce(${quotedIdentifier(field.column)}, 'NaN'::FLOAT)`];
  const conversion = conversionOf(field, rows.format, column);
  if (conversion === undefined) {
    throw dataErrors.error("MW0204", {
      expected: `${readableTypes[field.kind]} in column "${field.column}" of ${rows.origin}`,
      found: column.type,
      remedy: "Convert the column in the file.",
      details: { path: rows.origin, column: field.column, kind: field.kind, found: column.type },
    });
  }
  const { value, raw } = conversion;
  const number = field.kind === "timestamp" ? `epoch_ms(${value})` : value;
  const read =
    field.kind === "string" ? `(${value})::VARCHAR` : `coalesce((${number})::DOUBLE, 'NaN'::DOUBLE)`;
  return raw === undefined
    ? [read]
    : [read, `CASE WHEN (${raw}) IS NOT NULL AND (${value}) IS NULL THEN (${raw})::VARCHAR END`];
}

function conversionOf(
  { kind, nullable, element, column }: FileField,
  format: SourceLocation["format"],
  { type }: FileColumn,
): Conversion | undefined {
  const quoted = quotedIdentifier(column);
  if (format === "csv") return fromText(kind, quoted, nullable);
  if (format === "json") return fromJson(kind, quoted);
  if (element === undefined) return fromTyped(kind, type, quoted);
  const inner = fromTyped(kind, type.replace(listType, ""), `${quoted}[${element.at + 1}]`);
  if (inner === undefined) return undefined;
  const fits = `len(${quoted}) = ${element.of}`;
  const value = `CASE WHEN ${fits} THEN ${inner.value} END`;
  if (element.at > 0) return { value, ...(inner.raw === undefined ? {} : { raw: inner.raw }) };
  const wrong = `CASE WHEN ${quoted} IS NOT NULL AND NOT (${fits}) THEN 'a list of ' || len(${quoted})`;
  return { value, raw: `${wrong} ELSE ${inner.raw ?? "NULL"} END` };
}

/** Rows that are collected until they are a chunk. */
function chunkOf({ fields, matrices, chunkRows }: FileReading, selection: Selection) {
  const begin = () => fields.map(({ kind }) => (kind === "string" ? texts(chunkRows) : numbers(chunkRows)));
  // Who has the rows of one chunk may still have them while the next is filled, and not longer.
  let [filled, next] = [0, 1].map(() =>
    matrices.map((matrix) => sharedFloats(chunkRows * matrix.fields.length)),
  );
  let targets = begin();
  let rejects: RejectedValue[] = [];
  let count = 0;

  return {
    isFull: () => count === chunkRows,
    isEmpty: () => count === 0,
    /** Takes rows of what was fetched, from `taken` on, as many as there is room for, and says how many. */
    add(fetched: DuckDBDataChunk, taken: number, from: number): number {
      const rows = Math.min(chunkRows - count, fetched.rowCount - taken);
      targets.forEach((target, i) =>
        target.fill(fetched.getColumnVector(selection.fields[i]), { taken, rows, at: count }),
      );
      filled.forEach((matrix, i) => {
        const lists = fetched.getColumnVector(selection.matrices[i]) as DuckDBListVector;
        fillMatrix(matrix, lists, { width: matrices[i].fields.length, taken, rows, at: count });
      });
      for (const { name, position } of selection.rejectable) {
        const vector = fetched.getColumnVector(position);
        for (let row = 0; row < rows; row++) {
          const found = vector.getItem(taken + row);
          if (found !== null) rejects.push({ row: from + count + row, column: name, found: String(found) });
        }
      }
      count += rows;
      return rows;
    },
    take(from: number): Omit<FileRows, "undivided"> {
      const columns = Object.fromEntries(fields.map(({ name }, i) => [name, targets[i].column(count)]));
      const floats = matrices.map(
        (matrix, i) => [matrix.name, filled[i].subarray(0, count * matrix.fields.length)] as const,
      );
      const found = rejects.sort((a, b) => a.row - b.row);
      const given = {
        ...{ from, table: { rowCount: count, columns } },
        ...{ matrices: Object.fromEntries(floats), rejects: found },
      };
      targets = begin();
      [filled, next] = [next, filled];
      rejects = [];
      count = 0;
      return given;
    },
  };
}

const sharedFloats = (length: number) => new Float32Array(new SharedArrayBuffer(length * 4));

interface Span {
  readonly taken: number;
  readonly rows: number;
  readonly at: number;
}

interface Target {
  fill(vector: DuckDBVector, span: Span): void;
  column(rowCount: number): Column;
}

function numbers(chunkRows: number): Target {
  const values = new Float64Array(new SharedArrayBuffer(chunkRows * 8));
  return {
    fill(vector, { taken, rows, at }) {
      // As `read-table.ts` has it: the elements have no public name, and one call copies them.
      const elements: unknown = Reflect.get(vector, "items");
      if (elements instanceof Float64Array) values.set(elements.subarray(taken, taken + rows), at);
      else for (let row = 0; row < rows; row++) values[at + row] = vector.getItem(taken + row) as number;
    },
    column: (rowCount) => ({ kind: "number", values: values.subarray(0, rowCount) }),
  };
}

function texts(chunkRows: number): Target {
  const codes = new Int32Array(new SharedArrayBuffer(chunkRows * 4));
  const codeOf = new Map<string, number>();
  return {
    fill(vector, { taken, rows, at }) {
      for (let row = 0; row < rows; row++) {
        const text = vector.getItem(taken + row) as string | null;
        let code = text === null ? -1 : codeOf.get(text);
        if (code === undefined) codeOf.set(text as string, (code = codeOf.size));
        codes[at + row] = code;
      }
    },
    column: (rowCount) => ({
      ...{ kind: "text", codes: codes.subarray(0, rowCount) },
      dictionary: [...codeOf.keys()],
    }),
  };
}
