import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { dataErrors } from "../../data/index.js";
import { throwIfCancelled, type MillwrightError } from "../../kernel/index.js";

export interface SessionOptions {
  readonly threads: number;
  /** As DuckDB writes sizes, e.g. "1GB". */
  readonly memoryLimit: string;
  /** Where DuckDB spills what does not fit in memory. */
  readonly spillFolder: string;
}

/** An in-process DuckDB that downloads nothing and lives in UTC. */
export async function openInstance(options: SessionOptions): Promise<DuckDBInstance> {
  return DuckDBInstance.create(":memory:", {
    threads: String(options.threads),
    memory_limit: options.memoryLimit,
    temp_directory: options.spillFolder,
    preserve_insertion_order: "true",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
  });
}

/** What an error of DuckDB becomes. */
export type ErrorMapping = (message: string, cause: unknown) => MillwrightError;

export interface Work {
  readonly signal?: AbortSignal | undefined;
  readonly onError?: ErrorMapping;
}

/**
 * Runs work on a connection of its own, so that temporary tables and interruption stay within it. A fired
 * signal interrupts the query and throws MW0105.
 */
export async function withConnection<T>(
  instance: DuckDBInstance,
  work: (connection: DuckDBConnection) => Promise<T>,
  { signal, onError = engineError }: Work = {},
): Promise<T> {
  throwIfCancelled(signal);
  const connection = await instance.connect();
  const interrupt = () => connection.interrupt();
  signal?.addEventListener("abort", interrupt);
  try {
    await connection.run("SET TimeZone = 'UTC'");
    return await work(connection);
  } catch (error) {
    throwIfCancelled(signal);
    throw isDuckDBError(error) ? onError(error.message, error) : error;
  } finally {
    signal?.removeEventListener("abort", interrupt);
    connection.closeSync();
  }
}

/** A connection that outlives one piece of work, and a way to wait for it that maps its errors. Close it. */
export async function openConnection(instance: DuckDBInstance) {
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  const attempt = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw isDuckDBError(error) ? engineError(error.message, error) : error;
    }
  };
  return { connection, attempt };
}

/** Failures of the machine, not of the data: they are never blamed on a file. */
export const isResourceError = (message: string): boolean =>
  /^(Out of Memory|INTERNAL|FATAL)|No space left on device|could not allocate|failed to allocate/i.test(
    message,
  );

export function engineError(message: string, cause: unknown): MillwrightError {
  const [firstLine] = message.split("\n");
  return dataErrors.error("MW0211", {
    expected: "DuckDB to finish the query",
    found: firstLine,
    remedy: "Check free memory and disk space, or give the engine a higher memory limit, and run it again.",
    cause,
  });
}

/** DuckDB's errors are plain errors whose message begins with their kind: "IO Error: …". */
function isDuckDBError(error: unknown): error is Error {
  return error instanceof Error && /^[A-Za-z -]+ Error: /.test(error.message);
}
