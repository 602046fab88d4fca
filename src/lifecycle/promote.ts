import { loadModel } from "../inference/index.js";
import {
  promotionRefused,
  type Evidence,
  type ModelVersion,
  type PromotionRecord,
} from "../registry/index.js";
import type { Project } from "./project.js";

/** The version that is the champion of a model now; undefined when none is. */
export async function currentChampion(project: Project, model: string): Promise<ModelVersion | undefined> {
  if (!(await project.registry.models()).includes(model)) return undefined;
  const versions = await project.registry.list(model);
  return versions.find(({ state }) => state.kind === "aliased" && state.aliases.includes("champion"));
}

/**
 * Asks for a version to become the champion. Its package is loaded as serving would load it, which proves
 * its hashes and its probes; that evidence is added to the given. A refusal is a result, not an error.
 */
export async function promoteVersion(
  project: Project,
  {
    version,
    evidence,
    holder,
  }: { version: ModelVersion; evidence: readonly Evidence[]; holder: ModelVersion | undefined },
): Promise<PromotionRecord> {
  const loaded = await loadModel(version.packageId, project);
  const { probes, maxDifference } = loaded.probeReport;
  await loaded.dispose();
  const parity: Evidence = {
    kind: "probe-parity",
    passed: true,
    probes,
    maxDifference,
    detail: `${probes} probes gave their stored outputs in ${project.sessions.engine}`,
  };
  return project.registry.promote({
    model: version.model,
    version: version.version,
    alias: "champion",
    comparedWith: holder?.version ?? null,
    evidence: [...evidence, parity],
  });
}

/**
 * Makes an earlier version the champion again, on the gates and the feature parity that it had when it was
 * judged last, and on fresh probe parity. Throws MW0601 to MW0603 for an unknown version and MW0609 when the evidence does not
 * suffice.
 */
export async function rollBack(
  project: Project,
  { model, ref }: { readonly model: string; readonly ref: string },
): Promise<PromotionRecord> {
  const version = await project.registry.resolve(model, ref);
  const judged = await project.registry.promotions(model);
  const last = judged.findLast(({ request }) => request.version === version.version);
  const evidence = last?.request.evidence.filter(({ kind }) => kind !== "probe-parity") ?? [];
  const holder = await currentChampion(project, model);
  const record = await promoteVersion(project, { version, evidence, holder });
  if (record.decision.verdict === "refuse") throw promotionRefused(record);
  return record;
}
