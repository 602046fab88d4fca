import { openPlacedModel, type PlacedModel } from "../../inference/index.js";
import type { ModelDefinition } from "../../training/index.js";
import { lifecycleErrors } from "../errors.js";
import { findModel, type Project } from "../project.js";
import { checkContract } from "../versions/servable-version.js";

/** A verified and warm version of a model, in memory. */
export interface Champion {
  readonly model: ModelDefinition;
  readonly version: number;
  readonly loaded: PlacedModel;
}

/**
 * Loads the champion of every model that has one, or the version asked for. Throws MW1106 when the
 * project defines models and none has one, and MW1107 when the configuration no longer defines what the version was
 * trained with; then none is left in memory.
 */
export async function loadChampions(
  project: Project,
  versions: Readonly<Record<string, string>>,
): Promise<Champion[]> {
  for (const name of Object.keys(versions)) findModel(project, name);
  const registered = new Set(await project.registry.models());
  const champions: Champion[] = [];
  try {
    for (const model of project.models) {
      const ref = versions[model.name] ?? "champion";
      if (!registered.has(model.name)) continue;
      const held = (await project.registry.list(model.name)).some(
        ({ state }) => state.kind === "aliased" && state.aliases.includes(ref),
      );
      if (!held && versions[model.name] === undefined) continue;
      champions.push(await loadVersion(project, model, ref));
    }
  } catch (error) {
    await Promise.allSettled(champions.map(({ loaded }) => loaded.dispose()));
    throw error;
  }
  if (champions.length > 0 || project.models.length === 0) return champions;
  throw lifecycleErrors.error("MW1106", {
    expected: "a model with a champion",
    found: `none among ${project.models.map(({ name }) => name).join(", ")}`,
    remedy: "Run millwright train; if a gate failed, see millwright models.",
  });
}

/** Loads a version as the configuration says that the model is served. Throws MW1107 and what loading throws. */
export async function loadVersion(project: Project, model: ModelDefinition, ref: string): Promise<Champion> {
  const { version, packageId } = await project.registry.resolve(model.name, ref);
  const loaded = await openPlacedModel(packageId, project, project.serving.ofModel(model.name));
  try {
    checkContract(model, version, loaded.manifest);
    return { model, version, loaded };
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
}
