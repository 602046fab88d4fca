import type { ApprovalRequest } from "./approval-request.js";
import type { Approval } from "./approvals.js";
import type { AuditEntry } from "./audit-log.js";
import type { PromotionRecord, PromotionRequest } from "./promotion.js";
import type { ModelContract } from "./semantic-version.js";
import type { ModelVersion } from "./versions.js";

export interface Registration {
  readonly model: string;
  readonly packageId: string;
  readonly runId: string | null;
  /** What the semantic version is derived from. Absent: not known, which counts as an incompatible change. */
  readonly contract?: ModelContract;
}

export interface RetirementRequest {
  readonly model: string;
  readonly version: number;
  readonly reason: string;
}

/** Who rejects a version, and why. */
export interface RejectionRequest extends RetirementRequest {
  readonly by: string;
}

/** A blob that garbage collection must keep, or need not keep any longer. */
export interface Holding {
  /** SHA-256. */
  readonly blob: string;
  readonly by: string;
  readonly reason: string;
}

/**
 * Keeps model versions, aliases and the audit log. Every change is one atomic step that writes its audit
 * entry with it: after a crash both are there or neither. Any number of processes may change it at once.
 * Unknown models throw MW0601, unknown versions MW0602, people without a name or a reason MW0619.
 */
export interface RegistryStore {
  /**
   * Gives a package the model's next number, and the semantic version that follows from the contract of the
   * version before it. A package that is registered already keeps its numbers and nothing is written. Throws
   * MW0611 for a bad name.
   */
  register(registration: Registration): Promise<ModelVersion>;
  /** Names of all models, sorted. */
  models(): Promise<readonly string[]>;
  /** All versions of a model, newest first. */
  list(model: string): Promise<readonly ModelVersion[]>;
  /** The version that a reference names: "3", "1.2.0", "champion". Throws MW0603 for an alias that nobody holds. */
  resolve(model: string, ref: string): Promise<ModelVersion>;
  /**
   * Decides by `decidePromotion` on the facts of this moment, records request, facts and decision, and
   * moves the alias if the verdict is to promote. A refusal is a result, not an error. Throws MW0611.
   */
  promote(request: PromotionRequest): Promise<PromotionRecord>;
  /** All decisions on a model, oldest first. */
  promotions(model: string): Promise<readonly PromotionRecord[]>;
  /** Records a person's approval; the same person's on the same evidence once. Throws MW0616 where none is waited for. */
  approve(request: ApprovalRequest): Promise<Approval>;
  /** All approvals on a model, oldest first. */
  approvals(model: string): Promise<readonly Approval[]>;
  /**
   * Takes a version out of the running for good, and out of every alias but `champion`; again is harmless.
   * Throws MW0610 for the champion and MW0617 for an archived version.
   */
  reject(request: RejectionRequest): Promise<ModelVersion>;
  /** Takes a version out of use for good; again is harmless. Throws MW0610 while an alias points at it. */
  retire(request: RetirementRequest): Promise<ModelVersion>;
  /** Records that a blob is held; `holdsOf` the audit log tells what is. */
  hold(holding: Holding): Promise<void>;
  /** Ends a hold. */
  release(holding: Holding): Promise<void>;
  /** All entries, oldest first. */
  auditLog(): Promise<readonly AuditEntry[]>;
}
