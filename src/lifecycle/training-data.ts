import { readDataset, splitPart, type DatasetVersion } from "../data/index.js";
import {
  buildFeatures,
  eventTable,
  sharedFloats,
  visibleByTime,
  type FeatureColumns,
  type FeatureSet,
  type VisibleEvents,
} from "../features/index.js";
import { evaluateNumbers, type Table } from "../kernel/index.js";
import type { BinaryExamples } from "../learning/index.js";
import type { ModelDefinition } from "../training/index.js";
import type { Project } from "./project.js";
import type { Steps } from "./steps.js";

/**
 * The rows that a model is trained and tested on. Features are computed when they are first needed: a run
 * whose later steps are remembered never needs them.
 */
export interface TrainingData {
  readonly version: DatasetVersion;
  readonly table: Table;
  /** Epoch milliseconds of each row's prediction. */
  readonly times: Float64Array;
  /** 0 or 1; meaningless where the row is in no part. */
  readonly labels: Uint8Array;
  /** Row numbers, ascending. */
  readonly train: Uint32Array;
  readonly test: Uint32Array;
  /** The features of all rows. */
  features(signal?: AbortSignal): Promise<FeatureColumns>;
}

/** Reads a dataset version as training data of a model. `steps` measures the features when they are computed. */
export async function openTrainingData(
  project: Project,
  { model, version, steps }: { model: ModelDefinition; version: DatasetVersion; steps: Pick<Steps, "time"> },
): Promise<TrainingData> {
  const { engine, blobs } = project;
  const table = await readDataset(version, { engine, blobs });
  const times = numbers(table, model.spine.time);
  const outcome = evaluateNumbers(model.task.label, table);
  const labels = Uint8Array.from(outcome, (value) => (value === 1 ? 1 : 0));
  // A row without an outcome is in no part: it is never called a negative.
  const known = times.map((time, row) => (Number.isNaN(outcome[row]) ? NaN : time));
  const parts = model.split.assign(known);
  let features: Promise<FeatureColumns> | undefined;
  return {
    version,
    table,
    times,
    labels,
    train: rowsOf(parts, splitPart.train),
    test: rowsOf(parts, splitPart.test),
    features: (signal) =>
      (features ??= steps.time("features", () => computeFeatures(project, { model, table, times }, signal))),
  };
}

async function computeFeatures(
  project: Project,
  { model, table, times }: { model: ModelDefinition; table: Table; times: Float64Array },
  signal?: AbortSignal,
): Promise<FeatureColumns> {
  const views = model.features.groups.flatMap((group) => group.views);
  const task = project.progress.start("features, point in time", table.rowCount * Math.max(1, views.length));
  const events = new Map<string, VisibleEvents>();
  for (const { source } of views) {
    if (events.has(source.name)) continue;
    const rows = source.name === model.spine.source.name ? table : await latestRows(project, source.name);
    events.set(source.name, visibleByTime(eventTable(source, rows)));
  }
  const columns = await buildFeatures(
    model.features,
    { spine: { table, timeMs: times, askedAt: times }, events },
    { onProgress: (done) => task.update(done), ...(signal === undefined ? {} : { signal }) },
  );
  task.finish(`${model.features.columns.length} features × ${table.rowCount.toLocaleString("en")} rows`);
  return columns;
}

async function latestRows({ engine, blobs, datasets }: Project, source: string): Promise<Table> {
  const version = await datasets.latest(source);
  if (version === undefined) throw new TypeError(`source "${source}" has no snapshot`);
  return readDataset(version, { engine, blobs });
}

function numbers(table: Table, name: string): Float64Array {
  const column = table.columns[name];
  if (column.kind === "number") return column.values;
  throw new TypeError(`column "${name}" is not a time`);
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

/** The training rows as examples, of all features or of those of a smaller set. */
export async function trainingExamples(
  data: TrainingData,
  set?: FeatureSet,
  signal?: AbortSignal,
): Promise<BinaryExamples> {
  const taken = takeFeatureRows(await data.features(signal), data.train, set);
  return { ...taken, labels: Uint8Array.from(data.train, (row) => data.labels[row]) };
}
