import { exportPackage, importPackage, type ModelVersion, type PackageFiles } from "../../registry/index.js";
import { requireFreeName } from "./import-model.js";
import { findModel, type Project } from "../project.js";
import { contractOf } from "./read-version.js";

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
 * becomes the champion only with evidence of this project. Throws MW0604 to MW0607, MW1101 when the project does not
 * define the package's model, and MW1150 when it does and the package is an imported graph.
 */
export async function importVersion(project: Project, files: PackageFiles): Promise<ModelVersion> {
  const { id, manifest } = await importPackage(files, project.blobs);
  if (manifest.kind === "tensors") await requireFreeName(project, manifest.model);
  else findModel(project, manifest.model);
  const contract = contractOf(manifest);
  return project.registry.register({ model: manifest.model, packageId: id, runId: null, contract });
}

/**
 * Registers a package of this project's own blob store under its semantic version. Every file is put once
 * more first, which makes it young: a garbage collection beside it takes nothing of it. Throws MW0604 to MW0607.
 */
export async function registerPackage(
  project: Pick<Project, "blobs" | "registry">,
  { packageId, runId }: { readonly packageId: string; readonly runId: string },
): Promise<ModelVersion> {
  const { blobs, registry } = project;
  const { manifest } = await importPackage(await exportPackage(packageId, blobs), blobs);
  return registry.register({ model: manifest.model, packageId, runId, contract: contractOf(manifest) });
}
