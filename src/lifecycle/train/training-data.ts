import {
  readDataset,
  splitPart,
  type DatasetVersion,
  type EventSource,
  type HeldRows,
} from "../../data/index.js";
import {
  buildFeatures,
  eventTable,
  lookupsOf,
  sharedFloats,
  visibleByTime,
  type EventFile,
  type EventTable,
  type FeatureColumns,
  type FeatureSet,
  type StoredEvents,
  type VisibleEvents,
} from "../../features/index.js";
import type { Table } from "../../kernel/index.js";
import type { Examples } from "../../learning/index.js";
import { inLearningOrder, targetOf, type ModelDefinition } from "../../training/index.js";
import { requireFinal } from "../watch/maturity.js";
import type { Project } from "../project.js";
import { sourceRows, spineRows, splitRows, type SpineRows } from "./spine-rows.js";
import type { Steps } from "./steps.js";
import { trainingSetId } from "./training-set-id.js";

/** Events of a source: of a dataset version, or of a live state. */
export interface TakenEvents extends EventTable {
  /** When a server took each; NaN, as of all where it is absent, for those that no server took. */
  readonly receivedMs?: Float64Array;
  /** −1 for events of the history; absent where there are no others. */
  readonly log?: Int16Array;
}

/** The events of every source that a model's features are computed from, by source. */
export type EventsBySource = ReadonlyMap<string, TakenEvents>;

/**
 * The rows that a model is trained and tested on. Features are computed when they are first needed: a run
 * whose later steps are remembered never needs them.
 */
export interface TrainingData extends SpineRows {
  /** Of the spine. */
  readonly version: DatasetVersion;
  /** The id of the training set that all its rows are. */
  readonly trainingSet: string;
  readonly table: Table;
  /** Row numbers, ascending. */
  readonly train: Uint32Array;
  readonly test: Uint32Array;
  /** The training rows, or some of them, without a share and that share, divided as the split divides. Throws MW0209. */
  hold(share: number, of?: Uint32Array): HeldRows;
  /** What the features are computed from. */
  events(): Promise<EventsBySource>;
  /** The features of all rows. */
  features(signal?: AbortSignal): Promise<FeatureColumns>;
}

export interface TrainingInput {
  readonly model: ModelDefinition;
  /** The dataset version of every source that the model reads, by source. */
  readonly versions: ReadonlyMap<string, DatasetVersion>;
  /** Measures the features when they are computed. */
  readonly steps: Pick<Steps, "time">;
}

/** Reads dataset versions as training data of a model. Throws MW0209 and MW1123 when there is nothing to learn from. */
export async function openTrainingData(
  project: Project,
  { model, versions, steps }: TrainingInput,
): Promise<TrainingData> {
  const version = versionOf(versions, model.spine.source.name);
  const table = await readDataset(version, project);
  const own = sourceRows(model.spine.source, table);
  const rows = spineRows(model, own);
  requireFinal(model, rows.maturity);
  const { times } = rows;
  const splitting = splitRows(model, table, rows);
  const parts = model.split.assign(splitting);
  const train = rowsOf(parts, splitPart.train);
  let features: Promise<FeatureColumns> | undefined;
  let events: Promise<EventsBySource> | undefined;
  const data: TrainingData = {
    ...rows,
    version,
    trainingSet: trainingSetId(project, { model, versions }),
    table,
    train,
    test: rowsOf(parts, splitPart.test),
    hold: (share, of = train) => model.split.hold(splitting, of, share),
    events: () => (events ??= readEvents(project, { model, versions, own })),
    features: (signal) =>
      (features ??= steps.time("features", async () => {
        // Events that nobody has asked for yet need not lie in memory as a whole.
        const known = events === undefined ? new Map([[model.spine.source.name, own]]) : await events;
        const unread = unreadEvents(project, { versions, events: () => data.events() });
        const files = await eventFiles(project, versions);
        return computeFeatures(project, { model, table, times, events: known, unread, files }, signal);
      })),
  };
  return data;
}

type OpenEvents = Pick<StoredEvents, "load" | "stream">;

/** Events of dataset versions: read as a whole once, or some columns of them. */
function unreadEvents(
  project: Project,
  { versions, events }: Pick<TrainingInput, "versions"> & Pick<TrainingData, "events">,
): (source: EventSource) => OpenEvents {
  return (source) => {
    const version = versionOf(versions, source.name);
    return {
      async load(columns) {
        if (columns === undefined) return visibleByTime((await events()).get(source.name) as EventTable);
        return visibleByTime(eventTable(source, await readDataset(version, project, { columns })));
      },
      stream: async (columns) =>
        project.engine.streamNumbers(await project.blobs.localPath(version.blob), version.schema, columns),
    };
  };
}

/** The files of dataset versions, for an engine that reads events by itself. */
export async function eventFiles(
  { blobs }: Project,
  versions: ReadonlyMap<string, DatasetVersion>,
): Promise<ReadonlyMap<string, EventFile>> {
  const files = new Map<string, EventFile>();
  for (const [source, { blob, rowCount }] of versions) {
    files.set(source, { path: await blobs.localPath(blob), rowCount });
  }
  return files;
}

async function readEvents(
  project: Project,
  { model, versions, own }: Omit<TrainingInput, "steps"> & { readonly own: EventTable },
): Promise<EventsBySource> {
  const events = new Map([[model.spine.source.name, own]]);
  for (const { view } of lookupsOf(model.features)) {
    const { source } = view;
    if (events.has(source.name)) continue;
    events.set(source.name, eventTable(source, await readDataset(versionOf(versions, source.name), project)));
  }
  return events;
}

function versionOf(versions: ReadonlyMap<string, DatasetVersion>, source: string): DatasetVersion {
  const version = versions.get(source);
  if (version === undefined) throw new TypeError(`no dataset version of source "${source}" was given`);
  return version;
}

/** What features are computed for, and from. */
export interface FeatureInput {
  readonly model: ModelDefinition;
  /** The rows of the spine. */
  readonly table: Table;
  readonly times: Float64Array;
  readonly events: EventsBySource;
  /** Opens those that are not among them. */
  readonly unread?: (source: EventSource) => OpenEvents;
  /** The same events in files, of sources where nothing else counts. */
  readonly files?: ReadonlyMap<string, EventFile>;
}

/**
 * The features of every row of a model's spine, point in time: folded, or added up by an engine where the
 * planner finds that clearly faster. Throws MW0309 when a sample that is folded as well differs.
 */
export async function computeFeatures(
  project: Project,
  { model, table, times, events, unread, files }: FeatureInput,
  signal?: AbortSignal,
): Promise<FeatureColumns> {
  const lookups = lookupsOf(model.features);
  const task = project.progress.start(
    "features, point in time",
    table.rowCount * Math.max(1, lookups.length),
  );
  const bySource = new Map(lookups.map(({ view }) => [view.source.name, view.source]));
  const sources = [...bySource.keys()];
  const visible = new Map(
    [...bySource].map(([name, source]): [string, VisibleEvents | StoredEvents] => {
      const load = () => visibleByTime(events.get(name) as EventTable);
      const file = files?.get(name);
      if (file === undefined) return [name, load()];
      const open = events.has(name) ? undefined : unread?.(source);
      return [name, { file, ...(open ?? { load: () => Promise.resolve(load()) }) }];
    }),
  );
  // Only where events outnumber questions can anything be faster than the fold.
  const engine = sources.some((source) => (files?.get(source)?.rowCount ?? 0) > table.rowCount)
    ? { engine: await project.openWindows() }
    : {};
  const chosen: string[] = [];
  const columns = await buildFeatures(
    model.features,
    { spine: { table, timeMs: times, askedAt: times }, events: visible },
    {
      threads: project.threads,
      ...engine,
      onChoice: (view, { strategy, reason }) => {
        if (strategy !== "fold") chosen.push(`; ${view}: ${reason}`);
      },
      onProgress: (done) => task.update(done),
      ...(signal === undefined ? {} : { signal }),
    },
  );
  const size = `${model.features.columns.length} features × ${table.rowCount.toLocaleString("en")} rows`;
  task.finish(`${size}${chosen.join("")}`);
  return columns;
}

function rowsOf(parts: Uint8Array, part: number): Uint32Array {
  let count = 0;
  const rows = new Uint32Array(parts.length);
  for (let row = 0; row < parts.length; row++) if (parts[row] === part) rows[count++] = row;
  return rows.slice(0, count);
}

/** The features of some rows. Contiguous rows are a window on the same memory, others a shared copy. */
export function takeFeatureRows(
  columns: FeatureColumns,
  rows: Uint32Array,
  set?: FeatureSet,
): FeatureColumns {
  const wanted = set && new Set(set.columns.map(({ name }) => name));
  const chosen = columns.features.filter(({ name }) => wanted?.has(name) ?? true);
  const first = rows[0] ?? 0;
  const contiguous = rows.length > 0 && rows[rows.length - 1] - first === rows.length - 1;
  const features = chosen.map((feature) => {
    if (feature.kind === "text") {
      const codes = contiguous
        ? feature.codes.subarray(first, first + rows.length)
        : Int32Array.from(rows, (row) => feature.codes[row]);
      return { ...feature, codes };
    }
    if (contiguous) return { ...feature, values: feature.values.subarray(first, first + rows.length) };
    const values = sharedFloats(rows.length);
    for (let i = 0; i < rows.length; i++) values[i] = feature.values[rows[i]];
    return { ...feature, values };
  });
  return { rowCount: rows.length, features };
}

/** Some rows as examples, of all features or of those of a smaller set. */
export async function examplesOf(
  data: TrainingData,
  {
    model,
    rows: given,
    set,
  }: { readonly model: ModelDefinition; readonly rows: Uint32Array; readonly set?: FeatureSet },
  signal?: AbortSignal,
): Promise<Examples> {
  const rows = inLearningOrder(data.outcomes, given);
  const taken = takeFeatureRows(await data.features(signal), rows, set);
  const { weights } = data;
  return {
    ...taken,
    target: targetOf(model.task, data.outcomes, rows),
    ...(weights === undefined ? {} : { weights: Float32Array.from(rows, (row) => weights[row]) }),
  };
}
