import { setImmediate } from "node:timers/promises";
import { readDataset } from "../../data/index.js";
import {
  createIdSet,
  eventTable,
  readMessages,
  type CheckpointMessage,
  type FeatureState,
  type IdSet,
  type View,
} from "../../features/index.js";
import {
  isMillwrightError,
  throwIfCancelled,
  valueAt,
  type AppendLog,
  type MillwrightError,
  type StoredCheckpoint,
  type Table,
} from "../../kernel/index.js";
import { knownPredictions, type KnownPredictions } from "../watch/known-predictions.js";
import type { LiveMemory, SavedLive } from "./live-checkpoint.js";
import { positionIn } from "./lost-records.js";
import type { SourceLogs } from "./live-logs.js";
import { clockLagMs, readEvent, skimPrediction, type LogPosition } from "./live-records.js";
import type { LiveFeatures } from "../views/open-features.js";
import type { Project } from "../project.js";

export interface Restoring {
  readonly live: string;
  readonly logs: readonly SourceLogs[];
  readonly predictions: AppendLog;
  readonly features: LiveFeatures;
  /** What the features hold. */
  readonly views: readonly View[];
  /** Names of checkpoints: the first that fits under one of them and holds every view is taken, or else the first. */
  readonly checkpoints: readonly string[];
  /** How many of the latest ids are remembered of every source. */
  readonly rememberedIds: number;
  /** Told of every checkpoint that could not be used. */
  readonly onWarning: (problem: MillwrightError) => void;
}

/** What was brought back, and how much had to be read for it. */
export interface Restored {
  readonly memory: LiveMemory;
  /** Rows and records that were read: what another restart would read again. */
  readonly read: number;
}

/** What is in memory before the rest of the logs is read. */
interface Beginning {
  readonly ids: Map<string, IdSet>;
  readonly known: KnownPredictions;
  readonly events: Map<string, LogPosition>;
  readonly predictions: LogPosition;
  /** Sources whose history and log the feature state has up to the position. */
  readonly held: ReadonlySet<string>;
}

/**
 * Brings the memory of a live project to where its logs end: the newest checkpoint that is whole and fits the
 * logs, and what they have behind it. What no checkpoint has is computed from the history and the whole log.
 * Throws MW1142 and MW1116 when a checkpoint proves that a log lost acknowledged records.
 */
export async function restoreLive(
  project: Project,
  restoring: Restoring,
  signal?: AbortSignal,
): Promise<Restored> {
  const { logs, features, predictions } = restoring;
  const begun = (await newestFitting(project, restoring)) ?? (await beginAnew(restoring));
  let read = 0;
  for (const log of logs) {
    read += await restoreSource(project, { log, begun, restoring }, signal);
  }
  const { clockMs, count } = await skimPredictions(predictions, begun);
  throwIfCancelled(signal);
  await features.state().advance(clockMs);
  const { ids, known, events } = begun;
  const memory = { features, ids, known, events, predictions: begun.predictions };
  return { memory, read: read + count };
}

async function beginAnew({ features }: Restoring): Promise<Beginning> {
  await features.begin();
  return {
    ids: new Map(),
    known: knownPredictions(),
    events: new Map(),
    predictions: { sequence: 0, record: "" },
    held: new Set(),
  };
}

async function newestFitting(project: Project, restoring: Restoring): Promise<Beginning | undefined> {
  const warned = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      // What was acknowledged and is gone is no matter of this checkpoint alone.
      if (
        !isMillwrightError(error) ||
        isMillwrightError(error, "MW1142") ||
        isMillwrightError(error, "MW1116")
      )
        throw error;
      restoring.onWarning(error);
      return undefined;
    }
  };
  const wanted = new Set(restoring.views.map(({ source }) => source.name));
  let best: { readonly stored: StoredCheckpoint; readonly begun: Beginning } | undefined;
  let tried: StoredCheckpoint | undefined;
  for (const name of restoring.checkpoints) {
    for (const stored of (await warned(() => project.checkpoints.list(name))) ?? []) {
      const begun = await warned(() => beginWith((tried = stored), restoring));
      if (begun === undefined) continue;
      if ([...wanted].every((source) => begun.held.has(source))) return begun;
      best ??= { stored, begun };
      break;
    }
  }
  if (best === undefined || best.stored === tried) return best?.begun;
  const { stored } = best;
  return warned(() => beginWith(stored, restoring));
}

/** Throws MW1012, MW0307 and MW0308 for a checkpoint that is of no use, MW1142 and MW1116 for logs that lost records. */
async function beginWith(stored: StoredCheckpoint, restoring: Restoring): Promise<Beginning> {
  const { logs, predictions, features } = restoring;
  const restorer = await features.begin();
  const ids = new Map<string, IdSet>();
  const events = new Map<string, LogPosition>();
  let saved: SavedLive | undefined;
  let answered: LogPosition = { sequence: 0, record: "" };
  for await (const message of readMessages(stored.read())) {
    if (message.kind === "live") {
      saved = message.facts as { [Fact in keyof SavedLive]: SavedLive[Fact] };
      answered = await positionIn(predictions, saved.predictions, {
        name: "predictions",
        checkpoint: stored,
      });
      for (const { source, log } of logs) {
        if (!Object.hasOwn(saved.events, source.name)) continue;
        const facts = { name: `events-${source.name}`, checkpoint: stored };
        events.set(source.name, await positionIn(log, saved.events[source.name], facts));
        if (source.id !== undefined && saved.ids[source.name] === source.id) {
          ids.set(source.name, createIdSet(restoring.rememberedIds));
        }
      }
    } else if (message.kind === "ids") restoreIds(message, ids);
    else restorer.take(message);
  }
  const known = knownPredictions(saved?.known);
  return { ids, known, events, predictions: answered, held: restorer.restored() };
}

function restoreIds(message: CheckpointMessage, ids: ReadonlyMap<string, IdSet>): void {
  ids.get(String(message.facts.source))?.restore(message);
}

interface SourceRestoring {
  readonly log: SourceLogs;
  readonly begun: Beginning;
  readonly restoring: Restoring;
}

/** Loads the history of a source where it is needed and reads its log from where the memory ends. */
async function restoreSource(
  project: Project,
  { log: { source, log, start }, begun, restoring }: SourceRestoring,
  signal?: AbortSignal,
): Promise<number> {
  const { features } = restoring;
  const { name } = source;
  const hasState = begun.held.has(name);
  const knownIds = source.id === undefined ? undefined : begun.ids.get(name);
  const ids = source.id === undefined ? undefined : (knownIds ?? createIdSet(restoring.rememberedIds));
  if (ids !== undefined) begun.ids.set(name, ids);
  const hasAll = hasState && (ids === undefined || knownIds !== undefined);
  let read = 0;
  const version = hasAll || start.dataset === "" ? undefined : await project.datasets.get(start.dataset);
  if (version !== undefined) {
    const task = project.progress.start(`load history of ${name}`, 1);
    const table = await readDataset(version, project);
    const onProgress = (share: number) => task.update(share);
    if (!hasState) await features.load(source, { table, beforeMs: start.beforeMs, onProgress }, signal);
    if (ids !== undefined && knownIds === undefined) addIds(ids, { source, table, beforeMs: start.beforeMs });
    task.finish(`${table.rowCount.toLocaleString("en")} rows`);
    read += table.rowCount;
  }
  throwIfCancelled(signal);
  const position = begun.events.get(name) ?? { sequence: 1, record: JSON.stringify(start) };
  begun.events.set(name, position);
  const from = hasAll ? position.sequence + 1 : 2;
  return read + (await readOn({ source, log }, { state: features.state(), ids, position, from }, signal));
}

/** What takes the records of a log. */
export interface LogTaker {
  readonly state: FeatureState;
  readonly ids: IdSet | undefined;
  /** The last record that was taken; moves on. */
  readonly position: LogPosition;
  readonly from: number;
}

/** Takes the records of a log from a number on, and tells how many there were. */
export async function readOn(
  { source, log }: Pick<SourceLogs, "source" | "log">,
  { state, ids, position, from }: LogTaker,
  signal?: AbortSignal,
): Promise<number> {
  const column = source.id === undefined ? -1 : Object.keys(source.schema).indexOf(source.id);
  let read = 0;
  for await (const { first, records } of log.read(from)) {
    // Records come in from the disk in large batches, which are all there without waiting.
    await setImmediate();
    throwIfCancelled(signal);
    const events = records.map((line, i) => readEvent(line, first + i));
    for (const { values } of events) ids?.add(values[column]);
    await state.add(source.name, events);
    const { receivedMs } = events[events.length - 1];
    if (receivedMs !== null) await state.advance(receivedMs - clockLagMs);
    read += events.length;
    position.sequence = first + records.length - 1;
    position.record = records[records.length - 1];
  }
  return read;
}

/** The ids of the rows of a history that count: those that were available before a time. */
function addIds(
  ids: IdSet,
  { source, table, beforeMs }: { source: SourceLogs["source"]; table: Table; beforeMs: number },
): void {
  const { availableMs } = eventTable(source, table);
  const column = table.columns[source.id as string];
  for (let row = 0; row < table.rowCount; row++) {
    if (availableMs[row] < beforeMs) ids.add(valueAt(column, row));
  }
}

/** Takes what the log says of predictions behind a position: which were answered, and how far the clock had come. */
async function skimPredictions(
  log: AppendLog,
  { known, predictions: position }: Beginning,
): Promise<{ readonly clockMs: number; readonly count: number }> {
  let clockMs = -Infinity;
  let count = 0;
  for await (const { first, records } of log.read(position.sequence + 1)) {
    for (const record of records) {
      const { id, asOfMs } = skimPrediction(record);
      known.add(id);
      clockMs = Math.max(clockMs, asOfMs);
    }
    count += records.length;
    position.sequence = first + records.length - 1;
    position.record = records[records.length - 1];
  }
  return { clockMs, count };
}
