import type { MillwrightError } from "../kernel/index.js";
import type { ApprovalRequest } from "./approval-request.js";
import type { AuditEntry } from "./audit-log.js";
import { registryErrors } from "./errors.js";
import {
  evidenceHash,
  type PromotionFacts,
  type PromotionRecord,
  type PromotionRequest,
} from "./promotion.js";
import type { ModelVersion } from "./versions.js";

/** An approval as it was recorded. */
export interface Approval extends ApprovalRequest {
  readonly packageId: string;
  /** Number of the audit entry that holds it. */
  readonly sequence: number;
  readonly atMs: number;
}

/** The approval that an entry records; undefined for entries of other kinds. */
export function approvalRecord({ sequence, atMs, event }: AuditEntry): Approval | undefined {
  if (event.action !== "approve") return undefined;
  const { action: _, ...approval } = event;
  return { ...approval, sequence, atMs };
}

/** What a decision rests on, from the version, the holder of the alias and all approvals of the model. */
export function promotionFacts(
  request: PromotionRequest,
  {
    version,
    holder,
    approvals,
  }: {
    readonly version: ModelVersion;
    readonly holder: number | null;
    readonly approvals: readonly Approval[];
  },
): PromotionFacts {
  const hash = evidenceHash(request);
  const own = approvals.filter(({ packageId }) => packageId === version.packageId);
  const approvers = own.filter(({ evidenceHash }) => evidenceHash === hash).map(({ by }) => by);
  const vouchers = own.filter(({ alias }) => alias === request.alias).map(({ by }) => by);
  return {
    holder,
    retired: version.state.kind === "retired",
    rejected: version.state.kind === "rejected",
    approvedBy: [...new Set(approvers)].sort(),
    ...(request.imported === true ? { vouchedBy: [...new Set(vouchers)].sort() } : {}),
  };
}

/**
 * Whether a version waits for exactly this approval. Returns the one that the person gave already, if so.
 * `promotions` and `approvals` are all of the model. Throws MW0616, and MW0619 for a nameless person.
 */
export function checkApproval(
  request: ApprovalRequest,
  {
    version,
    promotions,
    approvals,
  }: {
    readonly version: ModelVersion;
    readonly promotions: readonly PromotionRecord[];
    readonly approvals: readonly Approval[];
  },
): Approval | undefined {
  checkPerson(request);
  const judged = promotions.findLast(
    ({ request: { version, alias } }) => version === request.version && alias === request.alias,
  );
  const ended = version.state.kind === "rejected" || version.state.kind === "retired";
  if (ended || judged?.decision.verdict !== "wait") {
    throw notWaiting(request, ended ? `it is ${version.state.kind}` : verdictText(judged));
  }
  if (evidenceHash(judged.request) !== request.evidenceHash) {
    throw notWaiting(request, "it was judged again since, on other evidence");
  }
  return approvals.find(
    ({ packageId, evidenceHash, by }) =>
      packageId === version.packageId && evidenceHash === request.evidenceHash && by === request.by,
  );
}

function verdictText(judged: PromotionRecord | undefined): string {
  if (judged === undefined) return "it was not judged";
  const { verdict, reasons } = judged.decision;
  return verdict === "promote" ? "it was promoted already" : `it was refused: ${reasons.join("; ")}`;
}

function notWaiting({ model, version, alias }: ApprovalRequest, found: string): MillwrightError {
  return registryErrors.error("MW0616", {
    expected: `version ${version} of "${model}" to wait for approval as ${alias} on this evidence`,
    found,
    remedy: `Look at it: millwright models show ${model}@${version}.`,
    details: { model, version, alias },
  });
}

/** Throws MW0619 unless there are a name and a reason, each one line of at most 200 characters. */
export function checkPerson({ by, reason }: { readonly by: string; readonly reason: string }): void {
  for (const [what, text] of [
    ["name", by],
    ["reason", reason],
  ]) {
    if (/^\S(.{0,198}\S)?$/.test(text)) continue;
    throw registryErrors.error("MW0619", {
      expected: `a ${what} of 1 to 200 characters in one line, without blanks around it`,
      found: JSON.stringify(text),
      remedy: `Say ${what === "name" ? "who decides" : "why"}; it is kept in the audit log for good.`,
    });
  }
}
