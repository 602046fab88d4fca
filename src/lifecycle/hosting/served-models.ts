import type { FallbackModel } from "../../inference/index.js";
import { lifecycleErrors } from "../errors.js";
import { loadVersion, type Champion } from "../train/champions.js";
import { liveModel, type LiveModelParts, type ServedModel } from "../live/live-model.js";
import type { LiveModel, LiveProject } from "../live/live-project.js";
import { findModel, type Project } from "../project.js";
import type { StandIns } from "./stand-ins.js";

/** The models of a live project, each in the version that it serves now. */
export interface ServedModels {
  infos(): readonly LiveModel[];
  /** Throws MW1101 and MW1106. */
  find(name: string): ServedModel;
  /** As {@link LiveProject.swap} says. */
  swap: LiveProject["swap"];
  /** Answers what was asked, then frees all models. */
  retire(): Promise<void>;
}

type Agreed = NonNullable<Parameters<LiveProject["swap"]>[2]>;

/** Serves champions that are loaded and warm. Throws MW1165 for a default answer that cannot be. */
export function servedModels(
  project: Project,
  champions: readonly Champion[],
  {
    standIns,
    ...parts
  }: Omit<LiveModelParts, "champion" | "project" | "standIn"> & { readonly standIns: StandIns },
): ServedModels {
  const models = new Map<string, ServedModel>();
  const serve = (champion: Champion): ServedModel => {
    const { name } = champion.model;
    return liveModel({
      ...{ ...parts, champion, project },
      standIn: (simpler, values): FallbackModel => {
        const found = find(simpler);
        const request = standIns.get(name)?.get(simpler)?.(values) ?? values;
        return {
          name: `${simpler}@${found.info.version}`,
          infer: (_inputs, options) => found.standIn(request, options),
        };
      },
    });
  };
  for (const champion of champions) models.set(champion.model.name, serve(champion));
  let turn: Promise<unknown> = Promise.resolve();

  function find(name: string): ServedModel {
    const model = models.get(name);
    if (model !== undefined) return model;
    findModel(project, name);
    throw notServed(name);
  }

  async function swap(name: string, ref: string, agreed: Agreed): Promise<LiveModel> {
    const old = find(name);
    const model = findModel(project, name);
    const { version, packageId } = await project.registry.resolve(name, ref);
    if (packageId === old.info.packageId && String(version) === old.info.version) {
      await agreed(old.info.version);
      return old.info;
    }
    const champion = await loadVersion(project, model, String(version));
    let next: ServedModel;
    try {
      next = serve(champion);
    } catch (error) {
      await champion.loaded.dispose();
      throw error;
    }
    try {
      await agreed(next.info.version);
    } catch (error) {
      await next.retire();
      throw error;
    }
    models.set(name, next);
    await old.retire();
    return next.info;
  }

  return Object.freeze({
    infos: () => [...models.values()].map(({ info }) => info),
    find,
    swap(name: string, ref = "champion", agreed: Agreed = () => Promise.resolve()) {
      const next = turn.then(() => swap(name, ref, agreed));
      turn = next.catch(() => undefined);
      return next;
    },
    async retire() {
      await turn;
      await Promise.all([...models.values()].map((model) => model.retire()));
    },
  });
}

/** MW1106. */
export function notServed(name: string) {
  return lifecycleErrors.error("MW1106", {
    expected: `a champion of model "${name}"`,
    found: "none when the server started",
    remedy: `Run millwright train ${name} and start the server again.`,
    details: { model: name },
  });
}
