import {
  evidenceHash,
  stageOf,
  type Approval,
  type ModelVersion,
  type PromotionRecord,
  type Stage,
} from "../../registry/index.js";
import { governanceErrors } from "./governance-errors.js";
import type { Project } from "../project.js";
import { approvalRule } from "./promote.js";

/** Who says yes or no to which version, and why. */
export interface Opinion {
  readonly model: string;
  readonly ref: string;
  readonly by: string;
  readonly reason: string;
}

/** Where a version stands with people. Plain JSON. */
export interface Standing {
  readonly stage: Stage;
  /** The last decision about each alias that was asked for. */
  readonly decisions: readonly Pick<PromotionRecord, "sequence" | "atMs" | "decision">[];
  /** Present while people must approve yet. */
  readonly waitsFor: {
    readonly alias: string;
    /** So many people must agree. */
    readonly by: number;
    readonly names: readonly string[] | null;
    readonly approvedBy: readonly string[];
    /** What they approve besides the package. */
    readonly evidenceHash: string;
  } | null;
}

/** What was decided about a version, and whether it waits for people. */
export async function standingOf(project: Project, version: ModelVersion): Promise<Standing> {
  const { model, packageId } = version;
  const judged = (await project.registry.promotions(model)).filter(
    ({ request }) => request.version === version.version,
  );
  const last = new Map(judged.map((record) => [record.request.alias, record]));
  const waiting = [...last.values()].find(({ decision }) => decision.verdict === "wait");
  const decisions = [...last.values()].map(({ sequence, atMs, decision }) => ({ sequence, atMs, decision }));
  const ended = version.state.kind === "rejected" || version.state.kind === "retired";
  if (waiting?.request.approvals === undefined || ended) {
    return { stage: stageOf(version.state), decisions, waitsFor: null };
  }
  const { alias, approvals } = waiting.request;
  const hash = evidenceHash(waiting.request);
  const given = (await project.registry.approvals(model)).filter(
    (approval) => approval.packageId === packageId && approval.evidenceHash === hash,
  );
  const approvedBy = [...new Set(given.map(({ by }) => by))].filter(
    (name) => approvals.names?.includes(name) ?? true,
  );
  const names = approvals.names ?? null;
  return {
    stage: stageOf(version.state),
    decisions,
    waitsFor: { alias, by: approvals.by, names, approvedBy: approvedBy.sort(), evidenceHash: hash },
  };
}

/** An approval, and what is missing after it. */
export interface ApprovalReceipt {
  readonly approval: Approval;
  readonly waitsFor: Standing["waitsFor"];
}

/**
 * Records a person's approval of a version that waits for it, bound to its package and to the evidence of its last
 * judgement. Promoting it is another command. Throws MW1131 for a person whose approval does not count, and
 * MW0616 when the version does not wait.
 */
export async function approveVersion(
  project: Project,
  { model, ref, by, reason }: Opinion,
  alias = "champion",
): Promise<ApprovalReceipt> {
  const version = await project.registry.resolve(model, ref);
  const names = approvalRule(project, model, alias)?.names;
  if (names !== undefined && !names.includes(by)) throw mayNot(by, names);
  const judged = (await project.registry.promotions(model)).findLast(
    ({ request }) => request.version === version.version && request.alias === alias,
  );
  const approval = await project.registry.approve({
    ...{ model, version: version.version, alias, by, reason },
    evidenceHash: judged === undefined ? "" : evidenceHash(judged.request),
  });
  return { approval, waitsFor: (await standingOf(project, version)).waitsFor };
}

/** Takes a version out of the running for good. Throws MW0610 for the champion. */
export async function rejectVersion(
  project: Project,
  { model, ref, by, reason }: Opinion,
): Promise<ModelVersion> {
  const { version } = await project.registry.resolve(model, ref);
  return project.registry.reject({ model, version, by, reason });
}

/** Takes a version out of use for good. Throws MW0610 while an alias points at it. */
export async function archiveVersion(
  project: Project,
  { model, ref, reason }: Omit<Opinion, "by">,
): Promise<ModelVersion> {
  const { version } = await project.registry.resolve(model, ref);
  return project.registry.retire({ model, version, reason });
}

function mayNot(by: string, names: readonly string[]) {
  return governanceErrors.error("MW1131", {
    expected: `one of ${names.join(", ")} as --as`,
    found: JSON.stringify(by),
    remedy: "Ask one of them, or change approvals in the configuration.",
    details: { by, names },
  });
}
