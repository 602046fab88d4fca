import type { Clock } from "../../kernel/index.js";
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
  type Retirement,
  type RetirementRequest,
} from "../../registry/index.js";

interface ModelRecord {
  readonly versions: Omit<ModelVersion, "state">[];
  readonly aliases: Map<string, number>;
  readonly retirements: Map<number, Retirement>;
}

/** The registry in memory. Every method runs to its end without yielding, which makes it atomic. */
export function memoryRegistryStore(clock: Clock): RegistryStore {
  const models = new Map<string, ModelRecord>();
  const log: AuditEntry[] = [];

  const audit = (event: AuditEvent): AuditEntry => {
    const entry = nextAuditEntry(log.at(-1) ?? emptyAuditHead, clock.nowMs(), structuredClone(event));
    log.push(entry);
    return entry;
  };
  const recordOf = (model: string): ModelRecord => {
    const record = models.get(model);
    if (record === undefined) throw unknownModel(model, [...models.keys()]);
    return record;
  };
  const versionsOf = (model: string): ModelVersion[] => {
    const { versions, aliases, retirements } = recordOf(model);
    return versions.toReversed().map((facts) => {
      const held = [...aliases].filter(([, version]) => version === facts.version).map(([alias]) => alias);
      return { ...facts, state: versionState(held, retirements.get(facts.version) ?? null) };
    });
  };
  const find = (model: string, ref: string) => resolveVersion(model, ref, versionsOf(model));

  return Object.freeze({
    register: async ({ model, packageId, runId }: Registration) => {
      const record = models.get(checkName("model", model)) ?? {
        versions: [],
        aliases: new Map<string, number>(),
        retirements: new Map<number, Retirement>(),
      };
      const known = record.versions.find((version) => version.packageId === packageId);
      if (known !== undefined) return find(model, String(known.version));
      const version = record.versions.length + 1;
      const { atMs } = audit({ action: "register", model, version, packageId, runId });
      record.versions.push({ model, version, packageId, runId, registeredAtMs: atMs });
      models.set(model, record);
      return find(model, String(version));
    },
    models: async () => [...models.keys()].sort(),
    list: async (model: string) => versionsOf(model),
    resolve: async (model: string, ref: string) => find(model, ref),
    promote: async (request: PromotionRequest) => {
      const alias = checkName("alias", request.alias);
      const { state } = find(request.model, String(request.version));
      const { aliases } = recordOf(request.model);
      const facts = { holder: aliases.get(alias) ?? null, retired: state.kind === "retired" };
      const decision = decidePromotion(request, facts);
      const entry = audit({ action: "promotion", request, facts, decision });
      if (decision.verdict === "promote") aliases.set(alias, request.version);
      return { sequence: entry.sequence, atMs: entry.atMs, request, facts, decision };
    },
    promotions: async (model: string) => {
      recordOf(model);
      return log
        .map(promotionRecord)
        .filter((record): record is PromotionRecord => record?.request.model === model)
        .map((record) => structuredClone(record));
    },
    retire: async ({ model, version, reason }: RetirementRequest) => {
      const found = find(model, String(version));
      if (found.state.kind === "retired") return found;
      checkRetirable(found);
      const { atMs } = audit({ action: "retire", model, version, reason });
      recordOf(model).retirements.set(version, { retiredAtMs: atMs, reason });
      return find(model, String(version));
    },
    auditLog: async () => structuredClone(log),
  });
}
