import { durationMs, rejectUnknownKeys } from "../kernel/index.js";
import { compileServing, type Serving, type ServingOptions } from "../lifecycle/index.js";
import { compileDriftPolicy, compileLatencyPolicy } from "../monitoring/index.js";
import type { ModelDefinition } from "../training/index.js";
import { composeErrors } from "./errors.js";
import { memoryStore, type OnlineStore } from "./online-store.js";

export interface StorageOptions {
  /** Where everything is kept, relative to the project's folder. Default `.millwright`. */
  readonly folder?: string;
  /** Where the windows of all entities are kept while the project serves. Default: this process's memory. */
  readonly online?: OnlineStore;
}

export interface ProjectOptions<Models extends readonly ModelDefinition[]> {
  /** Lower-case letters, digits and hyphens. */
  readonly name: string;
  readonly models: Models;
  readonly storage?: StorageOptions;
  readonly serving?: ServingOptions;
}

/** A project as its configuration defines it. Its type carries the requests and responses of its models. */
export interface ProjectDefinition<Models extends readonly ModelDefinition[] = readonly ModelDefinition[]> {
  readonly kind: "project";
  readonly name: string;
  readonly models: Models;
  readonly storage: Required<StorageOptions>;
  readonly serving: Serving;
}

/** Defines a project: the default export of `millwright.config.ts`. Throws MW0101, MW0103, MW0104, MW0719, MW0901, MW1122 and MW1615. */
export function defineProject<const Models extends readonly ModelDefinition[]>(
  options: ProjectOptions<Models>,
): ProjectDefinition<Models> {
  rejectUnknownKeys(options, ["name", "models", "storage", "serving"], "the project");
  const { name, models, storage = {}, serving = {} } = options;
  rejectUnknownKeys(storage, ["folder", "online"], "storage of the project");
  if (typeof name !== "string" || !/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    throw bad("a name of lower-case letters, digits and hyphens", JSON.stringify(name) ?? "nothing");
  }
  if (!Array.isArray(models)) throw bad("a list of models", JSON.stringify(models) ?? "nothing");
  const { folder = ".millwright", online = memoryStore } = storage;
  if (typeof folder !== "string" || folder === "")
    throw bad("a path as storage.folder", JSON.stringify(folder));
  if (online?.kind !== "memory" && online?.kind !== "redis")
    throw bad("what redis({ … }) makes as storage.online", JSON.stringify(online) ?? "nothing");
  const { cacheStore } = serving;
  if (cacheStore !== undefined && cacheStore?.kind !== "memory" && cacheStore?.kind !== "redis")
    throw bad("what redis({ … }) makes as serving.cacheStore", JSON.stringify(cacheStore) ?? "nothing");
  checkModels(models as readonly ModelDefinition[]);
  return Object.freeze({
    kind: "project",
    name,
    models: Object.freeze(models),
    storage: Object.freeze({ folder, online }),
    serving: compileServing(serving, new Set(models.map((model) => model.name))),
  });
}

function checkModels(models: readonly ModelDefinition[]): void {
  const sources = new Map<string, unknown>();
  models.forEach((model, index) => {
    if (model.kind !== "model") throw bad("models made by model()", `another value at position ${index}`);
    if (models.findIndex(({ name }) => name === model.name) !== index)
      throw bad("different names", `"${model.name}" twice`);
    const { window, ...drift } = model.monitor;
    if (window !== undefined) durationMs(window);
    compileDriftPolicy(drift);
    compileLatencyPolicy(model.slo);
    for (const source of sourcesOf(model)) {
      const known = sources.get(source.name);
      if (known !== undefined && known !== source)
        throw bad("one source of each name", `"${source.name}" twice`);
      sources.set(source.name, source);
    }
  });
}

/** The sources that a model reads. */
export function sourcesOf(model: ModelDefinition) {
  const views = model.features.groups.flatMap((group) => group.views);
  return new Set([model.spine.source, ...views.map(({ source }) => source)]);
}

function bad(expected: string, found: string) {
  return composeErrors.error("MW1122", {
    expected: `${expected} in defineProject()`,
    found,
    remedy: "Mend millwright.config.ts.",
  });
}
