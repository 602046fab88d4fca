import type { FieldKind, Schema, Table } from "../kernel/index.js";
import type { DatasetVersion, Fingerprints } from "./dataset.js";
import type { SourceLocation } from "./source-location.js";

/** A value of a text file that could not be read as its column's type. */
export interface RejectedValue {
  /** Zero-based row of the source. */
  readonly row: number;
  readonly column: string;
  /** The text as it stands in the source. */
  readonly found: string;
}

/** A row of a text file that could not be divided into the columns; all its values are null. */
export interface RejectedRow {
  /** Zero-based row of the source. */
  readonly row: number;
  /** For people: where it stands, what was expected and what was found. */
  readonly reason: string;
  /** The row as it stands in the source. */
  readonly text: string;
}

export type Reject = RejectedValue | RejectedRow;

/** A source written into one canonical Parquet file that belongs to the caller. */
export interface StagedFile {
  readonly path: string;
  readonly rowCount: number;
  /** Values and rows that could not be read; they are null in the file. In order of rows. */
  readonly rejects: readonly Reject[];
}

export interface ReadOptions {
  /** The columns to read; all of the schema by default. */
  readonly columns?: readonly string[];
}

/** Numbers of a file, as they are read. The reading goes on ahead, by a bounded number of rows. */
export interface NumberStream {
  /**
   * The next rows, a number for each column, in the order of the file; null is NaN. Undefined behind the last. They are
   * gone with the next call.
   */
  next(): Promise<Float64Array | undefined>;
  /** Ends the reading, wherever it is. */
  close(): Promise<void>;
}

/**
 * Reads and writes tables in files. Rows keep their order. Files that it makes lie in its scratch folder
 * until they are adopted by a blob store or discarded; files of dead processes are removed at start.
 *
 * Canonical Parquet holds a schema's columns in the schema's order: int as INT64, float as DOUBLE,
 * bool as BOOLEAN, timestamp as milliseconds in UTC, string as UTF-8. Equal rows need not give equal bytes:
 * what rows are equal is for their fingerprints to say.
 */
export interface TableEngine {
  /** Name and version, e.g. "duckdb 1.5.6". */
  readonly name: string;
  /** SHA-256 of a file's bytes. Throws MW0201. */
  hashFile(path: string, signal?: AbortSignal): Promise<string>;
  /**
   * Writes the schema's columns of a source into canonical Parquet. Throws MW0201 (missing file), MW0202
   * (not readable), MW0203 (column missing) and MW0204 (column of another type).
   */
  stage(location: SourceLocation, schema: Schema, signal?: AbortSignal): Promise<StagedFile>;
  /** Reads canonical Parquet. Dictionaries of text columns hold the texts that occur, sorted by UTF-8 bytes. */
  readTable(path: string, schema: Schema, options?: ReadOptions): Promise<Table>;
  /** Reads columns of numbers of canonical Parquet a few rows at a time, so that nobody need hold all of them. */
  streamNumbers(path: string, schema: Schema, columns: readonly string[]): Promise<NumberStream>;
  /** Writes a table as canonical Parquet and returns the file's path. */
  writeTable(table: Table, schema: Schema): Promise<string>;
  /** Writes the rows of canonical Parquet that are not excluded into a new file and returns its path. */
  excludeRows(path: string, schema: Schema, rows: readonly number[]): Promise<string>;
  /** Fingerprints of canonical Parquet. */
  fingerprint(path: string, schema: Schema): Promise<Fingerprints>;
  /** Removes a file that the engine made and nobody adopted; harmless when it is gone. */
  discard(path: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Remembers dataset versions. Recording is one atomic step: after a crash the version and its source key
 * are both there or both absent.
 */
export interface DatasetCatalog {
  /** The version that a source key points at. */
  findBySourceKey(sourceKey: string): Promise<DatasetVersion | undefined>;
  get(id: string): Promise<DatasetVersion | undefined>;
  /** The version of a name that was recorded last. */
  latest(name: string): Promise<DatasetVersion | undefined>;
  /**
   * Adds a version and points the source key at it. Equal ids stand for equal rows, so a version with a
   * known id takes the place of the old entry (its files may have been written anew) and counts as
   * recorded last. Recording the same version twice is harmless.
   */
  record(version: DatasetVersion, sourceKey: string): Promise<void>;
  /** All versions, of one name if given, each once, the last recorded first. */
  list(name?: string): Promise<readonly DatasetVersion[]>;
}

/** A column of a file. */
export interface FileColumn {
  readonly name: string;
  /** As the engine calls it, for messages: `DOUBLE`, `FLOAT[]`. */
  readonly type: string;
  /** Whether its values are lists. */
  readonly list: boolean;
}

/** What is read of every row of a file. */
export interface FileField {
  /** Its name in the tables that are read. */
  readonly name: string;
  readonly column: string;
  readonly kind: FieldKind;
  /** Whether a value may be missing: in a text file `nan` is missing then, and no number otherwise. */
  readonly nullable: boolean;
  /** Of a column of lists: which element, from 0, and how many each list must have. */
  readonly element?: { readonly at: number; readonly of: number };
}

/** Consecutive rows of a file. */
export interface FileRows {
  /** Zero-based position of the first. */
  readonly from: number;
  /** The fields by name; columns of numbers and codes lie in memory that threads share. */
  readonly table: Table;
  /** By name, row-major, in memory that threads share; it is written anew once `take` of the next rows has settled. */
  readonly matrices: Readonly<Record<string, Float32Array>>;
  /** Values that could not be read; they are null in the table. `row` is the position in the file, `column` a field. */
  readonly rejects: readonly RejectedValue[];
  /** Rows of a text file that could not be divided into its columns; all their values are null. */
  readonly undivided: readonly RejectedRow[];
}

/** Fields of numbers side by side, as floats of 32 bits; what is missing is NaN. */
export interface FileMatrix {
  readonly name: string;
  readonly fields: readonly FileField[];
}

export interface FileReading {
  readonly fields: readonly FileField[];
  /** Fields that are read into matrices instead of the table. */
  readonly matrices: readonly FileMatrix[];
  /** Zero-based position of the first row to read. */
  readonly from: number;
  /** Rows that are given at once; the last time fewer. */
  readonly chunkRows: number;
}

/** A file of rows that is read from front to back in bounded memory. */
export interface RowFile {
  readonly columns: readonly FileColumn[];
  readonly rowCount: number;
  /**
   * Gives the rows to `take` in their order, and the next ones when its promise settles. Throws MW0105, MW0202,
   * MW0204 (a column of another type than a field's) and what `take` throws.
   */
  read(reading: FileReading, take: (rows: FileRows) => Promise<void>, signal?: AbortSignal): Promise<void>;
}

/** One column of computed values. */
export interface PartColumn {
  readonly name: string;
  readonly type: "float" | "double" | "int" | "bigint" | "ubigint" | "bool" | "text" | "bools" | "texts";
  /** The value of a row; null is missing. */
  readonly value: (
    row: number,
  ) => number | bigint | boolean | string | readonly boolean[] | readonly string[] | null;
}

/** Computed values of consecutive rows of a file. */
export interface DraftPart {
  readonly rowCount: number;
  /** Parts need not have the same columns: what one lacks is null there. */
  readonly columns: readonly PartColumn[];
  /** Whether a row is to be in the output where not all are. */
  readonly kept: (row: number) => boolean;
  /** Is given back with the part. */
  readonly note: string;
}

/** How a draft becomes its output. */
export interface Publication {
  /** Columns of the parts, in the order of the output. */
  readonly computed: readonly string[];
  /** Only the rows that are kept; all by default. */
  readonly onlyKept?: boolean;
  /** What the file says of itself: its key-value metadata. */
  readonly facts: Readonly<Record<string, string>>;
  /** Whether what is at the output's path by then is replaced. */
  readonly replace: boolean;
}

/**
 * A Parquet file in the making: rows of another file with values that are computed for them, part by part, in a folder
 * beside the output. What was added survives the death of the process. Nothing stands at the output's path before
 * `publish`, and then all of it.
 */
export interface FileDraft {
  /** The note of whoever began it. */
  readonly note: string;
  /** The parts so far, from the first row on. */
  readonly parts: readonly { readonly rowCount: number; readonly note: string }[];
  /** Opens the file whose rows it is about; texts are first written as Parquet, once. Throws MW0105, MW0201, MW0202 and MW1003. */
  openRows(location: SourceLocation, signal?: AbortSignal): Promise<RowFile>;
  /**
   * Carries columns of the rows to the output, before its computed ones; parts may be added meanwhile. Throws MW0202 and
   * MW1003.
   */
  carry(columns: readonly string[]): Promise<void>;
  /** Adds the part behind the others. Throws MW1003; then it is as before. */
  add(part: DraftPart): Promise<void>;
  /**
   * Writes the output and says how many rows it has; then the draft is gone. Undefined where something is at its path
   * that is not to be replaced; then the draft is as before, as it is when it throws MW0105 and MW1003.
   */
  publish(publication: Publication, signal?: AbortSignal): Promise<number | undefined>;
  /** Gives it out of hand; whoever begins it again finds it as it is. Harmless when it is gone. */
  close(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}

/** Reads and makes files outside of the project, in bounded memory. Relative paths start at the working directory. */
export interface RowFiles {
  /** Whether anything is at a path. */
  holds(path: string): Promise<boolean>;
  /** Differs after every change of a file, and may differ without one; its rows are not read. Throws MW0201. */
  fingerprint(path: string): Promise<string>;
  /**
   * Begins the draft of an output, or goes on with the one that was begun under the same key, which keeps its note;
   * abandoned drafts of the same output under other keys are removed. Undefined while a living process holds it.
   * Throws MW1003.
   */
  begin(draft: {
    readonly target: string;
    readonly key: string;
    readonly note: string;
  }): Promise<FileDraft | undefined>;
}
