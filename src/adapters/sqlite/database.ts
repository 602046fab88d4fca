import Libsql, { type Database } from "libsql";
import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Compilable,
} from "kysely";
import { codedFailure } from "./coded-failure.js";
import { migrate } from "./migrations.js";
import type { Tables } from "./tables.js";

/** Writes queries; it never runs one. */
export const sql = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/**
 * One connection. Every call runs to its end without yielding: within a process no other task can see or
 * disturb a transaction, and other processes wait in line for the file's write lock.
 */
export interface SqliteDatabase {
  /** All rows of a query. */
  all<Row>(query: Compilable<Row>): Row[];
  /** Executes a statement that returns no rows. */
  run(query: Compilable): void;
  /** Does the work in one write transaction; an error undoes all of it. */
  transaction<T>(work: () => T): T;
  /** As `transaction`, but throws MW1010 at once where it would have to wait for another process. */
  attempt<T>(work: () => T): T;
  close(): void;
}

/**
 * Opens a file, makes it if it is not there, and brings it to the newest schema. What a transaction wrote
 * is on the disk when it returns. Throws MW1008 (newer schema), MW1009 (not a database or corrupt),
 * MW1010 (locked) and MW1011 (cannot be opened).
 */
export function openDatabase(path: string, busyTimeoutMs: number): SqliteDatabase {
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw codedFailure(error, path);
    }
  };
  const database = guarded(() => prepareFile(path, busyTimeoutMs));
  const transaction = <T>(work: () => T): T =>
    guarded(() => {
      database.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        database.exec("COMMIT");
        return result;
      } catch (error) {
        // A full disk makes SQLite roll back on its own.
        if (database.inTransaction) database.exec("ROLLBACK");
        throw error;
      }
    });
  return Object.freeze({
    all: <Row>(query: Compilable<Row>) =>
      guarded(() => {
        const { sql, parameters } = query.compile();
        return database.prepare(sql).all(parameters) as Row[];
      }),
    run: (query: Compilable) =>
      guarded(() => {
        const { sql, parameters } = query.compile();
        database.prepare(sql).run(parameters);
      }),
    transaction,
    attempt: <T>(work: () => T) => {
      guarded(() => database.pragma("busy_timeout = 0"));
      try {
        return transaction(work);
      } finally {
        guarded(() => database.pragma(`busy_timeout = ${busyTimeoutMs}`));
      }
    },
    close: () => {
      guarded(() => {
        try {
          // Brings the log into the file, unless another process is using it: one file then holds it all.
          database.pragma("busy_timeout = 0");
          database.pragma("wal_checkpoint(TRUNCATE)");
        } catch (error) {
          // Where there is no room the log stays beside the file, and has it all.
          if (!isOutOfRoom(error)) throw error;
        } finally {
          database.close();
        }
      });
    },
  });
}

const isOutOfRoom = (error: unknown): boolean =>
  error instanceof Error && "code" in error && /^SQLITE_(FULL|IOERR)/.test(String(error.code));

function prepareFile(path: string, busyTimeoutMs: number): Database {
  const database = new Libsql(path);
  try {
    database.pragma(`busy_timeout = ${busyTimeoutMs}`);
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.pragma("foreign_keys = ON");
    migrate(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
