import { canonicalJson } from "../../kernel/index.js";
import { readPackage, type FeatureManifest, type ModelVersion } from "../../registry/index.js";
import type { ModelDefinition } from "../../training/index.js";
import { lifecycleErrors } from "../errors.js";
import type { Project } from "../project.js";

/** Throws MW1107 unless a package was trained with the features and the label that the configuration has. */
export function checkContract(
  model: ModelDefinition,
  version: number,
  { features }: Pick<FeatureManifest, "features">,
): void {
  if (canonicalJson(features.definition) === canonicalJson(model.contract)) return;
  throw lifecycleErrors.error("MW1107", {
    expected: `the features and label that version ${version} of "${model.name}" was trained with`,
    found: "another definition in the configuration",
    remedy: `Run millwright train ${model.name} to make a version of the new definition, or restore the old one.`,
    details: { model: model.name, version },
  });
}

/**
 * Throws MW1107 for a version of a configured model that no server could load with the configuration as it is.
 * Models that the configuration does not have are not served from it, and a graph that was imported needs nothing of it.
 */
export async function requireServable(
  project: Project,
  { model, version, packageId }: Pick<ModelVersion, "model" | "version" | "packageId">,
): Promise<void> {
  const configured = project.models.find(({ name }) => name === model);
  if (configured === undefined) return;
  const { manifest } = await readPackage(packageId, project.blobs);
  if (manifest.kind === "features") checkContract(configured, version, manifest);
}
