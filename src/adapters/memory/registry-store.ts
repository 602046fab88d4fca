import type { Clock } from "../../kernel/index.js";
import {
  approvalRecord,
  checkApproval,
  checkName,
  checkPerson,
  decidePromotion,
  emptyAuditHead,
  movedBy,
  nextAuditEntry,
  promotionFacts,
  promotionRecord,
  resolveVersion,
  semanticVersion,
  transition,
  unknownModel,
  type Approval,
  type ApprovalRequest,
  type AuditEntry,
  type AuditEvent,
  type Holding,
  type ModelContract,
  type ModelVersion,
  type PromotionRecord,
  type PromotionRequest,
  type Registration,
  type RegistryStore,
  type RejectionRequest,
  type RetirementRequest,
  type VersionState,
} from "../../registry/index.js";

/** A version whose state moves on. */
type VersionRecord = Omit<ModelVersion, "state"> & {
  readonly contract: ModelContract | null;
  state: VersionState;
};

/** The registry in memory. Every method runs to its end without yielding, which makes it atomic. */
export function memoryRegistryStore(clock: Clock): RegistryStore {
  const models = new Map<string, VersionRecord[]>();
  const log: AuditEntry[] = [];

  const audit = (event: AuditEvent, atMs = clock.nowMs()): AuditEntry => {
    const entry = nextAuditEntry(log.at(-1) ?? emptyAuditHead, atMs, structuredClone(event));
    log.push(entry);
    return entry;
  };
  const recordsOf = (model: string): VersionRecord[] => {
    const records = models.get(model);
    if (records === undefined) throw unknownModel(model, [...models.keys()]);
    return records;
  };
  const versionsOf = (model: string): ModelVersion[] =>
    recordsOf(model)
      .toReversed()
      .map(({ contract: _, ...version }) => version);
  const find = (model: string, ref: string | number) => resolveVersion(model, String(ref), versionsOf(model));
  const recordOf = ({ model, version }: Pick<ModelVersion, "model" | "version">) =>
    recordsOf(model)[version - 1];
  const holderOf = (model: string, alias: string) =>
    recordsOf(model).find(({ state }) => state.kind === "aliased" && state.aliases.includes(alias));
  const recordsIn = <T>(recordOf: (entry: AuditEntry) => T | undefined): T[] =>
    structuredClone(log.flatMap((entry) => recordOf(entry) ?? []));
  const approvals = (model: string): Approval[] =>
    recordsIn(approvalRecord).filter((approval) => approval.model === model);
  const promotions = (model: string): PromotionRecord[] =>
    recordsIn(promotionRecord).filter(({ request }) => request.model === model);

  const register = ({ model, packageId, runId, contract }: Registration): ModelVersion => {
    const records = models.get(checkName("model", model)) ?? [];
    const known = records.find((version) => version.packageId === packageId);
    if (known !== undefined) return find(model, known.version);
    const version = records.length + 1;
    const semver = semanticVersion(records.at(-1) ?? null, contract ?? null);
    const { atMs } = audit({ action: "register", model, version, semver, packageId, runId });
    records.push({
      ...{ model, version, semver, packageId, runId, registeredAtMs: atMs },
      contract: structuredClone(contract ?? null),
      state: { kind: "registered" },
    });
    models.set(model, records);
    return find(model, version);
  };

  const promote = (request: PromotionRequest): PromotionRecord => {
    const { model, version } = request;
    const alias = checkName("alias", request.alias);
    const wanted = find(model, version);
    const holder = holderOf(model, alias);
    const facts = promotionFacts(request, {
      version: wanted,
      holder: holder?.version ?? null,
      approvals: approvals(model),
    });
    const decision = decidePromotion(request, facts);
    const { sequence, atMs } = audit({ action: "promotion", request, facts, decision });
    if (decision.verdict === "promote" && holder !== undefined && holder.version !== version) {
      settle(holder, transition(holder.state, { kind: "supersede", alias }));
    }
    const move = { kind: "promotion", alias, verdict: decision.verdict } as const;
    settle(recordOf(request), transition(wanted.state, move));
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
    const { sequence, atMs } = audit({ action: "approve", ...request, packageId });
    return { ...request, packageId, sequence, atMs };
  };

  const reject = ({ model, version, by, reason }: RejectionRequest): ModelVersion => {
    checkPerson({ by, reason });
    const found = find(model, version);
    const atMs = clock.nowMs();
    const state = movedBy(found, { kind: "reject", by, reason, atMs });
    if (state === found.state) return found;
    audit({ action: "reject", model, version, packageId: found.packageId, by, reason }, atMs);
    recordOf(found).state = state;
    return find(model, version);
  };

  const retire = ({ model, version, reason }: RetirementRequest): ModelVersion => {
    const found = find(model, version);
    const atMs = clock.nowMs();
    const state = movedBy(found, { kind: "retire", reason, atMs });
    if (state === found.state) return found;
    audit({ action: "retire", model, version, reason }, atMs);
    recordOf(found).state = state;
    return find(model, version);
  };

  const holding = (action: "hold" | "release", { blob, by, reason }: Holding) => {
    checkPerson({ by, reason });
    audit({ action, blob, by, reason });
  };

  return Object.freeze({
    register: async (registration: Registration) => register(registration),
    models: async () => [...models.keys()].sort(),
    list: async (model: string) => versionsOf(model),
    resolve: async (model: string, ref: string) => find(model, ref),
    promote: async (request: PromotionRequest) => promote(request),
    promotions: async (model: string) => {
      recordsOf(model);
      return promotions(model);
    },
    approve: async (request: ApprovalRequest) => approve(request),
    approvals: async (model: string) => {
      recordsOf(model);
      return approvals(model);
    },
    reject: async (request: RejectionRequest) => reject(request),
    retire: async (request: RetirementRequest) => retire(request),
    hold: async (held: Holding) => {
      holding("hold", held);
    },
    release: async (held: Holding) => {
      holding("release", held);
    },
    auditLog: async () => structuredClone(log),
  });
}

/** What `decidePromotion` allowed is possible; if not, the two disagree and nothing may go on. */
function settle(record: VersionRecord, result: ReturnType<typeof transition>): void {
  if (!result.ok)
    throw new TypeError(`a decision moved version ${record.version}, which is ${result.because}`);
  record.state = result.state;
}
