import { readDataset, type Source } from "../data/index.js";
import {
  buildFeatures,
  eventTable,
  orderByTime,
  type FeatureColumns,
  type Spine,
  type VisibleEvents,
} from "../features/index.js";
import { canonicalJson, concatenateTables, tableOf, type Table, type Value } from "../kernel/index.js";
import { readPackage } from "../registry/index.js";
import type { ModelDefinition } from "../training/index.js";
import { lifecycleErrors } from "./errors.js";
import { latestOf, readPredictions, record } from "./live-predictions.js";
import type { LiveStart, PredictionRecord } from "./live-records.js";
import { readEvents, readStart } from "./live-sources.js";
import { findModel, type Project } from "./project.js";

/** What the comparison of logged with recomputed features showed. */
export interface FeatureVerification {
  readonly model: string;
  /** Predictions whose features were recomputed. */
  readonly predictions: number;
  /** Predictions of versions with another definition than the configuration's, which cannot be recomputed. */
  readonly skipped: number;
  /** Predictions with at least one feature that differs. */
  readonly mismatches: number;
  /** Differing values by feature; only features with any. */
  readonly byFeature: Readonly<Record<string, number>>;
  /** The first few predictions that differ. */
  readonly examples: readonly {
    readonly id: string;
    readonly feature: string;
    readonly logged: number | string | null;
    readonly recomputed: number | string | null;
  }[];
}

/**
 * Recomputes the features of every logged prediction offline, by folding the history and the event log in
 * the order in which the server could know them, and compares them bit by bit with what was logged. Throws
 * MW1107 when the predictions were made with other features, and MW1111 when there are none.
 */
export async function verifyFeatures(
  project: Project,
  { model: name, live = "default" }: { readonly model: string; readonly live?: string },
  signal?: AbortSignal,
): Promise<FeatureVerification> {
  const model = findModel(project, name);
  const logged = await readPredictions(project, name, live);
  const records = inOrderOfReading(await ofThisDefinition(project, model, logged));
  const task = project.progress.start("recompute features offline");
  const events = new Map<string, VisibleEvents>();
  for (const source of sourcesOf(model)) {
    events.set(source.name, await visibleEvents(project, { source, live, records }));
  }
  const spine: Spine = {
    table: tableOf(
      model.features.request,
      records.map(({ request }) => request),
    ),
    timeMs: Float64Array.from(records, ({ asOfMs }) => asOfMs),
    askedAt: Float64Array.from(records, (_, position) => position),
  };
  const { features } = await buildFeatures(
    model.features,
    { spine, events },
    signal === undefined ? {} : { signal },
  );
  task.finish(`${records.length.toLocaleString("en")} predictions`);
  const skipped = logged.length - records.length;
  const verification: FeatureVerification = { ...compare(model, records, features), skipped };
  await record(project, live, { name: "verifications", value: verification });
  return verification;
}

/** The latest verification of a live state; undefined when there was none. */
export async function latestVerification(
  project: Project,
  model: string,
  live: string,
): Promise<FeatureVerification | undefined> {
  const log = await project.readLog(live, "verifications");
  return latestOf<FeatureVerification>(log, (verification) => verification.model === model);
}

/** The predictions of versions that were trained with the configuration's definition. Throws MW1107 without any. */
async function ofThisDefinition(
  project: Project,
  model: ModelDefinition,
  records: readonly PredictionRecord[],
): Promise<PredictionRecord[]> {
  const defined = canonicalJson(model.contract);
  const versions = [...new Set(records.map(({ version }) => version))];
  const same = new Set<number>();
  for (const version of versions) {
    const { packageId } = await project.registry.resolve(model.name, String(version));
    const { manifest } = await readPackage(packageId, project.blobs);
    if (canonicalJson(manifest.features.definition) === defined) same.add(version);
  }
  if (same.size > 0) return records.filter(({ version }) => same.has(version));
  throw lifecycleErrors.error("MW1107", {
    expected: `predictions of a version with the configuration's features and label`,
    found: `predictions of version ${versions.join(", ")}, trained with another definition`,
    remedy: "Restore the definition that the version was trained with.",
    details: { model: model.name, versions },
  });
}

/**
 * The order in which the server read the features: its clock and its sequence numbers never go back, so
 * sorting by them restores the order whatever the order in which predictions reached the log.
 */
function inOrderOfReading(records: PredictionRecord[]): PredictionRecord[] {
  const total = (record: PredictionRecord) => Object.values(record.events).reduce((sum, n) => sum + n, 0);
  return records.sort((a, b) => a.asOfMs - b.asOfMs || total(a) - total(b));
}

function sourcesOf(model: ModelDefinition): Set<Source> {
  return new Set(model.features.groups.flatMap(({ views }) => views.map(({ source }) => source)));
}

/**
 * The events of a source, each with the position of the first prediction that could see it: the first one
 * whose sequence number is not below the event's and whose time is after its availability. Both only grow.
 */
async function visibleEvents(
  project: Project,
  { source, live, records }: { source: Source; live: string; records: readonly PredictionRecord[] },
): Promise<VisibleEvents> {
  const log = await project.readLog(live, `events-${source.name}`);
  const start = await readStart(log);
  const logged: Value[][] = [];
  const sequences: number[] = [];
  for await (const { sequence, values } of readEvents(log)) {
    logged.push(values);
    sequences.push(sequence);
  }
  const history = await readHistory(project, source, start);
  const events = eventTable(source, concatenateTables(history.table, tableOf(source.schema, logged)));
  const visibleFrom = new Float64Array(events.table.rowCount);
  const past = history.table.rowCount;
  for (let row = 0; row < visibleFrom.length; row++) {
    const availableMs = events.availableMs[row];
    const counts = row >= past || availableMs < history.beforeMs;
    if (!counts || Number.isNaN(availableMs)) visibleFrom[row] = NaN;
    else if (row < past) visibleFrom[row] = -1;
    else {
      const bySequence = firstWhere(records, ({ events }) => events[source.name] >= sequences[row - past]);
      const byTime = firstWhere(records, ({ asOfMs }) => asOfMs > availableMs);
      visibleFrom[row] = Math.max(bySequence, byTime) - 0.5;
    }
  }
  return { ...events, visibleFrom, order: orderByTime(visibleFrom) };
}

async function readHistory(
  project: Project,
  source: Source,
  start: LiveStart | undefined,
): Promise<{ table: Table; beforeMs: number }> {
  const version = start === undefined ? undefined : await project.datasets.get(start.dataset);
  if (version === undefined || start === undefined) return { table: tableOf(source.schema, []), beforeMs: 0 };
  return { table: await readDataset(version, project), beforeMs: start.beforeMs };
}

/** The first position at which a condition holds that stays true once it is: binary search. */
function firstWhere<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(items[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

const exampleCount = 5;

function compare(
  model: ModelDefinition,
  records: readonly PredictionRecord[],
  features: FeatureColumns["features"],
): Omit<FeatureVerification, "skipped"> {
  const byFeature: Record<string, number> = {};
  const examples: FeatureVerification["examples"][number][] = [];
  let mismatches = 0;
  const position = { number: 0, text: 0 };
  const readers = features.map((feature) => {
    const at = position[feature.kind]++;
    if (feature.kind === "text") {
      return {
        name: feature.name,
        logged: (record: PredictionRecord) => record.texts[at],
        recomputed: (row: number) => (feature.codes[row] < 0 ? "" : feature.dictionary[feature.codes[row]]),
      };
    }
    return {
      name: feature.name,
      logged: (record: PredictionRecord) => nullable(record.numbers[at]),
      recomputed: (row: number) => nullable(feature.values[row]),
    };
  });
  records.forEach((record, row) => {
    let differs = false;
    for (const { name, logged, recomputed } of readers) {
      const [was, is] = [logged(record), recomputed(row)];
      if (was === is) continue;
      differs = true;
      byFeature[name] = (byFeature[name] ?? 0) + 1;
      if (examples.length < exampleCount)
        examples.push({ id: record.id, feature: name, logged: was, recomputed: is });
    }
    if (differs) mismatches++;
  });
  return { model: model.name, predictions: records.length, mismatches, byFeature, examples };
}

function nullable(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
