import type { FallbackModel, ResponseCache } from "../../inference/index.js";
import { readPackage, type ModelVersion } from "../../registry/index.js";
import { hostFeatures } from "./hosted-features.js";
import { hostGraph, type GraphPorts, type HostedGraph } from "./hosted-graph.js";
import { hostErrors } from "./host-errors.js";
import { notReady, unknownHosted } from "./host-refusals.js";
import type { LiveProject } from "../live/live-project.js";
import type { HostedEntry, HostedModel, ModelHost } from "./model-host.js";
import type { Project } from "../project.js";
import { versionNamed } from "../versions/read-version.js";

export interface HostOptions {
  /**
   * Versions to begin with, such as `sentiment@3`; several of a model are all ready, and callers that name none get
   * the first. Default: the champion of every imported model that has one.
   */
  readonly models?: readonly string[];
}

type Agreed = NonNullable<Parameters<ModelHost["load"]>[2]>;

/** An imported model of the host: its versions in memory, and which of them answers callers that name none. */
interface Place {
  readonly versions: Map<string, HostedGraph>;
  current: string | undefined;
  /** Where it stands while it changes; else undefined. */
  changing: "LOADING" | "UNLOADING" | undefined;
  /** What the last change came to, where it failed. */
  failure: string;
  /** Changes of a model follow one another. */
  turn: Promise<unknown>;
}

/**
 * Hosts the models of a project for callers that speak tensors: imported graphs, which it loads and unloads, and the
 * live project's own models, which it only passes on. Throws what loading a version throws; then none is left loaded.
 */
export async function hostModels(
  project: Project,
  live: LiveProject | undefined,
  options: HostOptions = {},
): Promise<ModelHost> {
  const host = new RegistryHost(project, live);
  try {
    await host.begin(options.models);
  } catch (error) {
    await host.close();
    throw error;
  }
  return host;
}

class RegistryHost implements ModelHost {
  private readonly places = new Map<string, Place>();
  private readonly own: ReadonlyMap<string, () => HostedModel | undefined>;
  private readonly caches: ResponseCache[] = [];

  constructor(
    private readonly project: Project,
    private readonly live: LiveProject | undefined,
  ) {
    const names = live?.models.map(({ name }) => name) ?? [];
    this.own = new Map(
      names.map((name) => [name, hostFeatures(live as LiveProject, name, project)] as const),
    );
  }

  async begin(references: readonly string[] | undefined): Promise<void> {
    const wanted = references ?? (await this.championsOfGraphs());
    for (const reference of wanted) {
      const { model, ref } = versionNamed(reference);
      const place = this.place(model);
      const first = place.current;
      await this.bring(place, { name: model, ref });
      place.current = first ?? place.current;
    }
  }

  async index(): Promise<readonly HostedEntry[]> {
    const loaded = [...this.places].flatMap(([name, place]) => entriesOf(name, place));
    const own = [...this.own.values()]
      .flatMap((of) => of() ?? [])
      .map(({ name, version }) => ready(name, version));
    const listed = new Set([...loaded, ...own].map(({ name }) => name));
    const others = (await this.project.registry.models()).filter((name) => !listed.has(name));
    const absent = others.map((name): HostedEntry => ({
      name,
      version: "",
      state: "UNAVAILABLE",
      reason: "not loaded",
    }));
    return [...own, ...loaded, ...absent].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  ready(): readonly HostedModel[] {
    const graphs = [...this.places.values()].flatMap(({ versions }) => [...versions.values()]);
    return [...[...this.own.values()].flatMap((of) => of() ?? []), ...graphs];
  }

  find(name: string, version?: string): HostedModel {
    const own = this.own.get(name)?.();
    if (own !== undefined) {
      if (version === undefined || version === own.version) return own;
      throw unknownHosted(`${name}@${version}`, [`${name}@${own.version}`]);
    }
    const place = this.places.get(name);
    if (place === undefined) throw unknownHosted(name, [...this.own.keys(), ...this.places.keys()]);
    const found = place.versions.get(version ?? place.current ?? "");
    if (found !== undefined) return found;
    if (version === undefined || place.versions.size === 0)
      throw notReady(name, place.changing, place.failure);
    throw unknownHosted(
      `${name}@${version}`,
      [...place.versions.keys()].map((one) => `${name}@${one}`),
    );
  }

  async load(name: string, version?: string, agreed?: Agreed): Promise<HostedModel> {
    if (this.own.has(name)) {
      await (this.live as LiveProject).swap(name, version, agreed);
      return this.find(name);
    }
    await this.requireGraph(name);
    const place = this.place(name);
    return this.inTurn(place, async () => {
      const before = place.current;
      const loaded = await this.bring(place, { name, ref: version ?? "champion" }, agreed);
      const old = before === undefined || before === loaded.version ? undefined : place.versions.get(before);
      if (old !== undefined) {
        place.versions.delete(old.version);
        await old.dispose();
      }
      return loaded;
    });
  }

  async unload(name: string): Promise<void> {
    if (this.own.has(name)) throw ownModel(name);
    await this.requireGraph(name);
    const place = this.place(name);
    await this.inTurn(place, async () => {
      const versions = [...place.versions.values()];
      place.versions.clear();
      place.current = undefined;
      place.changing = "UNLOADING";
      try {
        await Promise.all(versions.map((one) => one.dispose()));
      } finally {
        place.changing = undefined;
      }
    });
  }

  async close(): Promise<void> {
    const versions = [...this.places.values()].flatMap((place) => [...place.versions.values()]);
    await Promise.allSettled(versions.map((one) => one.dispose()));
    await Promise.allSettled(this.caches.map((cache) => cache.close()));
  }

  /** Loads a version, unless it is loaded, and makes it the one that answers. */
  private async bring(
    place: Place,
    { name, ref }: { readonly name: string; readonly ref: string },
    agreed?: Agreed,
  ): Promise<HostedGraph> {
    const { version, packageId } = await this.project.registry.resolve(name, ref);
    const known = place.versions.get(String(version));
    const loaded = known ?? (await this.open(place, { name, version: String(version), packageId }));
    try {
      await agreed?.(loaded.version);
    } catch (error) {
      if (known === undefined) await loaded.dispose();
      throw error;
    }
    place.versions.set(loaded.version, loaded);
    place.current = loaded.version;
    return loaded;
  }

  private async open(place: Place, graph: Parameters<typeof hostGraph>[1]): Promise<HostedGraph> {
    place.changing = "LOADING";
    place.failure = "";
    try {
      return await hostGraph(this.project, graph, this.ports());
    } catch (error) {
      place.failure = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      place.changing = undefined;
    }
  }

  private ports(): GraphPorts {
    return {
      timers: this.project.timers,
      openCache: (limits) => {
        const cache = this.project.openResponseCache(limits);
        this.caches.push(cache);
        return cache;
      },
      fallbackModel: (reference: string): FallbackModel => {
        const { model, ref } = versionNamed(reference);
        const found = this.find(model, /^\d+$/.test(ref) ? ref : undefined);
        return { name: `${found.name}@${found.version}`, infer: found.infer };
      },
    };
  }

  private inTurn<Result>(place: Place, change: () => Promise<Result>): Promise<Result> {
    const next = place.turn.then(change, change);
    place.turn = next.catch(() => undefined);
    return next;
  }

  private place(name: string): Place {
    const known = this.places.get(name);
    if (known !== undefined) return known;
    const place: Place = {
      ...{ versions: new Map(), current: undefined, changing: undefined, failure: "" },
      turn: Promise.resolve(),
    };
    this.places.set(name, place);
    return place;
  }

  private async championsOfGraphs(): Promise<string[]> {
    const names = (await this.project.registry.models()).filter((name) => !this.own.has(name));
    const champions: string[] = [];
    for (const name of names) {
      const champion = (await this.project.registry.list(name)).find(isChampion);
      if (champion !== undefined && (await this.isGraph(champion))) champions.push(name);
    }
    return champions;
  }

  private async isGraph({ packageId }: ModelVersion): Promise<boolean> {
    return (await readPackage(packageId, this.project.blobs)).kind === "tensors";
  }

  /** Throws MW1160 for a model that is not registered and MW1162 for one of features that is not configured. */
  private async requireGraph(name: string): Promise<void> {
    const names = await this.project.registry.models();
    if (!names.includes(name)) throw unknownHosted(name, [...this.own.keys(), ...names]);
    const [latest] = await this.project.registry.list(name);
    if (await this.isGraph(latest)) return;
    throw hostErrors.error("MW1162", {
      expected: "an imported graph, or a model that the configuration defines and that has a champion",
      found: `${JSON.stringify(name)}, a model of features`,
      remedy: "Configure and train it, and start the server again.",
      details: { model: name },
    });
  }
}

const isChampion = ({ state }: ModelVersion): boolean =>
  state.kind === "aliased" && state.aliases.includes("champion");

const ready = (name: string, version: string): HostedEntry => ({ name, version, state: "READY", reason: "" });

function entriesOf(name: string, { versions, changing, failure }: Place): HostedEntry[] {
  const entries = [...versions.keys()].map((version) => ready(name, version));
  if (changing !== undefined) entries.push({ name, version: "", state: changing, reason: "" });
  else if (entries.length === 0)
    entries.push({ name, version: "", state: "UNAVAILABLE", reason: failure === "" ? "unloaded" : failure });
  return entries;
}

function ownModel(name: string) {
  return hostErrors.error("MW1162", {
    expected: "an imported graph",
    found: `${JSON.stringify(name)}, a model that the configuration defines`,
    remedy: "Take it out of the configuration and start the server again.",
    details: { model: name },
  });
}
