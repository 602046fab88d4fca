import { canonicalJson } from "../../kernel/index.js";
import {
  emptyAuditHead,
  nextAuditEntry,
  unknownModel,
  versionState,
  type AuditEntry,
  type AuditEvent,
  type ModelContract,
  type ModelVersion,
  type NumberedContract,
} from "../../registry/index.js";
import { sql, type SqliteDatabase } from "./database.js";
import type { Tables } from "./tables.js";

interface VersionRow extends Readonly<Omit<Tables["model_versions"], "contract">> {
  /** The version's aliases, separated by commas, which names cannot hold. */
  readonly aliases: string | null;
}

const versionColumns = [
  "v.model",
  "v.version",
  "v.package_id",
  "v.run_id",
  "v.registered_at_ms",
  "v.retired_at_ms",
  "v.retired_reason",
  "v.semver",
  "v.candidate",
  "v.rejected_at_ms",
  "v.rejected_by",
  "v.rejected_reason",
] as const;

function versionOf(row: VersionRow): ModelVersion {
  const { retired_at_ms: retiredAtMs, rejected_at_ms: rejectedAtMs } = row;
  return {
    model: row.model,
    version: row.version,
    semver: row.semver,
    packageId: row.package_id,
    runId: row.run_id,
    registeredAtMs: row.registered_at_ms,
    state: versionState({
      aliases: row.aliases?.split(",") ?? [],
      candidate: row.candidate === 1,
      rejection:
        rejectedAtMs === null
          ? null
          : { rejectedAtMs, by: row.rejected_by ?? "", reason: row.rejected_reason ?? "" },
      retirement: retiredAtMs === null ? null : { retiredAtMs, reason: row.retired_reason ?? "" },
    }),
  };
}

/** All versions of a model, newest first, with their aliases, in one consistent read. Throws MW0601. */
export function versionsOf(database: SqliteDatabase, model: string): ModelVersion[] {
  const rows = database.all(
    sql
      .selectFrom("model_versions as v")
      .select(versionColumns)
      .select((outer) =>
        outer
          .selectFrom("aliases as a")
          .select(({ fn }) => fn<string | null>("group_concat", ["a.alias"]).as("names"))
          .whereRef("a.model", "=", "v.model")
          .whereRef("a.version", "=", "v.version")
          .as("aliases"),
      )
      .where("v.model", "=", model)
      .orderBy("v.version", "desc"),
  );
  if (rows.length === 0) throw unknownModel(model, modelNames(database));
  return rows.map(versionOf);
}

export function modelNames(database: SqliteDatabase): string[] {
  const query = sql.selectFrom("model_versions").select("model").distinct().orderBy("model");
  return database.all(query).map(({ model }) => model);
}

/** The newest version of a model as a semantic version is derived from it; null when there is none. */
export function newestContract(
  database: SqliteDatabase,
  model: string,
): (NumberedContract & { readonly version: number }) | null {
  const newest = sql
    .selectFrom("model_versions")
    .select(["version", "semver", "contract"])
    .where("model", "=", model)
    .orderBy("version", "desc")
    .limit(1);
  const row = database.all(newest).at(0);
  if (row === undefined) return null;
  const contract = row.contract === null ? null : (JSON.parse(row.contract) as ModelContract);
  return { version: row.version, semver: row.semver, contract };
}

/** The version that holds an alias. */
export function holderOf(database: SqliteDatabase, model: string, alias: string): number | null {
  const holders = sql
    .selectFrom("aliases")
    .select("version")
    .where("model", "=", model)
    .where("alias", "=", alias);
  return database.all(holders).at(0)?.version ?? null;
}

/** Changes columns of one version. */
export function updateVersion(
  database: SqliteDatabase,
  { model, version }: Pick<ModelVersion, "model" | "version">,
  columns: Partial<Tables["model_versions"]>,
): void {
  const update = sql.updateTable("model_versions").set(columns);
  database.run(update.where("model", "=", model).where("version", "=", version));
}

/** All entries of the audit log, or those of one kind, oldest first. */
export function auditEntries(database: SqliteDatabase, action?: AuditEvent["action"]): AuditEntry[] {
  const all = sql.selectFrom("audit_log").selectAll().orderBy("sequence");
  // Canonical JSON: the pattern finds every entry of the kind, and perhaps a text that looks like one.
  const rows = action === undefined ? all : all.where("event", "like", `%"action":"${action}"%`);
  return database
    .all(rows)
    .map((row) => ({
      sequence: row.sequence,
      atMs: row.at_ms,
      event: JSON.parse(row.event) as AuditEvent,
      previousHash: row.previous_hash,
      hash: row.hash,
    }))
    .filter(({ event }) => action === undefined || event.action === action);
}

/** Appends to the audit log; call it inside the transaction of the change that it records. */
export function audit(database: SqliteDatabase, atMs: number, event: AuditEvent): AuditEntry {
  const last = sql.selectFrom("audit_log").select(["sequence", "hash"]).orderBy("sequence", "desc").limit(1);
  const entry = nextAuditEntry(database.all(last).at(0) ?? emptyAuditHead, atMs, event);
  database.run(
    sql.insertInto("audit_log").values({
      sequence: entry.sequence,
      at_ms: entry.atMs,
      event: canonicalJson(entry.event),
      previous_hash: entry.previousHash,
      hash: entry.hash,
    }),
  );
  return entry;
}
