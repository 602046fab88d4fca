import type { Database } from "libsql";
import { storageErrors } from "../../kernel/index.js";

/** The n-th script takes a database from version n to n + 1. A script that was released never changes. */
const migrations: readonly string[] = [
  `
  CREATE TABLE dataset_versions (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    recorded INTEGER NOT NULL UNIQUE
  ) STRICT;
  CREATE INDEX dataset_versions_by_name ON dataset_versions (name, recorded);
  CREATE TABLE dataset_sources (
    source_key TEXT PRIMARY KEY,
    dataset_id TEXT NOT NULL REFERENCES dataset_versions (id)
  ) STRICT;

  CREATE TABLE model_versions (
    model TEXT NOT NULL,
    version INTEGER NOT NULL,
    package_id TEXT NOT NULL,
    run_id TEXT,
    registered_at_ms REAL NOT NULL,
    retired_at_ms REAL,
    retired_reason TEXT,
    PRIMARY KEY (model, version),
    UNIQUE (model, package_id)
  ) STRICT;
  CREATE TABLE aliases (
    model TEXT NOT NULL,
    alias TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (model, alias),
    FOREIGN KEY (model, version) REFERENCES model_versions (model, version)
  ) STRICT;
  CREATE TABLE audit_log (
    sequence INTEGER PRIMARY KEY,
    at_ms REAL NOT NULL,
    event TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;

  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'failed', 'killed')),
    manifest TEXT NOT NULL,
    metrics TEXT,
    started_at_ms REAL NOT NULL,
    finished_at_ms REAL
  ) STRICT;
  CREATE INDEX runs_by_start ON runs (model, started_at_ms);
  CREATE TABLE steps (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    output TEXT NOT NULL,
    duration_ms REAL NOT NULL,
    created_at_ms REAL NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE feature_spaces (
    live TEXT NOT NULL,
    view TEXT NOT NULL,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    definition TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('building', 'shadow', 'active', 'retired')),
    sequence INTEGER NOT NULL,
    checkpoint TEXT,
    compared INTEGER NOT NULL,
    mismatches INTEGER NOT NULL,
    started_at_ms REAL NOT NULL,
    changed_at_ms REAL NOT NULL,
    changed INTEGER NOT NULL,
    PRIMARY KEY (live, view, name)
  ) STRICT;
  CREATE UNIQUE INDEX feature_spaces_active ON feature_spaces (live, view) WHERE state = 'active';
  `,
  // The contracts of versions that are there already are not known, and each counts as an incompatible one.
  `
  ALTER TABLE model_versions ADD COLUMN semver TEXT NOT NULL DEFAULT '';
  ALTER TABLE model_versions ADD COLUMN contract TEXT;
  ALTER TABLE model_versions ADD COLUMN candidate INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE model_versions ADD COLUMN rejected_at_ms REAL;
  ALTER TABLE model_versions ADD COLUMN rejected_by TEXT;
  ALTER TABLE model_versions ADD COLUMN rejected_reason TEXT;
  UPDATE model_versions SET semver = version || '.0.0', candidate = EXISTS (
    SELECT 1 FROM audit_log
    WHERE event ->> '$.action' = 'promotion' AND event ->> '$.decision.verdict' = 'promote'
      AND event ->> '$.request.model' = model_versions.model
      AND event ->> '$.request.version' = model_versions.version
  );
  CREATE UNIQUE INDEX model_versions_by_semver ON model_versions (model, semver);
  `,
  `
  CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at_ms REAL NOT NULL,
    created INTEGER NOT NULL UNIQUE,
    expires_at_ms REAL,
    revoked_at_ms REAL,
    last_used_at_ms REAL
  ) STRICT;
  `,
];

/** The schema version that this code reads and writes; kept in the file as `PRAGMA user_version`. */
export const schemaVersion = migrations.length;

function versionOf(database: Database): number {
  const row = database.prepare("PRAGMA user_version").get() as { user_version: number };
  return row.user_version;
}

/**
 * Brings a database to the newest schema, in one transaction; two processes that open a new file at once
 * make it once. Throws MW1008 for a file of a newer version, which is left as it is.
 */
export function migrate(database: Database, path: string): void {
  if (versionOf(database) !== schemaVersion) {
    database.exec("BEGIN IMMEDIATE");
    try {
      const version = versionOf(database);
      if (version > schemaVersion) throw newer(path, version);
      for (const script of migrations.slice(version)) database.exec(script);
      database.exec(`PRAGMA user_version = ${schemaVersion}`);
      database.exec("COMMIT");
    } catch (error) {
      if (database.inTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }
}

function newer(path: string, version: number) {
  return storageErrors.error("MW1008", {
    expected: `a database of schema version ${schemaVersion} or older`,
    found: `version ${version} in ${path}`,
    remedy: "Use the version of Millwright that wrote it, or a newer one.",
    details: { path, version },
  });
}
