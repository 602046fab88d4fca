import type { EventSource } from "../../data/index.js";
import {
  createOnlineState,
  createSharedState,
  giveWay,
  type FeatureState,
  type OnlineState,
  type SharedState,
  type StateRestorer,
  type StateSnapshot,
  type TileStore,
  type View,
} from "../../features/index.js";
import type { Table } from "../../kernel/index.js";

/** The feature state of a live project and what keeps it: checkpoints of memory, or a store elsewhere. */
export interface LiveFeatures {
  /** Begins with an empty state, whatever was before; what it gives puts a checkpoint back. */
  begin(): Promise<StateRestorer>;
  /** The state since the last `begin`. */
  state(): FeatureState;
  /** Takes the history of a source, and gives way to the event loop meanwhile. Throws MW0105. */
  load(source: EventSource, history: LoadedHistory, signal?: AbortSignal): Promise<void>;
  /** The state as it is now, for a checkpoint; undefined where a store keeps it. */
  snapshot(): StateSnapshot | undefined;
}

export interface LoadedHistory {
  readonly table: Table;
  /** Rows that were available before this time count. */
  readonly beforeMs: number;
  /** Told the share that is done. */
  readonly onProgress?: (share: number) => void;
}

/** Opens the features of views in the memory of this process. */
export function memoryFeatures(views: readonly View[]): LiveFeatures {
  let state: OnlineState = createOnlineState(views);
  return Object.freeze({
    begin() {
      state = createOnlineState(views);
      return Promise.resolve(state.restorer());
    },
    state: () => state,
    load: (source: EventSource, { table, beforeMs, onProgress }: LoadedHistory, signal?: AbortSignal) =>
      giveWay(state.loadInSteps(source, table, beforeMs), signal, onProgress),
    snapshot: () => state.snapshot(),
  });
}

export interface SharedFeatures {
  readonly tiles: TileStore;
  /** The live state whose logs this process writes. */
  readonly live: string;
  /** Names the history of a source. */
  readonly baseOf: (source: string) => string;
  /** Ends a load that is under way. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the features of views in a store that other processes may share. Nothing is taken from a checkpoint:
 * the store knows what it has, and a store that was emptied gets everything again from history and logs.
 */
export function sharedFeatures(
  views: readonly View[],
  { tiles, live, baseOf, signal }: SharedFeatures,
): LiveFeatures {
  const spaceOf = ({ hash, source }: View) => `${hash.slice(0, 16)}:${baseOf(source.name)}`;
  const fresh = () => createSharedState(views, { tiles, partition: live, spaceOf, signal });
  let state: SharedState = fresh();
  return Object.freeze({
    async begin() {
      state = fresh();
      await state.resume();
      return { take: () => undefined, restored: () => new Set<string>() };
    },
    state: () => state,
    load: (source: EventSource, { table, beforeMs }: LoadedHistory) => state.load(source, table, beforeMs),
    snapshot: () => undefined,
  });
}
