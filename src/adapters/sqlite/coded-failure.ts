import { storageErrors } from "../../kernel/index.js";

/**
 * A coded error for what the environment does to a database: damage (MW1009), a lock (MW1010), a full
 * disk or a path that cannot be used (MW1011). Everything else is a mistake in the program and is
 * returned as it is.
 */
export function codedFailure(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  // libsql throws a plain error, with SQLite's number at its end, when a file cannot be opened.
  const code = "code" in error ? String(error.code) : "";
  const facts = { found: `"${error.message}" for ${path}`, details: { path, sqlite: code }, cause: error };
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) {
    return storageErrors.error("MW1009", {
      expected: "an undamaged SQLite database",
      remedy: "Restore the file from a backup, or move it away to begin with an empty one.",
      ...facts,
    });
  }
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return storageErrors.error("MW1010", {
      expected: "the database to become free in time",
      remedy: "End the process that holds a transaction open on it, then try again.",
      ...facts,
    });
  }
  if (
    /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|PERM|AUTH)/.test(code) ||
    /^ConnectionFailed/.test(error.message)
  ) {
    return storageErrors.error("MW1011", {
      expected: "a database file that can be read and written",
      remedy: "Check the folder, the permissions and the free space; nothing was half-written.",
      ...facts,
    });
  }
  return error;
}
