import type { Canonical, Table, Value } from "../kernel/index.js";
import type { VectorOut } from "./algebra/accumulator.js";
import type { FeatureSet } from "./definition/feature-set.js";
import type { View } from "./definition/view.js";

/** One event as it stands in a log. */
export interface LoggedEvent {
  /** Its number in the log of its source. */
  readonly sequence: number;
  /**
   * When it was taken, by the server's clock: it cannot have been known before. Null where time is what
   * events and requests say, as in a replay of the past.
   */
  readonly receivedMs: number | null;
  /** The fields in the order of the source's schema. */
  readonly values: readonly Value[];
}

/**
 * Which events of a log an answer rests on: those with a number up to `sequence` that were available before
 * `beforeMs`. Both only grow.
 */
export interface SeenLog {
  readonly sequence: number;
  readonly beforeMs: number;
}

/** What a feature vector rests on; enough to compute it again. */
export interface Seen {
  /** The time that the windows refer to. */
  readonly asOfMs: number;
  /**
   * By lookup, in the order of `lookupsOf(set)`: what was seen of each log, by the name of the live state
   * that writes it. Absent: every lookup saw `sequences` of this state's own logs before `asOfMs`.
   */
  readonly lookups?: readonly Readonly<Record<string, SeenLog>>[];
  /** Last number that counts of each source's log of this state, by source. */
  readonly sequences: Readonly<Record<string, number>>;
}

/** One request: its fields in the order of the feature set's request schema, and its time. */
export interface FeatureQuestion {
  readonly values: readonly Value[];
  readonly timeMs: number;
  readonly out: VectorOut;
}

/** Fills model inputs. Compiled once for a feature set. */
export interface FeatureReader {
  readonly numberCount: number;
  readonly textCount: number;
  /** Answers questions together, with one fetch from a store that is elsewhere. Throws MW1013 when it is gone. */
  read(questions: readonly FeatureQuestion[]): Seen[] | Promise<Seen[]>;
}

/**
 * Windowed features of all entities, alive. The clock of a state never goes back: after a read at a time,
 * exactly the events that were available before that time count, and so every later read is at that time or
 * after it. Events that become available later wait outside the windows until a read passes them.
 */
export interface FeatureState {
  /** Why an event cannot be aggregated; undefined when it can. Ask before it is logged. */
  objection(source: string, values: readonly Value[]): string | undefined;
  /**
   * Takes events that are in the log, in the log's order; those that it has already are skipped. Reads that
   * begin after it resolved see them, if their time has come.
   */
  add(source: string, events: readonly LoggedEvent[]): void | Promise<void>;
  /** Brings the clock to a time, if it is not there yet. */
  advance(timeMs: number): void | Promise<void>;
  /** Asks a store that is elsewhere for nothing. Throws MW1013 when it is gone, MW0306 when it lost what it had. */
  check(): void | Promise<void>;
  /** Compiles a feature set whose views this state holds. */
  reader(set: FeatureSet): FeatureReader;
  /** The time up to which events count. */
  clockMs(): number;
  /** Last number of a source's log that was added; 0 when there is none. */
  sequence(source: string): number;
}

/** Some tiles of one entity of one view, by field name, and what they rest on. */
export interface TileRequest {
  /** Names the view's definition and the history that it stands on. */
  readonly space: string;
  readonly key: string;
  readonly fields: readonly string[];
}

export interface TileAnswer {
  /** What was last written beside the tiles; undefined for an entity without any. */
  readonly meta: string | undefined;
  /** In the order of the request. */
  readonly tiles: readonly (Uint8Array | undefined)[];
}

/** A change of one entity, all or nothing. */
export interface TileChange {
  readonly space: string;
  readonly key: string;
  /** The meta on which the change rests. */
  readonly expected: string | undefined;
  readonly meta: string;
  readonly set: readonly (readonly [field: string, tile: Uint8Array])[];
  readonly drop: readonly string[];
}

/**
 * Tiles of entities, kept where several processes read and write them. The store only compares and swaps:
 * what a tile means is for this room alone to know. Every method throws MW1013 when the store cannot be
 * reached in time, and then may be asked again: a change that was made after all is refused the second time.
 */
export interface TileStore {
  /** One round trip for all requests. */
  fetch(requests: readonly TileRequest[]): Promise<TileAnswer[]>;
  /** Makes each change whose `expected` is still what is stored, in one round trip; says which were made. */
  swap(changes: readonly TileChange[]): Promise<boolean[]>;
  /** Removes everything of a space. */
  drop(space: string): Promise<void>;
  close(): Promise<void>;
}

/** A source's rows as canonical Parquet. */
export interface EventFile {
  readonly path: string;
  readonly rowCount: number;
}

/** What is known of a view's events before they are read. */
export interface EventCounts {
  /** Events with a time and a key. */
  readonly events: number;
  readonly keys: number;
  /** How many events the key of an event has, on average over the events: large keys weigh more. */
  readonly perKey: number;
  /** Span of their event times. */
  readonly spanMs: number;
}

/** How an engine adds windows up: a join with a range, differences of prefix sums, or frames over a union. */
export type WindowStrategy = "range" | "prefix" | "frame";

/** What is asked of one view's events. */
export interface WindowRequest {
  readonly view: Pick<View, "source" | "plan" | "keyColumns" | "clock">;
  readonly file: EventFile;
  readonly strategy: WindowStrategy;
  readonly windows: readonly RequestedWindow[];
  /** Keys as `entityKey` writes them; the codes of questions count them. */
  readonly keys: readonly string[];
  readonly questions: { readonly codes: Int32Array; readonly timeMs: Float64Array };
}

/** One window: the slots that it adds up, and by question its lower bound. */
export interface RequestedWindow {
  readonly windowMs: number;
  readonly hopMs: number;
  /** Numbers of slots of the plan, in the order of the answer. */
  readonly slots: readonly number[];
  readonly lowMs: Float64Array;
}

/**
 * Adds windows up where the events lie, so that they need not enter this process. A question sees the events
 * that were available before its time; the answer is what `fold` adds up, bit by bit, or none.
 */
export interface WindowEngine {
  /** Why a view's slots cannot be added up here exactly; undefined when they can. */
  objection(view: WindowRequest["view"]): string | undefined;
  /** Counts a view's events; far cheaper than reading them. */
  measure(view: WindowRequest["view"], file: EventFile): Promise<EventCounts>;
  /**
   * By window, the cells of its slots question by question. Undefined when a value is too large to be sure of:
   * then `fold` decides.
   */
  addUp(request: WindowRequest, signal?: AbortSignal): Promise<readonly Float64Array[] | undefined>;
  /** What a view reads of the rows of some keys, in the order of the file. */
  readKeys(view: WindowRequest["view"], file: EventFile, keys: readonly string[]): Promise<Table>;
  close(): Promise<void>;
}

/**
 * How far the state of a view has come in a live state. It is filled (`building`), stands beside what is read
 * (`shadow`), is what is read (`active`), or was read before and is kept (`retired`).
 */
export type FeatureSpaceState = "building" | "shadow" | "active" | "retired";

/** The state of one version of a view in a live state. */
export interface FeatureSpace {
  readonly live: string;
  /** The name of the view; of each name one version is active at most. */
  readonly view: string;
  /** Names the definition and the history that it stands on. */
  readonly name: string;
  /** The view's hash. */
  readonly hash: string;
  readonly definition: Canonical;
  readonly state: FeatureSpaceState;
  /** The last record of the log of the view's source that was in it when it was filled; 0 while it is not. */
  readonly sequence: number;
  /** The checkpoint that holds it; null where a shared store does. */
  readonly checkpoint: string | null;
  /** Reads that were compared in the shadow, and those of them that differed. */
  readonly compared: number;
  readonly mismatches: number;
  readonly startedAtMs: number;
  readonly changedAtMs: number;
}

/** Remembers which version of each view is read. A switch is one step, whenever the process dies. */
export interface FeatureSpaceCatalog {
  /** All spaces of a live state, the last changed first. */
  list(live: string): Promise<readonly FeatureSpace[]>;
  /** Writes a space that is not read; one that is active stays as it is. */
  save(space: FeatureSpace & { readonly state: "building" | "shadow" }): Promise<void>;
  /**
   * Makes spaces active and those that were in their place retired: all of them or, unless every one is in the
   * state that it is to leave, none. Tells whether it was done.
   */
  activate(
    live: string,
    spaces: readonly Pick<FeatureSpace, "view" | "name">[],
    step: { readonly from: "shadow" | "retired"; readonly atMs: number },
  ): Promise<boolean>;
}
