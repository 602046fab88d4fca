import type { DatasetVersion } from "../../data/index.js";
import type { Canonical, Value } from "../../kernel/index.js";
import { readPackage, type FeatureManifest, type GraphHeader } from "../../registry/index.js";
import type { Manifest, ModelVersion } from "../../registry/index.js";
import type { Run } from "../../training/index.js";
import { governanceErrors } from "./governance-errors.js";
import { readPrediction, type PredictionRecord } from "../live/live-records.js";
import type { Fallback } from "../live/model-answers.js";
import { readStart } from "../live/live-sources.js";
import type { Project } from "../project.js";
import { contractOf, listVersions, versionNamed } from "./read-version.js";
import type { TrainResult } from "../train/train.js";

/** Where a prediction or a version comes from, down to rows, code and run. Plain JSON. */
export interface Lineage {
  /** Absent when a version was asked for. */
  readonly prediction?: PredictionOrigin;
  readonly version: Pick<ModelVersion, "model" | "version" | "semver" | "registeredAtMs">;
  readonly package: {
    readonly id: string;
    readonly modelHash: string;
    /** Null, with trainer, seed and split, for a graph that was imported. */
    readonly featureHash: string | null;
    readonly trainer: FeatureManifest["trainer"] | null;
    readonly seed: number | null;
    readonly split: Canonical;
    /** What the file of an imported graph says of itself, where that can be read. */
    readonly graph: GraphHeader | null;
    readonly producer: Manifest["producer"];
  };
  /** The id of the training set; null when no run says it. */
  readonly trainingSet: string | null;
  readonly rows: { readonly all: number; readonly train: number; readonly test: number } | null;
  readonly datasets: readonly DatasetOrigin[];
  /** Null for an imported package, and for a run that this project does not have. */
  readonly run: RunOrigin | null;
}

/** A logged prediction, and the events that its features rest on. */
export interface PredictionOrigin {
  readonly id: string;
  readonly live: string;
  readonly atMs: number;
  readonly asOfMs: number;
  readonly request: Readonly<Record<string, Value>>;
  readonly outputs: readonly number[];
  /** What gave the outputs in the model's place. */
  readonly fallback?: Fallback;
  /** By source: the history that the live state began with, and the last record of its log that could count. */
  readonly events: Readonly<Record<string, { readonly dataset: string | null; readonly loggedUpTo: number }>>;
}

export interface DatasetOrigin {
  readonly id: string;
  /** Null when this project does not have the dataset version. */
  readonly found: {
    readonly source: string;
    readonly rowCount: number;
    readonly quarantinedCount: number;
    readonly fingerprints: DatasetVersion["fingerprints"];
    readonly blob: string;
    readonly engine: string;
    readonly createdAtMs: number;
  } | null;
}

export interface RunOrigin {
  readonly id: string;
  readonly status: Run["status"];
  readonly startedAtMs: number;
  /** Commit and hash of what was changed since; null when the run did not record it. */
  readonly code: Canonical;
  readonly environment: Canonical;
  /** Hash of the model's definition. */
  readonly definitionHash: Canonical;
}

/**
 * Follows a prediction, a version (`churn@3`, `churn`: its champion) or a package id back to its rows, its code
 * and its run. Throws MW1132 when there is no such thing, MW0601 to MW0607.
 */
export async function lineage(
  project: Project,
  { of, live = "default" }: { readonly of: string; readonly live?: string },
): Promise<Lineage> {
  const { version, record } = await find(project, of, live);
  const { manifest, modelHash } = await readPackage(version.packageId, project.blobs);
  const run = version.runId === null ? undefined : await project.runs.findRun(version.runId);
  const result = resultOf(run);
  const ids = new Set([...(manifest.kind === "features" ? [manifest.dataset] : []), ...datasetsOf(run)]);
  return {
    ...(record === undefined
      ? {}
      : { prediction: await predictionOrigin(project, { manifest, record, live }) }),
    version: {
      model: version.model,
      version: version.version,
      semver: version.semver,
      registeredAtMs: version.registeredAtMs,
    },
    package: { id: version.packageId, modelHash, ...madeFrom(manifest), producer: manifest.producer },
    trainingSet: result?.trainingSet ?? null,
    rows: result && { all: result.rows, train: result.trainRows, test: result.testRows },
    datasets: await Promise.all([...ids].map((id) => datasetOrigin(project, id))),
    run: run === undefined ? null : runOrigin(run),
  };
}

function madeFrom(manifest: Manifest) {
  if (manifest.kind === "tensors")
    return { featureHash: null, trainer: null, seed: null, split: null, graph: manifest.graph };
  const { features, trainer, seed, split } = manifest;
  return { featureHash: features.hash, trainer, seed, split, graph: null };
}

interface Found {
  readonly version: ModelVersion;
  readonly record?: PredictionRecord;
}

async function find(project: Project, of: string, live: string): Promise<Found> {
  const { registry } = project;
  const models = await registry.models();
  const { model, ref } = versionNamed(of);
  if (of.includes("@") || models.includes(model)) return { version: await registry.resolve(model, ref) };
  const ofPackage = (await listVersions(project)).filter(
    ({ packageId }) => isPrefix(of) && packageId.startsWith(of),
  );
  if (ofPackage.length === 1) return { version: ofPackage[0] };
  const record = await findPrediction(project, of, live);
  if (record !== undefined) {
    return { version: await registry.resolve(record.model, String(record.version)), record };
  }
  throw governanceErrors.error("MW1132", {
    expected: "the id of a prediction, a model, a version of it such as churn@3, or the id of a package",
    found: JSON.stringify(of),
    remedy: `Predictions were looked for in live state "${live}": name another with --live, or see millwright models.`,
    details: { of, live },
  });
}

const isPrefix = (text: string) => /^[0-9a-f]{12,64}$/.test(text);

async function findPrediction(
  project: Project,
  id: string,
  live: string,
): Promise<PredictionRecord | undefined> {
  const start = `[${JSON.stringify(id)},`;
  const log = await project.readLog(live, "predictions");
  for await (const { records } of log.read(1)) {
    const line = records.find((record) => record.startsWith(start));
    if (line !== undefined) return readPrediction(line);
  }
  return undefined;
}

async function predictionOrigin(
  project: Project,
  { manifest, record, live }: { manifest: Manifest; record: PredictionRecord; live: string },
): Promise<PredictionOrigin> {
  const { id, atMs, asOfMs, outputs, fallback } = record;
  const fields = Object.keys(contractOf(manifest).request);
  const events: Record<string, { dataset: string | null; loggedUpTo: number }> = {};
  for (const [source, loggedUpTo] of Object.entries(record.events)) {
    const start = await readStart(await project.readLog(live, `events-${source}`));
    events[source] = { dataset: start?.dataset ?? null, loggedUpTo };
  }
  const request = Object.fromEntries(fields.map((field, i) => [field, record.request[i] ?? null]));
  return { id, live, atMs, asOfMs, request, outputs, ...(fallback && { fallback }), events };
}

async function datasetOrigin(project: Project, id: string): Promise<DatasetOrigin> {
  const version = await project.datasets.get(id);
  if (version === undefined) return { id, found: null };
  const { name, rowCount, quarantinedCount, fingerprints, blob, engine, createdAtMs } = version;
  return {
    id,
    found: { source: name, rowCount, quarantinedCount, fingerprints, blob, engine, createdAtMs },
  };
}

/** What a finished training run stored: the JSON of its result. */
function resultOf(run: Run | undefined): TrainResult | null {
  if (run?.status !== "finished") return null;
  const metrics: unknown = run.metrics;
  return metrics as TrainResult;
}

function runOrigin({ id, status, startedAtMs, manifest }: Run): RunOrigin {
  const facts = membersOf(manifest);
  return {
    ...{ id, status, startedAtMs },
    code: facts.code ?? null,
    environment: facts.environment ?? null,
    definitionHash: facts.hash ?? null,
  };
}

/** The dataset versions that a run's manifest names, by source. */
function datasetsOf(run: Run | undefined): string[] {
  const datasets = membersOf(membersOf(run?.manifest ?? null).datasets ?? null);
  return Object.values(datasets).filter((id): id is string => typeof id === "string");
}

function membersOf(value: Canonical): Readonly<Record<string, Canonical | undefined>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return value as Readonly<Record<string, Canonical | undefined>>;
}
