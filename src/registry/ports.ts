import type { AuditEntry } from "./audit-log.js";
import type { PromotionRecord, PromotionRequest } from "./promotion.js";
import type { ModelVersion } from "./versions.js";

export interface Registration {
  readonly model: string;
  readonly packageId: string;
  readonly runId: string | null;
}

export interface RetirementRequest {
  readonly model: string;
  readonly version: number;
  readonly reason: string;
}

/**
 * Keeps model versions, aliases and the audit log. Every change is one atomic step that writes its audit
 * entry with it: after a crash both are there or neither. Any number of processes may change it at once.
 * Unknown models throw MW0601, unknown versions MW0602.
 */
export interface RegistryStore {
  /**
   * Gives a package the model's next number. A package that is registered already keeps its number and
   * nothing is written. Throws MW0611 for a bad name.
   */
  register(registration: Registration): Promise<ModelVersion>;
  /** Names of all models, sorted. */
  models(): Promise<readonly string[]>;
  /** All versions of a model, newest first. */
  list(model: string): Promise<readonly ModelVersion[]>;
  /** The version that a reference names: "3", "champion". Throws MW0603 for an alias that nobody holds. */
  resolve(model: string, ref: string): Promise<ModelVersion>;
  /**
   * Decides by `decidePromotion` on the facts of this moment, records request, facts and decision, and
   * moves the alias if the verdict is to promote. A refusal is a result, not an error. Throws MW0611.
   */
  promote(request: PromotionRequest): Promise<PromotionRecord>;
  /** All decisions on a model, oldest first. */
  promotions(model: string): Promise<readonly PromotionRecord[]>;
  /** Takes a version out of use for good; again is harmless. Throws MW0610 while an alias points at it. */
  retire(request: RetirementRequest): Promise<ModelVersion>;
  /** All entries, oldest first. */
  auditLog(): Promise<readonly AuditEntry[]>;
}
