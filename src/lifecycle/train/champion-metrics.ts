import { loadModel } from "../../inference/index.js";
import { canonicalJson, isMillwrightError } from "../../kernel/index.js";
import { readFeaturePackage, type FeatureManifest, type ModelVersion } from "../../registry/index.js";
import {
  comparePaired,
  replicateMetrics,
  scoredRows,
  type ChampionComparison,
  type ModelDefinition,
} from "../../training/index.js";
import { knownRows } from "../watch/known-rows.js";
import type { Project } from "../project.js";
import { scoreRows } from "./score-rows.js";
import { isWhole } from "./steps.js";
import { takeFeatureRows, type TrainingData } from "./training-data.js";

/** A candidate, the test rows, and the version that holds the alias. */
export interface Challenge {
  readonly model: ModelDefinition;
  readonly data: TrainingData;
  readonly holder: ModelVersion | undefined;
  /** Blob with the candidate's score of every test row. */
  readonly scores: string;
}

/**
 * The candidate against the champion, row by row, on the candidate's test rows: by the scores that the champion's run
 * recorded if it was tested on the same rows, else by its scores now if it reads the same features. A champion
 * without scores on these rows cannot be compared, which no gate takes for a pass.
 */
export async function championMetrics(
  project: Project,
  { model, data, holder, scores }: Challenge,
  signal?: AbortSignal,
): Promise<ChampionComparison> {
  if (holder === undefined) return { kind: "none" };
  const manifest = await manifestOf(project, holder);
  if ("reason" in manifest) return { kind: "incomparable", reason: manifest.reason };
  const standing =
    (sameTestRows(manifest, model, data) && (await recordedScores(project, holder, data.test.length))) ||
    (manifest.features.hash === model.features.hash && (await scoreNow(project, { data, holder }, signal)));
  if (standing === false) {
    const reason = `version ${holder.version} reads other features and has no scores on these test rows`;
    return { kind: "incomparable", reason };
  }
  const { seed } = model.trainer;
  const known = knownRows(model, data, data.test);
  const measured = (found: Float32Array) => replicateMetrics(scoredRows(known, found), { seed });
  const own = measured(floatsOf(await project.blobs.get(scores)));
  return { kind: "measured", comparison: comparePaired(own, measured(standing)) };
}

/** What the champion's run scored, if that is still there. */
async function recordedScores(
  project: Project,
  { runId }: ModelVersion,
  rows: number,
): Promise<Float32Array | false> {
  const run = runId === null ? undefined : await project.runs.findRun(runId);
  if (run?.status !== "finished") return false;
  const { report } = run.metrics as { readonly report?: { readonly scores?: string } };
  if (report?.scores === undefined || !(await isWhole(project.blobs, report.scores))) return false;
  const recorded = floatsOf(await project.blobs.get(report.scores));
  return recorded.length > 0 && recorded.length % rows === 0 && recorded;
}

/** Float32, little-endian, from bytes that may start anywhere in their buffer. */
const floatsOf = (bytes: Uint8Array) => new Float32Array(Uint8Array.from(bytes).buffer);

async function scoreNow(
  project: Project,
  { data, holder }: { readonly data: TrainingData; readonly holder: ModelVersion },
  signal?: AbortSignal,
): Promise<Float32Array> {
  const loaded = await loadModel(holder.packageId, project);
  try {
    return await scoreRows(
      (numeric, rows, text) => loaded.predict(numeric, rows, text),
      takeFeatureRows(await data.features(signal), data.test),
      signal === undefined ? {} : { signal },
    );
  } finally {
    await loaded.dispose();
  }
}

/** The champion's manifest, or why it cannot be read: a damaged champion must not stop its successor's training. */
async function manifestOf(
  project: Project,
  { version, packageId }: ModelVersion,
): Promise<FeatureManifest | { readonly reason: string }> {
  try {
    return (await readFeaturePackage(packageId, project.blobs)).manifest;
  } catch (error) {
    if (!isMillwrightError(error)) throw error;
    return { reason: `the package of version ${version} cannot be read: ${error.message}` };
  }
}

/** Equal data, equal split and an equal label give equal test rows. */
function sameTestRows(manifest: FeatureManifest, model: ModelDefinition, data: TrainingData): boolean {
  const { dataset, split, features } = manifest;
  return (
    dataset === data.version.id &&
    canonicalJson(split) === canonicalJson(model.split.definition) &&
    canonicalJson(labelOf(features.definition)) === canonicalJson(labelOf(model.contract))
  );
}

/** The task and the spine of a contract. */
function labelOf(contract: FeatureManifest["features"]["definition"]) {
  if (typeof contract !== "object" || contract === null || Array.isArray(contract)) return null;
  const { task, spine } = contract as { task?: FeatureManifest["split"]; spine?: FeatureManifest["split"] };
  return { task, spine };
}
