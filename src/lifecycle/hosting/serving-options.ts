import { compileAccess, type AccessOptions, type AccessPolicy } from "../../access/index.js";
import {
  compileModelServing,
  rejectFallbackCycles,
  type ModelServing,
  type ModelServingOptions,
} from "../../inference/index.js";
import { rejectUnknownKeys } from "../../kernel/index.js";
import { checkName } from "../../registry/index.js";

/** Where answers of models with a cache are kept: in each serving process, or in a Redis that they share. */
export type CacheStore =
  | { readonly kind: "memory" }
  | { readonly kind: "redis"; readonly url: string; readonly prefix?: string; readonly timeoutMs?: number };

/** How a project is served: `defineProject({ serving: { … } })`. */
export interface ServingOptions {
  /** Who may ask for what. Default: everybody for everything, which is for one's own machine alone. */
  readonly access?: AccessOptions;
  /** Of models by name, whether the project defines or imported them. */
  readonly models?: Readonly<Record<string, ModelServingOptions>>;
  /** Where answers of models with a cache are kept: what `redis({ … })` makes. Default: in memory. */
  readonly cacheStore?: CacheStore;
}

/** {@link ServingOptions}, checked. */
export interface Serving {
  /** Undefined: everybody may do everything. */
  readonly access: AccessPolicy | undefined;
  readonly cacheStore: CacheStore;
  /** How a model is served, named or not. */
  ofModel(name: string): ModelServing;
}

/** `defined`: the models that the project defines. Throws MW0101, MW0103, MW0104, MW0611, MW0719 and MW1615. */
export function compileServing(options: ServingOptions, defined: ReadonlySet<string>): Serving {
  rejectUnknownKeys(options, ["access", "models", "cacheStore"], "serving of the project");
  const { access, models = {}, cacheStore = { kind: "memory" } } = options;
  const compile = (model: string, given: ModelServingOptions) => {
    checkName("model", model);
    return compileModelServing(given, { model, rejectNaN: defined.has(model) });
  };
  const compiled = new Map(Object.entries(models).map(([name, given]) => [name, compile(name, given)]));
  rejectFallbackCycles(new Map([...compiled].map(([name, { resilience }]) => [name, resilience])));
  return Object.freeze({
    access: access === undefined ? undefined : compileAccess(access),
    cacheStore,
    ofModel: (name: string) => compiled.get(name) ?? compile(name, {}),
  });
}
