import { readPackage, type ModelPackage, type ModelVersion } from "../registry/index.js";
import type { Project } from "./project.js";

/** A registered version and its package, every hash verified. Throws MW0601 to MW0607. */
export async function readVersion(
  project: Project,
  { model, ref = "champion" }: { readonly model: string; readonly ref?: string },
): Promise<{ readonly version: ModelVersion; readonly package: ModelPackage }> {
  const version = await project.registry.resolve(model, ref);
  return { version, package: await readPackage(version.packageId, project.blobs) };
}
