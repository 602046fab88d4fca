import { canonicalJson, type Clock } from "../../kernel/index.js";
import {
  approvalRecord,
  checkApproval,
  checkName,
  checkPerson,
  decidePromotion,
  movedBy,
  promotionFacts,
  promotionRecord,
  resolveVersion,
  semanticVersion,
  type Approval,
  type ApprovalRequest,
  type Holding,
  type ModelVersion,
  type PromotionRecord,
  type PromotionRequest,
  type Registration,
  type RegistryStore,
  type RejectionRequest,
  type RetirementRequest,
} from "../../registry/index.js";
import { sql, type SqliteDatabase } from "./database.js";
import {
  audit,
  auditEntries,
  holderOf,
  modelNames,
  newestContract,
  updateVersion,
  versionsOf,
} from "./registry-store-rows.js";

/** The registry in SQLite. Every change is one write transaction together with its audit entry. */
export function sqliteRegistryStore(database: SqliteDatabase, clock: Clock): RegistryStore {
  const find = (model: string, ref: string | number) =>
    resolveVersion(model, String(ref), versionsOf(database, model));
  const promotions = (model: string): PromotionRecord[] =>
    auditEntries(database, "promotion")
      .flatMap((entry) => promotionRecord(entry) ?? [])
      .filter(({ request }) => request.model === model);
  const approvals = (model: string): Approval[] =>
    auditEntries(database, "approve")
      .flatMap((entry) => approvalRecord(entry) ?? [])
      .filter((approval) => approval.model === model);

  const register = ({ model, packageId, runId, contract }: Registration): ModelVersion => {
    const same = sql
      .selectFrom("model_versions")
      .select("version")
      .where("model", "=", model)
      .where("package_id", "=", packageId);
    const known = database.all(same).at(0);
    if (known !== undefined) return find(model, known.version);
    // Versions are never deleted, so there is no gap.
    const newest = newestContract(database, model);
    const version = (newest?.version ?? 0) + 1;
    const semver = semanticVersion(newest, contract ?? null);
    const event = { action: "register", model, version, semver, packageId, runId } as const;
    const { atMs } = audit(database, clock.nowMs(), event);
    database.run(
      sql.insertInto("model_versions").values({
        ...{ model, version, semver },
        package_id: packageId,
        run_id: runId,
        registered_at_ms: atMs,
        contract: contract === undefined ? null : canonicalJson(contract),
        candidate: 0,
      }),
    );
    return find(model, version);
  };

  const promote = (request: PromotionRequest): PromotionRecord => {
    const { model } = request;
    const alias = checkName("alias", request.alias);
    const version = find(model, request.version);
    const facts = promotionFacts(request, {
      version,
      holder: holderOf(database, model, alias),
      approvals: approvals(model),
    });
    const decision = decidePromotion(request, facts);
    const { sequence, atMs } = audit(database, clock.nowMs(), {
      action: "promotion",
      request,
      facts,
      decision,
    });
    if (decision.verdict === "promote")
      database.run(sql.replaceInto("aliases").values({ model, alias, version: version.version }));
    if (decision.verdict !== "refuse") updateVersion(database, version, { candidate: 1 });
    return { sequence, atMs, request, facts, decision };
  };

  const approve = (request: ApprovalRequest): Approval => {
    const { model } = request;
    const version = find(model, request.version);
    const known = checkApproval(request, {
      version,
      promotions: promotions(model),
      approvals: approvals(model),
    });
    if (known !== undefined) return known;
    const { packageId } = version;
    const { sequence, atMs } = audit(database, clock.nowMs(), { action: "approve", ...request, packageId });
    return { ...request, packageId, sequence, atMs };
  };

  const reject = ({ model, version, by, reason }: RejectionRequest): ModelVersion => {
    const found = find(model, version);
    const atMs = clock.nowMs();
    if (movedBy(found, { kind: "reject", by, reason, atMs }) === found.state) return found;
    audit(database, atMs, { action: "reject", model, version, packageId: found.packageId, by, reason });
    database.run(sql.deleteFrom("aliases").where("model", "=", model).where("version", "=", version));
    updateVersion(database, found, { rejected_at_ms: atMs, rejected_by: by, rejected_reason: reason });
    return find(model, version);
  };

  const retire = ({ model, version, reason }: RetirementRequest): ModelVersion => {
    const found = find(model, version);
    const atMs = clock.nowMs();
    if (movedBy(found, { kind: "retire", reason, atMs }) === found.state) return found;
    audit(database, atMs, { action: "retire", model, version, reason });
    updateVersion(database, found, { retired_at_ms: atMs, retired_reason: reason });
    return find(model, version);
  };

  const holding = (action: "hold" | "release", { blob, by, reason }: Holding): void => {
    checkPerson({ by, reason });
    database.transaction(() => audit(database, clock.nowMs(), { action, blob, by, reason }));
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
      return promotions(model);
    },
    approve: async (request: ApprovalRequest) => database.transaction(() => approve(request)),
    approvals: async (model: string) => {
      versionsOf(database, model);
      return approvals(model);
    },
    reject: async (request: RejectionRequest) => {
      checkPerson(request);
      return database.transaction(() => reject(request));
    },
    retire: async (request: RetirementRequest) => database.transaction(() => retire(request)),
    hold: async (held: Holding) => {
      holding("hold", held);
    },
    release: async (held: Holding) => {
      holding("release", held);
    },
    auditLog: async () => auditEntries(database),
  });
}
