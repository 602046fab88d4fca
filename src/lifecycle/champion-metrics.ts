import { loadModel } from "../inference/index.js";
import { canonicalJson, isMillwrightError } from "../kernel/index.js";
import { readPackage, type Manifest, type ModelVersion } from "../registry/index.js";
import { metricNames } from "../stats/index.js";
import { compare, type ChampionMetrics, type ModelDefinition } from "../training/index.js";
import type { Project } from "./project.js";
import { scoreRows } from "./score-rows.js";
import { takeFeatureRows, type TrainingData } from "./training-data.js";

/**
 * The champion on the candidate's test rows: its recorded figures if it was tested on the same rows, else
 * its scores now if it reads the same features. A champion of other features and other rows cannot be
 * compared, which no gate takes for a pass.
 */
export async function championMetrics(
  project: Project,
  { model, data, holder }: { model: ModelDefinition; data: TrainingData; holder: ModelVersion | undefined },
  signal?: AbortSignal,
): Promise<ChampionMetrics> {
  if (holder === undefined) return { kind: "none" };
  const manifest = await manifestOf(project, holder);
  if ("reason" in manifest) return { kind: "incomparable", reason: manifest.reason };
  if (sameTestRows(manifest, model, data)) {
    const { auc, logLoss, brier, ece } = manifest.metrics;
    return { kind: "measured", metrics: { auc, logLoss, brier, ece } };
  }
  if (manifest.features.hash !== model.features.hash) {
    const reason = `version ${holder.version} reads other features and was tested on other rows`;
    return { kind: "incomparable", reason };
  }
  const loaded = await loadModel(holder.packageId, project);
  try {
    const columns = takeFeatureRows(await data.features(signal), data.test);
    const scores = await scoreRows(
      (numeric, rows, text) => loaded.predict(numeric, rows, text),
      columns,
      signal === undefined ? {} : { signal },
    );
    const { metrics } = compare({ scores, labels: Uint8Array.from(data.test, (row) => data.labels[row]) });
    return { kind: "measured", metrics };
  } finally {
    await loaded.dispose();
  }
}

/** The champion's manifest, or why it cannot be read: a damaged champion must not stop its successor's training. */
async function manifestOf(
  project: Project,
  { version, packageId }: ModelVersion,
): Promise<Manifest | { readonly reason: string }> {
  try {
    return (await readPackage(packageId, project.blobs)).manifest;
  } catch (error) {
    if (!isMillwrightError(error)) throw error;
    return { reason: `the package of version ${version} cannot be read: ${error.message}` };
  }
}

/** Equal data, equal split and an equal label give equal test rows. */
function sameTestRows(manifest: Manifest, model: ModelDefinition, data: TrainingData): boolean {
  const { dataset, split, features, metrics } = manifest;
  return (
    dataset === data.version.id &&
    canonicalJson(split) === canonicalJson(model.split.definition) &&
    canonicalJson(labelOf(features.definition)) === canonicalJson(labelOf(model.contract)) &&
    metricNames.every((name) => metrics[name] !== undefined)
  );
}

/** The task and the spine of a contract. */
function labelOf(contract: Manifest["features"]["definition"]) {
  if (typeof contract !== "object" || contract === null || Array.isArray(contract)) return null;
  const { task, spine } = contract as { task?: Manifest["split"]; spine?: Manifest["split"] };
  return { task, spine };
}
