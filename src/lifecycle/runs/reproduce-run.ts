import type { DatasetVersion } from "../../data/index.js";
import { canonicalHash, type Canonical } from "../../kernel/index.js";
import { probeBatch, readFeaturePackage } from "../../registry/index.js";
import type { ModelDefinition, Run } from "../../training/index.js";
import { lifecycleErrors } from "../errors.js";
import { findModel, type Project } from "../project.js";
import { statusOf } from "../train/run-worker.js";
import { parseResult } from "./runs.js";
import { versionNamed } from "../versions/read-version.js";
import { testMetrics } from "../train/test-metrics.js";
import { trainOn, type TrainResult } from "../train/train.js";

/** A metric of the run and of its repetition. */
export interface ReproducedMetric {
  readonly name: string;
  readonly expected: number | null;
  readonly found: number | null;
  /** Least and greatest value over other seeds, in the repetition; null where other seeds were not needed. */
  readonly spread: { readonly low: number; readonly high: number } | null;
}

/** Something that was not as it was. */
export interface Difference {
  readonly what: "code" | "environment" | "hardware";
  readonly name: string;
  readonly expected: Canonical;
  readonly found: Canonical;
}

/** What came of training a run again. Plain JSON. */
export interface Reproduction {
  readonly model: string;
  readonly runId: string;
  readonly version: number;
  /**
   * Equal graphs; or equal outputs on the probes, to `tolerance`; or every metric within what other seeds give;
   * or none of these.
   */
  readonly verdict: "same bytes" | "same predictions" | "within the spread" | "different";
  /** SHA-256 of both graphs. */
  readonly modelHash: { readonly expected: string; readonly found: string };
  readonly predictions: { readonly probes: number; readonly maxDifference: number };
  readonly metrics: readonly ReproducedMetric[];
  readonly differences: readonly Difference[];
  /** Runs with other seeds that the spread was taken from. */
  readonly seeds: readonly number[];
  readonly seconds: number;
}

/** Outputs this near are the same predictions: a few units in the last place of a float32. */
const tolerance = 1e-6;

/** Runs with other seeds, when the graphs and the predictions differ. */
const spreadSeeds = 4;

/**
 * Trains a run again from its manifest, on the dataset versions that it had, in clean storage, and compares. A run is
 * named by its id, or by the version that it made (`churn@1.2.0`, `churn`). Throws MW1145 when the configuration
 * defines another model by now, MW1146 when a dataset version is gone, MW1109 for a run that did not finish.
 */
export async function reproduceRun(
  project: Project,
  reference: string,
  signal?: AbortSignal,
): Promise<Reproduction> {
  const startedMs = project.clock.monotonicMs();
  const run = await runNamed(project, reference);
  const expected = parseResult(run, statusOf(project, run));
  const model = findModel(project, run.model);
  checkDefinition(run, model);
  const versions = await datasetsOf(project, expected);
  const clean = await project.openClean();
  try {
    await copyDatasets(project, clean, versions);
    const found = await trainOn(clean, { model, versions }, signal);
    const predictions = await compareProbes(project, { expected, clean, found });
    const equal = verdictOf(expected, found, predictions.maxDifference);
    const repeated = equal === undefined ? await otherSeeds(clean, { model, versions }, signal) : [];
    const metrics = compareMetrics(expected, found, repeated);
    return {
      model: model.name,
      runId: run.id,
      version: expected.version,
      verdict: equal ?? (metrics.every(isWithin) ? "within the spread" : "different"),
      modelHash: { expected: expected.modelHash, found: found.modelHash },
      predictions,
      metrics,
      differences: await differencesOf(project, run),
      seeds: repeated.map(({ seed }) => seed),
      seconds: (project.clock.monotonicMs() - startedMs) / 1000,
    };
  } finally {
    await clean.close();
  }
}

async function runNamed(project: Project, reference: string): Promise<Run> {
  const direct = await project.runs.findRun(reference);
  if (direct !== undefined) return direct;
  const { model, ref } = versionNamed(reference);
  const { version, runId } = await project.registry.resolve(model, ref);
  const run = runId === null ? undefined : await project.runs.findRun(runId);
  if (run !== undefined) return run;
  throw lifecycleErrors.error("MW1147", {
    expected: `the run that made version ${version} of "${model}"`,
    found: runId === null ? "an imported version" : `no run ${runId}`,
    remedy: "Reproduce a version that was trained here: see millwright runs.",
    details: { model, version },
  });
}

/** What the run was trained by must be what the configuration says now. */
function checkDefinition({ id, manifest }: Run, model: ModelDefinition): void {
  const { hash, code } = factsOf(manifest);
  if (hash === model.hash) return;
  const commit = code?.commit;
  throw lifecycleErrors.error("MW1145", {
    expected: `the definition of "${model.name}" that run ${id} was trained by`,
    found: "another one in the configuration",
    remedy:
      commit === undefined
        ? "Restore the configuration of that time; the run does not know its commit."
        : `Check out commit ${commit}${(code?.dirty ?? null) === null ? "" : ", with the changes that were not committed"}, and reproduce there.`,
    details: { run: id, model: model.name, commit: commit ?? null },
  });
}

interface ManifestFacts {
  readonly hash?: string;
  readonly code?: { readonly commit: string; readonly dirty: string | null } | null;
  readonly environment?: Readonly<Record<string, Canonical>>;
  readonly producer?: Canonical;
}

/** What `train` wrote into the manifest; runs of older versions have less. */
const factsOf = (manifest: Canonical): ManifestFacts => manifest as ManifestFacts;

async function datasetsOf(
  project: Project,
  { datasets }: TrainResult,
): Promise<ReadonlyMap<string, DatasetVersion>> {
  const versions = new Map<string, DatasetVersion>();
  for (const [source, id] of Object.entries(datasets)) {
    const version = await project.datasets.get(id);
    if (version === undefined || !(await project.blobs.has(version.blob))) {
      throw lifecycleErrors.error("MW1146", {
        expected: `dataset version ${id} of "${source}"`,
        found: "nothing",
        remedy: "Restore the project's storage from a backup; without its data a run cannot be repeated.",
        details: { source, dataset: id },
      });
    }
    versions.set(source, version);
  }
  return versions;
}

async function copyDatasets(
  from: Project,
  to: Project,
  versions: ReadonlyMap<string, DatasetVersion>,
): Promise<void> {
  for (const version of versions.values()) {
    await to.blobs.put(await from.blobs.get(version.blob));
    await to.datasets.record(version, `reproduction of ${version.id}`);
  }
}

/** The new graph on the stored inputs of the old package. */
async function compareProbes(
  project: Project,
  { expected, clean, found }: { expected: TrainResult; clean: Project; found: TrainResult },
): Promise<Reproduction["predictions"]> {
  const { probes } = await readFeaturePackage(expected.packageId, project.blobs);
  const session = await clean.sessions.open(await clean.blobs.get(found.modelHash), { threads: 1 });
  try {
    const { numeric, rows, text } = probeBatch(probes);
    const outputs = await session.run(numeric, rows, text);
    const stored = probes.probes.flatMap((probe) => probe.outputs);
    const maxDifference = stored.reduce(
      (most, output, i) => Math.max(most, Math.abs(output - outputs[i])),
      0,
    );
    return { probes: rows, maxDifference };
  } finally {
    await session.dispose();
  }
}

function verdictOf(
  expected: TrainResult,
  found: TrainResult,
  maxDifference: number,
): "same bytes" | "same predictions" | undefined {
  if (expected.modelHash === found.modelHash) return "same bytes";
  return maxDifference <= tolerance ? "same predictions" : undefined;
}

interface SeedRun {
  readonly seed: number;
  readonly result: TrainResult;
}

async function otherSeeds(
  clean: Project,
  {
    model,
    versions,
  }: { readonly model: ModelDefinition; readonly versions: ReadonlyMap<string, DatasetVersion> },
  signal?: AbortSignal,
): Promise<SeedRun[]> {
  const runs: SeedRun[] = [];
  for (let i = 1; i <= spreadSeeds; i++) {
    const seed = model.trainer.seed + i;
    const candidates = model.candidates.map((candidate) => candidate.with({ seed }));
    const [trainer] = candidates;
    const definition = { ...(model.definition as Readonly<Record<string, Canonical>>), seed };
    const reseeded = { ...model, candidates, trainer, definition, hash: canonicalHash(definition) };
    runs.push({ seed, result: await trainOn(clean, { model: reseeded, versions }, signal) });
  }
  return runs;
}

function compareMetrics(
  expected: TrainResult,
  found: TrainResult,
  repeated: readonly SeedRun[],
): ReproducedMetric[] {
  const valueOf = ({ report }: TrainResult, name: string): number | null => {
    const metrics: Readonly<Record<string, { readonly value: number | null }>> = report.candidate.metrics;
    return metrics[name]?.value ?? null;
  };
  return testMetrics(expected.report.candidate).map(([name]) => {
    const others = [found, ...repeated.map(({ result }) => result)]
      .map((result) => valueOf(result, name))
      .filter((value) => value !== null);
    const spread = repeated.length === 0 ? null : { low: Math.min(...others), high: Math.max(...others) };
    return { name, expected: valueOf(expected, name), found: valueOf(found, name), spread };
  });
}

function isWithin({ expected, spread }: ReproducedMetric): boolean {
  if (expected === null || spread === null) return expected === null;
  return expected >= spread.low && expected <= spread.high;
}

/** What of the run's manifest is not so here and now. */
async function differencesOf(project: Project, { manifest }: Run): Promise<Difference[]> {
  const then = factsOf(manifest);
  const code = await project.code();
  const now: Readonly<Record<string, Canonical>> = { ...project.machine };
  const environment = then.environment ?? {};
  const hardware = ["cpu", "cores", "memoryBytes", "platform"];
  const names = [...new Set([...Object.keys(environment), ...Object.keys(now)])];
  const differences: Difference[] = [
    ...(["commit", "dirty"] as const).map((name) => ({
      what: "code" as const,
      name,
      expected: then.code?.[name] ?? null,
      found: code?.[name] ?? null,
    })),
    {
      what: "environment" as const,
      name: "producer",
      expected: then.producer ?? null,
      found: project.producer,
    },
    ...names.map((name) => ({
      what: hardware.includes(name) ? ("hardware" as const) : ("environment" as const),
      name,
      expected: environment[name] ?? null,
      found: now[name] ?? null,
    })),
  ];
  return differences.filter(({ expected, found }) => canonicalHash(expected) !== canonicalHash(found));
}
