import type { Canonical } from "../../kernel/index.js";
import {
  contractChanges,
  memberChanges,
  stageOf,
  type ContractChange,
  type FeatureManifest,
  type Manifest,
  type ModelVersion,
  type Stage,
} from "../../registry/index.js";
import { comparePredictions, loadEither, type ComparedPredictions } from "./compare-predictions.js";
import type { Project } from "../project.js";
import { contractOf, versionNamed } from "./read-version.js";

/** Two values side by side; null where one side has none. */
export interface Pair<T> {
  readonly a: T | null;
  readonly b: T | null;
}

/** Two versions side by side. Plain JSON. */
export interface VersionComparison {
  readonly versions: Pair<
    Pick<ModelVersion, "model" | "version" | "semver" | "packageId"> & { stage: Stage }
  >;
  readonly metrics: readonly (Pair<number> & { readonly name: string; readonly difference: number | null })[];
  readonly data: {
    readonly dataset: Pair<string>;
    readonly rows: Pair<number>;
    readonly split: Pair<Canonical>;
  };
  /** Trainer, its options and the seed, where they differ. */
  readonly parameters: readonly (Pair<Canonical> & { readonly name: string })[];
  readonly features: ReturnType<typeof memberChanges>;
  /** Everything that the step from `a` to `b` changes for whoever asks, features included. */
  readonly contract: readonly ContractChange[];
  readonly predictions: ComparedPredictions;
}

/**
 * Compares two versions, given as `churn@3`; a model alone means its champion. Both are run on the union of
 * their probe sets, where they take the same columns. Throws MW0601 to MW0608 and MW0618.
 */
export async function compareVersions(
  project: Project,
  { a, b }: { readonly a: string; readonly b: string },
): Promise<VersionComparison> {
  const [left, right] = [await open(project, a), await open(project, b)];
  try {
    const [before, after] = [left.manifest, right.manifest];
    const [contractA, contractB] = [contractOf(before), contractOf(after)];
    return {
      versions: { a: left.facts, b: right.facts },
      metrics: differences(left.made.metrics, right.made.metrics),
      data: {
        dataset: { a: left.made.dataset, b: right.made.dataset },
        rows: { a: left.rows, b: right.rows },
        split: { a: left.made.split, b: right.made.split },
      },
      parameters: parameterChanges(before, after),
      features: memberChanges(contractA.features, contractB.features),
      contract: contractChanges(contractA, contractB),
      predictions: await comparePredictions(left.model, right.model),
    };
  } finally {
    await left.model.loaded.dispose();
    await right.model.loaded.dispose();
  }
}

async function open(project: Project, reference: string) {
  const named = versionNamed(reference);
  const found = await project.registry.resolve(named.model, named.ref);
  const model = await loadEither(project, found.packageId);
  const { manifest } = model.loaded;
  const made = manifest.kind === "features" ? manifest : unknownOrigin;
  const dataset = made.dataset === null ? undefined : await project.datasets.get(made.dataset);
  const { version, semver, packageId, state } = found;
  const facts = { model: named.model, version, semver, packageId, stage: stageOf(state) };
  return { facts, model, manifest, made, rows: dataset?.rowCount ?? null };
}

/** What a graph that was imported was made from. */
const unknownOrigin = { metrics: {}, dataset: null, split: null };

function differences(
  a: FeatureManifest["metrics"],
  b: FeatureManifest["metrics"],
): VersionComparison["metrics"] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.map((name) => {
    const pair = { a: valueOf(a, name), b: valueOf(b, name) };
    return { name, ...pair, difference: pair.a === null || pair.b === null ? null : pair.b - pair.a };
  });
}

const valueOf = <T>(record: Readonly<Record<string, T>>, name: string): T | null =>
  Object.hasOwn(record, name) ? record[name] : null;

function parameterChanges(a: Manifest, b: Manifest): VersionComparison["parameters"] {
  const [before, after] = [parametersOf(a), parametersOf(b)];
  return memberChanges(before, after).map(({ name }) => ({
    name,
    a: valueOf(before, name),
    b: valueOf(after, name),
  }));
}

function parametersOf(manifest: Manifest): Record<string, Canonical> {
  if (manifest.kind === "tensors") return {};
  const { trainer, seed } = manifest;
  const { name, options } = trainer;
  const single = typeof options !== "object" || options === null || Array.isArray(options);
  const own = single ? { options } : (options as Readonly<Record<string, Canonical>>);
  return { trainer: name, ...own, seed };
}
