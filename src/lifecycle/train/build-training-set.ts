import { readDataset, takeRows, type DatasetVersion, type EventSource } from "../../data/index.js";
import { lookupsOf } from "../../features/index.js";
import { canonicalHash, throwIfCancelled, type Canonical } from "../../kernel/index.js";
import type { ModelDefinition } from "../../training/index.js";
import { lifecycleErrors } from "../errors.js";
import { requireFinal } from "../watch/maturity.js";
import { findModel, type Project } from "../project.js";
import { proveFeatures } from "../views/prove-features.js";
import { endOfLog, recordedEvents, requireLive } from "../live/recorded-events.js";
import { readStart } from "../live/live-sources.js";
import { snapshotSources } from "./snapshot-data.js";
import { sourceRows, spineRows } from "./spine-rows.js";
import { createSteps, isWhole } from "./steps.js";
import { computeFeatures, eventFiles, type EventsBySource, type TakenEvents } from "./training-data.js";
import { trainingSetId, type LiveShare } from "./training-set-id.js";
import { checkColumns, contentHash, trainingTable, type TrainingRows } from "./training-table.js";

/** A training set as it lies in the blob store. Plain JSON; its id says what it is a function of. */
export type TrainingSet = {
  /** `ts_` and 24 hexadecimal digits; equal ids mean equal rows, labels and features. */
  readonly id: string;
  readonly model: string;
  /** Label, its maturity, and features, as they were defined; and the hash of that. */
  readonly contract: Canonical;
  readonly contractHash: string;
  /** The dataset version of every source. */
  readonly datasets: Readonly<Record<string, string>>;
  /** What of a live state is in it, by source; null when nothing is. */
  readonly live: Readonly<Record<string, LiveShare>> | null;
  /** The moment that was asked for; null for all that is known. */
  readonly asOfMs: number | null;
  /** Labels whose time to mature ends later were not final. */
  readonly watermarkMs: number;
  readonly rows: number;
  readonly refused: {
    /** Rows whose label could still change, or was not known yet. */
    readonly immature: number;
    /** Rows whose label is null. */
    readonly unlabelled: number;
  };
  readonly columns: readonly { readonly name: string; readonly kind: string }[];
  /** Equal rows in the same order have the same: see `contentHash`. */
  readonly content: string;
  /** SHA-256 of the canonical Parquet file. */
  readonly blob: string;
  /** The latest rows were answered by the online path too. */
  readonly parity: { readonly rows: number; readonly mismatches: number };
  readonly engine: string;
  readonly producer: Project["producer"];
};

/** A training set that was built, or found. */
export interface BuiltTrainingSet {
  readonly set: TrainingSet;
  /** SHA-256 of the set's manifest, this very JSON, in the blob store. */
  readonly manifest: string;
  /** Whether it was there already. */
  readonly reused: boolean;
}

export interface TrainingSetRequest {
  readonly model: string;
  /** Only what was known before this moment; epoch milliseconds. */
  readonly asOfMs?: number;
  /** With the events that this live state logged until now; without it the sources' files alone. */
  readonly live?: string;
}

/** What a training set is built from; read when it is needed. */
interface Ingredients {
  readonly versions: ReadonlyMap<string, DatasetVersion>;
  readonly live?: ReadonlyMap<string, LiveShare>;
  readonly read: () => Promise<EventsBySource>;
}

/**
 * Builds the training set of a model, or finds it: one row for every row of its spine whose label is final,
 * with its position, time, label and all features, as a Parquet file in the blob store. Throws MW1123 when no
 * label is final, MW1124 when a feature has a column's name, and MW1125 for an unknown live state.
 */
export async function buildTrainingSet(
  project: Project,
  request: TrainingSetRequest,
  signal?: AbortSignal,
): Promise<BuiltTrainingSet> {
  const model = findModel(project, request.model);
  checkColumns(model.features);
  const { live } = request;
  const ingredients = await (live === undefined
    ? fromDatasets(project, model, signal)
    : fromLive(project, model, live));
  const asOf = request.asOfMs === undefined ? {} : { asOfMs: request.asOfMs };
  const identity = { model, ...asOf, versions: ingredients.versions };
  const id = trainingSetId(
    project,
    ingredients.live === undefined ? identity : { ...identity, live: ingredients.live },
  );
  const steps = createSteps(project);
  const { manifest } = await steps.run({
    name: "training set",
    inputs: { id },
    usable: ({ manifest }) => isUsable(project, manifest),
    compute: async () => {
      const set = await build(project, { model, id, ingredients, asOfMs: request.asOfMs }, signal);
      return { manifest: await project.blobs.put(new TextEncoder().encode(JSON.stringify(set))) };
    },
  });
  const set = await readTrainingSet(project, manifest);
  return { set, manifest, reused: steps.timings.some(({ reused }) => reused) };
}

async function isUsable(project: Project, manifest: string): Promise<boolean> {
  if (!(await isWhole(project.blobs, manifest))) return false;
  return project.blobs.has((await readTrainingSet(project, manifest)).blob);
}

/** What `build` made of it. */
async function readTrainingSet({ blobs }: Project, manifest: string): Promise<TrainingSet> {
  return JSON.parse(new TextDecoder().decode(await blobs.get(manifest))) as TrainingSet;
}

const sourcesOf = (model: ModelDefinition) =>
  new Set([model.spine.source, ...lookupsOf(model.features).map(({ view }) => view.source)]);

/** The sources of a model as a live state has them: events alone. Throws MW1141. */
function eventSourcesOf(model: ModelDefinition): EventSource[] {
  const sources = [...sourcesOf(model)];
  const events = sources.filter((source) => source.kind === "events");
  if (events.length === sources.length) return events;
  throw lifecycleErrors.error("MW1141", {
    expected: "sources of events, which a live state logs",
    found: `"${model.spine.source.name}", a table`,
    remedy: "Build the training set without --live.",
    details: { model: model.name, source: model.spine.source.name },
  });
}

async function fromDatasets(
  project: Project,
  model: ModelDefinition,
  signal?: AbortSignal,
): Promise<Ingredients> {
  const versions = await snapshotSources(project, model, signal);
  return {
    versions,
    async read() {
      const events = new Map<string, TakenEvents>();
      for (const source of sourcesOf(model)) {
        const version = versions.get(source.name) as DatasetVersion;
        events.set(source.name, sourceRows(source, await readDataset(version, project)));
      }
      return events;
    },
  };
}

async function fromLive(project: Project, model: ModelDefinition, live: string): Promise<Ingredients> {
  const sources = eventSourcesOf(model);
  await requireLive(project, live);
  const versions = new Map<string, DatasetVersion>();
  const shares = new Map<string, LiveShare>();
  for (const { name } of sources) {
    const start = await readStart(await project.readLog(live, `events-${name}`));
    const version = await (start === undefined
      ? project.datasets.latest(name)
      : project.datasets.get(start.dataset));
    if (version !== undefined) versions.set(name, version);
    shares.set(name, { beforeMs: start?.beforeMs ?? null, end: await endOfLog(project, name, live) });
  }
  return {
    versions,
    live: shares,
    async read() {
      const events = new Map<string, TakenEvents>();
      for (const source of sources) {
        const upTo = shares.get(source.name)?.end.sequence ?? 0;
        events.set(source.name, await recordedEvents(project, source, { live, logs: [live], upTo }));
      }
      return events;
    },
  };
}

interface Building {
  readonly model: ModelDefinition;
  readonly id: string;
  readonly ingredients: Ingredients;
  readonly asOfMs: number | undefined;
}

async function build(
  project: Project,
  { model, id, ingredients, asOfMs }: Building,
  signal?: AbortSignal,
): Promise<TrainingSet> {
  const events = await ingredients.read();
  const own = events.get(model.spine.source.name) as TakenEvents;
  const known = (row: number) => isKnown(own, row);
  const spine = spineRows(model, own, { known, ...(asOfMs === undefined ? {} : { asOfMs }) });
  const { times, maturity } = spine;
  const rows = requireFinal(model, maturity);
  const table = takeRows(own.table, rows);
  const rowTimes = Float64Array.from(rows, (row) => times[row]);
  const files =
    ingredients.live === undefined ? { files: await eventFiles(project, ingredients.versions) } : {};
  const columns = await computeFeatures(project, { model, table, times: rowTimes, events, ...files }, signal);
  const written = await write(project, { model, rows, spine, columns });
  throwIfCancelled(signal);
  const proved = { set: model.features, table, times: rowTimes, events, features: columns.features };
  const parity = await proveFeatures(proved, signal, project.progress);
  return {
    id,
    model: model.name,
    contract: model.contract,
    contractHash: canonicalHash(model.contract),
    datasets: Object.fromEntries([...ingredients.versions].map(([name, version]) => [name, version.id])),
    live: ingredients.live === undefined ? null : Object.fromEntries(ingredients.live),
    asOfMs: asOfMs ?? null,
    watermarkMs: maturity.watermarkMs,
    rows: rows.length,
    refused: { immature: maturity.immature, unlabelled: maturity.unlabelled },
    ...written,
    parity: { rows: parity.rows, mismatches: parity.mismatches },
    engine: project.engine.name,
    producer: project.producer,
  };
}

/** Rows of a history from the time on at which a live state began are none of its rows. */
const isKnown = ({ availableMs, log }: TakenEvents, row: number): boolean =>
  log === undefined || log[row] >= 0 || !Number.isNaN(availableMs[row]);

async function write(
  { engine, blobs, progress }: Project,
  rows: TrainingRows,
): Promise<Pick<TrainingSet, "columns" | "content" | "blob">> {
  const task = progress.start("write training set");
  const { table, schema } = trainingTable(rows);
  const path = await engine.writeTable(table, schema);
  try {
    const blob = await blobs.adopt(path);
    task.finish(`${table.rowCount.toLocaleString("en")} rows`);
    const columns = Object.entries(schema).map(([name, { kind }]) => ({ name, kind }));
    return { columns, content: contentHash(table, schema), blob };
  } finally {
    await engine.discard(path);
  }
}
