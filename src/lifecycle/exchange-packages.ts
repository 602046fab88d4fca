import { exportPackage, importPackage, type ModelVersion, type PackageFiles } from "../registry/index.js";
import { findModel, type Project } from "./project.js";

/** The files of a version's package, every hash verified, to be written into a folder. */
export async function exportVersion(
  project: Project,
  { model, ref }: { readonly model: string; readonly ref: string },
): Promise<{ readonly version: ModelVersion; readonly files: PackageFiles }> {
  const version = await project.registry.resolve(model, ref);
  return { version, files: await exportPackage(version.packageId, project.blobs) };
}

/**
 * Registers a package that another project exported. Everything is verified before anything is kept; it
 * becomes the champion only with evidence of this project. Throws MW0604 to MW0607, and MW1101 when the
 * project does not define the package's model.
 */
export async function importVersion(project: Project, files: PackageFiles): Promise<ModelVersion> {
  const { id, manifest } = await importPackage(files, project.blobs);
  findModel(project, manifest.model);
  return project.registry.register({ model: manifest.model, packageId: id, runId: null });
}
