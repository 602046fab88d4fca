import { canonicalJson, type Clock } from "../../kernel/index.js";
import {
  checkName,
  checkRetirable,
  decidePromotion,
  emptyAuditHead,
  nextAuditEntry,
  promotionRecord,
  resolveVersion,
  unknownModel,
  versionState,
  type AuditEntry,
  type AuditEvent,
  type ModelVersion,
  type PromotionRecord,
  type PromotionRequest,
  type Registration,
  type RegistryStore,
  type RetirementRequest,
} from "../../registry/index.js";
import { sql, type SqliteDatabase } from "./database.js";
import type { Tables } from "./tables.js";

interface VersionRow extends Readonly<Tables["model_versions"]> {
  /** The version's aliases, separated by commas, which names cannot hold. */
  readonly aliases: string | null;
}

function versionOf(row: VersionRow): ModelVersion {
  const { retired_at_ms: retiredAtMs, retired_reason: reason } = row;
  const retirement = retiredAtMs === null ? null : { retiredAtMs, reason: reason ?? "" };
  return {
    model: row.model,
    version: row.version,
    packageId: row.package_id,
    runId: row.run_id,
    registeredAtMs: row.registered_at_ms,
    state: versionState(row.aliases?.split(",") ?? [], retirement),
  };
}

/** All versions of a model, newest first, with their aliases, in one consistent read. */
function versionsOf(database: SqliteDatabase, model: string): ModelVersion[] {
  const rows = database.all(
    sql
      .selectFrom("model_versions as v")
      .selectAll("v")
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

function modelNames(database: SqliteDatabase): string[] {
  const query = sql.selectFrom("model_versions").select("model").distinct().orderBy("model");
  return database.all(query).map(({ model }) => model);
}

function entryOf(row: Tables["audit_log"]): AuditEntry {
  return {
    sequence: row.sequence,
    atMs: row.at_ms,
    event: JSON.parse(row.event) as AuditEvent,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}

/** Appends to the audit log; call it inside the transaction of the change that it records. */
function audit(database: SqliteDatabase, atMs: number, event: AuditEvent): AuditEntry {
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

/** The registry in SQLite. Every change is one write transaction together with its audit entry. */
export function sqliteRegistryStore(database: SqliteDatabase, clock: Clock): RegistryStore {
  const find = (model: string, ref: string) => resolveVersion(model, ref, versionsOf(database, model));
  const auditLog = () =>
    database.all(sql.selectFrom("audit_log").selectAll().orderBy("sequence")).map(entryOf);

  const register = ({ model, packageId, runId }: Registration): ModelVersion => {
    const known = database.all(
      sql.selectFrom("model_versions").select(["version", "package_id"]).where("model", "=", model),
    );
    const same = known.find((row) => row.package_id === packageId);
    if (same !== undefined) return find(model, String(same.version));
    // Versions are never deleted, so their count is the highest number.
    const version = known.length + 1;
    const { atMs } = audit(database, clock.nowMs(), { action: "register", model, version, packageId, runId });
    database.run(
      sql.insertInto("model_versions").values({
        model,
        version,
        package_id: packageId,
        run_id: runId,
        registered_at_ms: atMs,
        retired_at_ms: null,
        retired_reason: null,
      }),
    );
    return find(model, String(version));
  };

  const promote = (request: PromotionRequest): PromotionRecord => {
    const { model, version } = request;
    const alias = checkName("alias", request.alias);
    const { state } = find(model, String(version));
    const holders = sql
      .selectFrom("aliases")
      .select("version")
      .where("model", "=", model)
      .where("alias", "=", alias);
    const facts = { holder: database.all(holders).at(0)?.version ?? null, retired: state.kind === "retired" };
    const decision = decidePromotion(request, facts);
    const { sequence, atMs } = audit(database, clock.nowMs(), {
      action: "promotion",
      request,
      facts,
      decision,
    });
    if (decision.verdict === "promote")
      database.run(sql.replaceInto("aliases").values({ model, alias, version }));
    return { sequence, atMs, request, facts, decision };
  };

  const retire = ({ model, version, reason }: RetirementRequest): ModelVersion => {
    const found = find(model, String(version));
    if (found.state.kind === "retired") return found;
    checkRetirable(found);
    const { atMs } = audit(database, clock.nowMs(), { action: "retire", model, version, reason });
    database.run(
      sql
        .updateTable("model_versions")
        .set({ retired_at_ms: atMs, retired_reason: reason })
        .where("model", "=", model)
        .where("version", "=", version),
    );
    return find(model, String(version));
  };

  return Object.freeze({
    register: async (registration: Registration) => {
      checkName("model", registration.model);
      return database.transaction(() => register(registration));
    },
    models: async () => modelNames(database),
    list: async (model: string) => versionsOf(database, model),
    resolve: async (model: string, ref: string) => find(model, ref),
    promote: async (request: PromotionRequest) => database.transaction(() => promote(request)),
    promotions: async (model: string) => {
      versionsOf(database, model);
      return auditLog()
        .map(promotionRecord)
        .filter((record): record is PromotionRecord => record?.request.model === model);
    },
    retire: async (request: RetirementRequest) => database.transaction(() => retire(request)),
    auditLog: async () => auditLog(),
  });
}
