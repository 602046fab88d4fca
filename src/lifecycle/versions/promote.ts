import { loadGraph } from "../../inference/index.js";
import {
  promotionRefused,
  requireWholeLog,
  type ApprovalRule,
  type Evidence,
  type ModelVersion,
  type PromotionRecord,
} from "../../registry/index.js";
import type { Project } from "../project.js";
import { requireServable } from "./servable-version.js";

/** The version that holds an alias of a model now; undefined when none does. */
async function currentHolder(
  project: Project,
  { model, alias }: { readonly model: string; readonly alias: string },
): Promise<ModelVersion | undefined> {
  if (!(await project.registry.models()).includes(model)) return undefined;
  const versions = await project.registry.list(model);
  return versions.find(({ state }) => state.kind === "aliased" && state.aliases.includes(alias));
}

/** The version that is the champion of a model now; undefined when none is. */
export async function currentChampion(project: Project, model: string): Promise<ModelVersion | undefined> {
  return currentHolder(project, { model, alias: "champion" });
}

/** How many people must approve before an alias of a model moves; undefined when nobody must. */
export function approvalRule(project: Project, model: string, alias: string): ApprovalRule | undefined {
  const definition = project.models.find(({ name }) => name === model);
  const rules: Readonly<Record<string, ApprovalRule | undefined>> = definition?.approvals ?? {};
  return Object.hasOwn(rules, alias) ? rules[alias] : undefined;
}

/** Nothing was measured of a graph that was imported, so that somebody must answer for it. */
const onePerson: ApprovalRule = { by: 1 };

export interface Candidacy {
  readonly version: ModelVersion;
  readonly evidence: readonly Evidence[];
  /** The version that the evidence compares with. */
  readonly holder: Pick<ModelVersion, "version"> | undefined;
  /** Default `champion`. */
  readonly alias?: string;
  /** Default: what the configuration asks for. Null: nothing, because it was given earlier. */
  readonly approvals?: null;
}

/**
 * Asks for a version to hold an alias. Its package is loaded as serving would load it, which proves
 * its hashes and its probes; that evidence is added to the given. A refusal is a result, not an error.
 */
export async function promoteVersion(
  project: Project,
  { version, evidence, holder, alias = "champion", approvals }: Candidacy,
): Promise<PromotionRecord> {
  // Approvals and earlier decisions are read from the log: nothing is decided on one that somebody changed.
  requireWholeLog(await project.registry.auditLog());
  const loaded = await loadGraph(version.packageId, project);
  const { probes, maxDifference } = loaded.probeReport;
  const { manifest } = loaded;
  await loaded.dispose();
  const parity: Evidence = {
    kind: "probe-parity",
    passed: true,
    probes,
    maxDifference,
    detail: `${probes} probes gave their stored outputs in ${project.sessions.engine}`,
  };
  const imported = manifest.kind === "tensors";
  const windowFeatures = !imported && manifest.signature.columns.some(({ origin }) => origin === "window");
  const configured =
    approvalRule(project, version.model, alias) ?? (imported && alias === "champion" ? onePerson : undefined);
  const rule = approvals === null ? undefined : configured;
  return project.registry.promote({
    model: version.model,
    version: version.version,
    alias,
    comparedWith: holder?.version ?? null,
    evidence: [...evidence, parity],
    windowFeatures,
    ...(imported ? { imported } : {}),
    ...(rule === undefined ? {} : { approvals: rule }),
  });
}

export interface PromotionWish {
  readonly model: string;
  readonly ref: string;
  /** Default `champion`. */
  readonly alias?: string;
}

/**
 * Makes a version hold an alias, on the evidence that it was judged on last and on fresh probe parity; for an
 * alias other than the champion on probe parity alone. One that holds it already stays. The evidence is about
 * the champion of that time: when it was replaced since, the version must be judged again. Throws MW0601 to
 * MW0603 for an unknown version, MW0609 when the evidence does not suffice, and MW0615 when people must approve yet.
 */
export async function promoteOnRecord(
  project: Project,
  { model, ref, alias = "champion" }: PromotionWish,
): Promise<PromotionRecord> {
  const version = await project.registry.resolve(model, ref);
  const judged = (await project.registry.promotions(model)).filter(
    ({ request }) => request.version === version.version && request.alias === alias,
  );
  const holder = await currentHolder(project, { model, alias });
  const made = judged.findLast(({ decision }) => decision.verdict === "promote");
  if (holder?.version === version.version && made !== undefined) return made;
  const last = alias === "champion" ? judged.at(-1) : undefined;
  const comparedWith = last === undefined ? holder : holderThen(last);
  return granted(
    await promoteVersion(project, { version, alias, evidence: ownEvidence(last), holder: comparedWith }),
  );
}

/**
 * Makes an earlier version the champion again, on the gates and the feature parity that it had when it was
 * judged last, and on fresh probe parity. A version that was the champion before needs no new approval. Throws
 * MW0601 to MW0603 for an unknown version, MW0609 when the evidence does not suffice, and MW0615.
 */
export async function rollBack(
  project: Project,
  { model, ref }: { readonly model: string; readonly ref: string },
): Promise<PromotionRecord> {
  const version = await project.registry.resolve(model, ref);
  await requireServable(project, version);
  const judged = (await project.registry.promotions(model)).filter(
    ({ request }) => request.version === version.version,
  );
  const wasChampion = judged.some(
    ({ request, decision }) => request.alias === "champion" && decision.verdict === "promote",
  );
  const holder = await currentChampion(project, model);
  return granted(
    await promoteVersion(project, {
      version,
      evidence: ownEvidence(judged.findLast(({ request }) => request.alias === "champion")),
      holder,
      ...(wasChampion ? { approvals: null } : {}),
    }),
  );
}

/** What a judgement rested on besides the probes, which are proven afresh. */
const ownEvidence = (judged: PromotionRecord | undefined) =>
  judged?.request.evidence.filter(({ kind }) => kind !== "probe-parity") ?? [];

function holderThen({ request }: PromotionRecord): Pick<ModelVersion, "version"> | undefined {
  return request.comparedWith === null ? undefined : { version: request.comparedWith };
}

function granted(record: PromotionRecord): PromotionRecord {
  if (record.decision.verdict !== "promote") throw promotionRefused(record);
  return record;
}
