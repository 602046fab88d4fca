import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { version, type DuckDBConnection, type DuckDBInstance } from "@duckdb/node-api";
import {
  dataErrors,
  type NumberStream,
  type ReadOptions,
  type SourceLocation,
  type StagedFile,
  type TableEngine,
} from "../../data/index.js";
import {
  didYouMean,
  isMillwrightError,
  throwIfCancelled,
  type Schema,
  type Table,
} from "../../kernel/index.js";
import { excludeFromCanonical } from "./exclude-rows.js";
import { fingerprintCanonical } from "./fingerprint.js";
import { requireHeader } from "./csv-header.js";
import { mendCsv } from "./mend-csv.js";
import { readCanonical } from "./read-table.js";
import { openScratch } from "./scratch.js";
import { engineError, isResourceError, openInstance, withConnection, type ErrorMapping } from "./session.js";
import { columnsOfSchema } from "./sql.js";
import { streamNumbers } from "./stream-chunks.js";
import { stageSource, type StageRequest } from "./stage.js";
import { writeCanonical } from "./write-table.js";

export interface DuckDBEngineOptions {
  /** Folder for files in the making; best on the device of the blob store, so that adoption is a rename. */
  readonly scratchFolder: string;
  /** Where relative paths of sources start; the working directory by default. */
  readonly projectFolder?: string;
  /** Threads of DuckDB; 2 by default. */
  readonly threads?: number;
  /** Memory of DuckDB, as it writes sizes; "1GB" by default. What does not fit spills into the scratch folder. */
  readonly memoryLimit?: string;
}

/** The table engine on DuckDB in this process. Close it to free its memory and its scratch folder. */
export async function duckdbEngine(options: DuckDBEngineOptions): Promise<TableEngine> {
  const scratch = await openScratch(options.scratchFolder);
  const instance = await openInstance({
    threads: options.threads ?? 2,
    memoryLimit: options.memoryLimit ?? "1GB",
    spillFolder: join(scratch, "spill"),
  });
  return new DuckDBEngine(instance, scratch, options.projectFolder ?? process.cwd());
}

class DuckDBEngine implements TableEngine {
  readonly name = `duckdb ${version().replace(/^v/, "")}`;
  private readonly counter = { value: 0 };

  constructor(
    private readonly instance: DuckDBInstance,
    private readonly scratch: string,
    private readonly projectFolder: string,
  ) {}

  async hashFile(path: string, signal?: AbortSignal): Promise<string> {
    const absolute = resolve(this.projectFolder, path);
    await requireFile(absolute);
    const hash = createHash("sha256");
    for await (const bytes of createReadStream(absolute, { highWaterMark: 1 << 20 })) {
      throwIfCancelled(signal);
      hash.update(bytes as Uint8Array);
    }
    return hash.digest("hex");
  }

  async stage(location: SourceLocation, schema: Schema, signal?: AbortSignal): Promise<StagedFile> {
    const absolute = { ...location, path: resolve(this.projectFolder, location.path) };
    await requireFile(absolute.path);
    await requireHeader(absolute);
    const path = this.nextFile();
    const request = { location: absolute, schema, target: path };
    try {
      return { path, ...(await this.stageOnce(request, signal)) };
    } catch (error) {
      await this.discard(path);
      if (absolute.format !== "csv" || !isMillwrightError(error, "MW0202")) throw error;
      return this.stageMended({ ...request, location: absolute }, { error, signal });
    }
  }

  private stageOnce(request: StageRequest, signal: AbortSignal | undefined) {
    return withConnection(this.instance, (connection) => stageSource(connection, request), {
      signal,
      onError: unreadable(request.location),
    });
  }

  /** Reads a CSV file without the rows that cannot be divided into its columns; they are rejects. */
  private async stageMended(
    request: StageRequest & { readonly location: SourceLocation & { readonly format: "csv" } },
    { error, signal }: { readonly error: unknown; readonly signal: AbortSignal | undefined },
  ): Promise<StagedFile> {
    const { location, target } = request;
    const copy = join(this.scratch, `${++this.counter.value}.csv`);
    try {
      const bad = await mendCsv({ path: location.path, delimiter: location.delimiter, target: copy }, signal);
      if (bad.length === 0) throw error;
      const staged = await this.stageOnce({ ...request, location: { ...location, path: copy } }, signal);
      const own = bad.filter(({ row }) => row < staged.rowCount);
      const rejects = [...own, ...staged.rejects].sort((a, b) => a.row - b.row);
      return { path: target, rowCount: staged.rowCount, rejects };
    } catch (failure) {
      await this.discard(target);
      throwIfCancelled(signal);
      throw failure;
    } finally {
      await this.discard(copy);
    }
  }

  async readTable(path: string, schema: Schema, { columns }: ReadOptions = {}): Promise<Table> {
    const all = columnsOfSchema(schema);
    for (const name of columns ?? []) requireColumn(name, schema);
    const request = {
      path,
      columns: columns === undefined ? all : all.filter(({ name }) => columns.includes(name)),
    };
    return withConnection(this.instance, (connection) => readCanonical(connection, request));
  }

  async streamNumbers(path: string, schema: Schema, columns: readonly string[]): Promise<NumberStream> {
    for (const name of columns) requireColumn(name, schema);
    const all = new Map(columnsOfSchema(schema).map((column) => [column.name, column]));
    const wanted = columns.flatMap((name) => all.get(name) ?? []);
    return streamNumbers(this.instance, { path, columns: wanted });
  }

  async writeTable(table: Table, schema: Schema): Promise<string> {
    return this.newFile((connection, path) => writeCanonical(connection, { table, schema, path }));
  }

  async excludeRows(path: string, schema: Schema, rows: readonly number[]): Promise<string> {
    return this.newFile((connection, target) =>
      excludeFromCanonical(connection, { path, schema, rows, target }),
    );
  }

  async fingerprint(path: string, schema: Schema) {
    return withConnection(this.instance, (connection) => fingerprintCanonical(connection, path, schema));
  }

  async discard(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  async close(): Promise<void> {
    this.instance.closeSync();
    await rm(this.scratch, { recursive: true, force: true });
  }

  private async newFile(
    write: (connection: DuckDBConnection, path: string) => Promise<void>,
  ): Promise<string> {
    const path = this.nextFile();
    try {
      await withConnection(this.instance, (connection) => write(connection, path));
      return path;
    } catch (error) {
      await this.discard(path);
      throw error;
    }
  }

  private nextFile(): string {
    return join(this.scratch, `${++this.counter.value}.parquet`);
  }
}

async function requireFile(path: string): Promise<void> {
  const found = await stat(path).then(
    (stats) => (stats.isFile() ? undefined : "something that is not a file"),
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
  if (found === undefined) return;
  throw dataErrors.error("MW0201", {
    expected: `a file at ${path}`,
    found: found === "ENOENT" ? "nothing" : found,
    remedy: "Check the path of the source; relative paths start at the project's folder.",
    details: { path },
  });
}

const unreadable =
  ({ format, path }: SourceLocation): ErrorMapping =>
  (message, cause) => {
    if (isResourceError(message)) return engineError(message, cause);
    const found = sayWhy(message);
    return dataErrors.error("MW0202", {
      expected: `a readable ${format === "parquet" ? "Parquet" : format.toUpperCase()} file at ${path}`,
      found,
      remedy: "Write or download the file again, or name its real format.",
      details: { path, format },
      cause,
    });
  };

/** DuckDB's first line, and what it says of the line of a CSV file. */
function sayWhy(message: string): string {
  const lines = message.split("\n");
  const more = lines.slice(1).filter((line) => /^(Original Line|Expected Number of Columns): /.test(line));
  return [lines[0], ...more].map((line) => (line.length > 200 ? `${line.slice(0, 199)}…` : line)).join("; ");
}

function requireColumn(name: string, schema: Schema): void {
  if (Object.hasOwn(schema, name)) return;
  throw dataErrors.error("MW0208", {
    expected: "a column of the dataset",
    found: `"${name}"`,
    remedy: didYouMean(name, Object.keys(schema)),
    details: { column: name },
  });
}
