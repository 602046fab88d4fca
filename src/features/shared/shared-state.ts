import type { EventSource } from "../../data/index.js";
import type { Table, Value } from "../../kernel/index.js";
import type { WrittenView } from "./apply-events.js";
import type { FeatureSet } from "../definition/feature-set.js";
import { loadHistory } from "../online/load-history.js";
import { objectionOf } from "../online/online-state.js";
import { outOfStep } from "./out-of-step.js";
import type { FeatureState, LoggedEvent, SeenLog, TileStore } from "../ports.js";
import { compileSharedReader, type SharedReader } from "./shared-reader.js";
import { createSharedWriter } from "./shared-writer.js";
import { createStoredPosition } from "./stored-position.js";
import { createStoredView } from "./stored-view.js";
import type { View } from "../definition/view.js";

/**
 * The features of all entities in a store that several processes read and write. Each process writes one
 * partition: it applies the events of its own logs, and reads see what all have applied.
 *
 * A method that rejects has lost nothing: events that it took wait for the next call, and those that it did
 * not take are named in the error (MW0306), for the log to be added again from there.
 */
export interface SharedState extends FeatureState {
  /**
   * Reads where an earlier life of this partition's writer stood. Call it first, then add each log from
   * `sequence(source) + 1` on: what is in the store already counts once. Called again after MW0306, it begins
   * anew.
   */
  resume(): Promise<void>;
  /**
   * Takes the rows of a source that were available before a time, in bulk; of the same history a second time,
   * nothing. Throws MW0306 when a space stands on another history.
   */
  load(source: EventSource, table: Table, beforeMs: number): Promise<void>;
  add(source: string, events: readonly LoggedEvent[]): Promise<void>;
  advance(timeMs: number): Promise<void>;
  reader(set: FeatureSet): SharedReader;
}

export interface SharedStateOptions {
  readonly tiles: TileStore;
  /** The name of the live state whose logs this process writes; two processes never share one. */
  readonly partition: string;
  /** The space of a view: it names the definition and the history that it stands on. */
  readonly spaceOf: (view: View) => string;
  /** Events that may wait for the store in memory; more are refused (MW0306). Default 20,000. */
  readonly waitingEvents?: number;
  /** Events between two times that the position is written; a restart replays about as many. Default 64. */
  readonly positionStride?: number;
  /** Ends a load that is under way. */
  readonly signal?: AbortSignal | undefined;
}

/** Makes a state over a store; equal views are kept once. */
export function createSharedState(
  views: readonly View[],
  { tiles, partition, spaceOf, waitingEvents = 20_000, positionStride = 64, signal }: SharedStateOptions,
): SharedState {
  const written = [...new Map(views.map((view) => [view.hash, view])).values()].map((view): WrittenView => {
    const space = spaceOf(view);
    return {
      stored: createStoredView(view, space),
      position: createStoredPosition(space, partition, positionStride),
    };
  });
  const writer = createSharedWriter(written, { tiles, partition, waitingEvents });
  const viewsOf = (source: string) =>
    written.flatMap(({ stored }) => (stored.view.source.name === source ? [stored] : []));

  return Object.freeze({
    async resume() {
      const found = await beginLives(written, tiles);
      const clocks = found.map(({ beforeMs }) => beforeMs);
      await writer.restart(lowestOf(found), Math.max(-Infinity, ...clocks));
    },
    async load(source: EventSource, table: Table, beforeMs: number) {
      for (const stored of viewsOf(source.name))
        await loadHistory(stored, { source, table, beforeMs, signal }, tiles);
      await writer.reach(beforeMs);
    },
    objection: (source: string, values: readonly Value[]) => objectionOf(viewsOf(source), values),
    add: (source: string, events: readonly LoggedEvent[]) => writer.add(source, events),
    async advance(timeMs: number) {
      await writer.reach(timeMs);
    },
    check: () => checkPositions(written, tiles),
    reader: (set: FeatureSet) => compileSharedReader(set, written, { tiles, partition, writer }),
    clockMs: () => writer.clockMs(),
    sequence: (source: string) => writer.sequences()[source] ?? 0,
  });
}

/** Where the writer of a view stood. */
interface Stand extends SeenLog {
  readonly source: string;
}

const mostRounds = 16;

/** Reads where an earlier life of this partition's writer stood in each view, and ends that life. */
async function beginLives(written: readonly WrittenView[], tiles: TileStore): Promise<Stand[]> {
  for (let round = 0; round < mostRounds; round++) {
    const answers = await tiles.fetch(written.map(({ position }) => position.request));
    const changes = written.map(({ position }, i) => position.begin(answers[i].meta));
    const made = await tiles.swap(changes);
    if (!made.every(Boolean)) continue;
    return written.map(({ stored, position }, i) => {
      position.changed(changes[i].meta);
      const { sequence = 0, beforeMs = -Infinity } = position.before(answers[i].meta) ?? {};
      return { source: stored.view.source.name, sequence, beforeMs };
    });
  }
  throw outOfStep({
    expected: "to be the only process that writes under this name",
    found: `another one in each of ${mostRounds} attempts`,
    remedy: "End the other process, or give this one a name of its own.",
  });
}

/** Reads where this writer stands in each view: a store that was emptied or went back has another position, or none. */
async function checkPositions(written: readonly WrittenView[], tiles: TileStore): Promise<void> {
  const sequences = written.map(({ position }) => position.storedSequence());
  const answers = await tiles.fetch(written.map(({ position }) => position.request));
  written.forEach(({ position }, i) => {
    const sequence = sequences[i];
    if (sequence !== undefined) position.checkBehind(answers[i].meta, sequence);
  });
}

/** The log of a source must be added from the lowest position of its views on. */
function lowestOf(found: readonly Stand[]): Record<string, number> {
  const lowest: Record<string, number> = {};
  for (const { source, sequence } of found) lowest[source] = Math.min(lowest[source] ?? Infinity, sequence);
  return lowest;
}
