import type { Schema, Table } from "../kernel/index.js";
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
