import type { EventSource } from "../../data/index.js";
import { bindPositions, bindTable, isMillwrightError, type Table, type Value } from "../../kernel/index.js";
import type { VectorPosition } from "../algebra/accumulator.js";
import { takeSnapshot, type OpenSnapshot, type StateSnapshot } from "./checkpoint.js";
import { stateRestorer, type StateRestorer } from "./checkpoint-restore.js";
import { compileKey, keyCodes } from "../definition/entity-key.js";
import { eventTable, windowTimes, type EventTable } from "../definition/event-log.js";
import { compileEventTimes, type EventTimes } from "../definition/event-times.js";
import { featureCounts, lookupsOf, type FeatureSet } from "../definition/feature-set.js";
import { createPendingEvents } from "./pending-events.js";
import { compilePlainFeatures } from "./plain-features.js";
import type { FeatureQuestion, FeatureReader, FeatureState, LoggedEvent, Seen } from "../ports.js";
import {
  compileContributions,
  makeContributions,
  type Contribute,
  type Contributions,
} from "../algebra/slots.js";
import { createViewState, type ViewState } from "../algebra/view-state.js";
import type { View } from "../definition/view.js";

/** The features of all entities in the memory of this process. */
export interface OnlineState extends FeatureState {
  /** Takes the rows of a source that were available before a time, in bulk. Not while a snapshot is open. */
  load(source: EventSource, table: Table, beforeMs: number): void;
  /** The same in steps of a few milliseconds, each of which gives the share that is done. */
  loadInSteps(source: EventSource, table: Table, beforeMs: number): Generator<number>;
  /** Puts back what a snapshot's messages hold, into a state that has seen nothing. */
  restorer(): StateRestorer;
  /** The state as it is now, to be written while it goes on. One at a time: an earlier one is closed. */
  snapshot(): StateSnapshot;
  add(source: string, events: readonly LoggedEvent[]): void;
  advance(timeMs: number): void;
  reader(set: FeatureSet): MemoryReader;
}

export interface MemoryReader extends FeatureReader {
  read(questions: readonly FeatureQuestion[]): Seen[];
}

interface LiveView {
  /** Its position among the state's views. */
  readonly position: number;
  readonly view: View;
  readonly state: ViewState;
  readonly key: (values: readonly Value[]) => string | null;
  readonly contribute: Contribute<readonly Value[]>;
  readonly contributions: Contributions;
}

interface LiveSource {
  readonly views: readonly LiveView[];
  readonly times: ReturnType<typeof compileEventTimes>;
}

function liveView(view: View, position: number): LiveView {
  const bind = bindPositions(Object.keys(view.source.schema));
  return {
    position,
    view,
    state: createViewState(view.plan),
    key: compileKey(view.keyColumns, bind),
    contribute: compileContributions(view.plan, bind),
    contributions: makeContributions(view.plan),
  };
}

/** Makes an empty state for views; equal views are kept once. */
export function createOnlineState(views: readonly View[]): OnlineState {
  const live = [...new Map(views.map((view) => [view.hash, view])).values()].map(liveView);
  const sources = new Map<string, LiveSource>();
  for (const { source } of live.map(({ view }) => view)) {
    const own = live.filter(({ view }) => view.source.name === source.name);
    sources.set(source.name, { views: own, times: compileEventTimes(source) });
  }
  const pending = createPendingEvents();
  const sequences: Record<string, number> = {};
  let clockMs = -Infinity;
  let open: OpenSnapshot | undefined;

  function apply({ views: own }: LiveSource, values: readonly Value[], times: EventTimes): void {
    for (const { position, view, state, key, contribute, contributions } of own) {
      const entityKey = key(values);
      if (entityKey === null) continue;
      contribute(values, contributions);
      const entity = state.entity(entityKey);
      open?.before(position, entity);
      state.apply(entity, view.clock === "event" ? times.eventMs : times.availableMs, contributions);
    }
  }

  function add(name: string, events: readonly LoggedEvent[]): void {
    const source = sources.get(name);
    for (const event of events) {
      if (event.sequence <= (sequences[name] ?? 0)) continue;
      sequences[name] = event.sequence;
      const times = source?.times(event);
      if (source === undefined || times === undefined) continue;
      if (times.availableMs < clockMs) apply(source, event.values, times);
      else pending.push({ source: name, event, ...times });
    }
  }

  function advance(timeMs: number): void {
    if (timeMs <= clockMs) return;
    clockMs = timeMs;
    for (let due = pending.takeBefore(timeMs); due !== undefined; due = pending.takeBefore(timeMs)) {
      apply(sources.get(due.source) as LiveSource, due.event.values, due);
    }
  }

  function* loadInSteps(source: EventSource, table: Table, beforeMs: number): Generator<number> {
    const own = sources.get(source.name)?.views ?? [];
    const rows = eventTable(source, table);
    for (const [i, { view, state }] of own.entries()) {
      for (const share of loadView(view, state, { rows, beforeMs })) yield (i + share) / own.length;
    }
    // A log without an event is a log that this state has to its end.
    sequences[source.name] ??= 0;
    advance(beforeMs);
  }

  return Object.freeze({
    load(source: EventSource, table: Table, beforeMs: number) {
      const steps = loadInSteps(source, table, beforeMs);
      while (steps.next().done !== true);
    },
    loadInSteps,
    restorer: () =>
      stateRestorer(live, sources, {
        setClock: (timeMs) => {
          clockMs = timeMs;
        },
        setSequence: (name, sequence) => {
          sequences[name] = sequence;
        },
        wait: (event) => pending.push(event),
      }),
    snapshot() {
      const taken: OpenSnapshot = takeSnapshot(live, { clockMs, sequences, pending: pending.all() }, () => {
        if (open === taken) open = undefined;
      });
      open = taken;
      return taken;
    },
    advance,
    check: () => undefined,
    objection: (name: string, values: readonly Value[]) =>
      objectionOf(sources.get(name)?.views ?? [], values),
    add,
    reader: (set: FeatureSet) =>
      compileReader(set, live, (timeMs) => {
        advance(timeMs);
        return { asOfMs: clockMs, sequences: { ...sequences } };
      }),
    clockMs: () => clockMs,
    sequence: (name: string) => sequences[name] ?? 0,
  });
}

/** Why an event cannot be aggregated, by the first of the views that cannot. */
export function objectionOf(
  views: readonly Pick<LiveView, "view" | "contribute" | "contributions">[],
  values: readonly Value[],
): string | undefined {
  for (const { view, contribute, contributions } of views) {
    try {
      contribute(values, contributions);
    } catch (error) {
      if (isMillwrightError(error))
        return `view ${view.name}: expected ${error.expected}, found ${error.found}`;
      throw error;
    }
  }
  return undefined;
}

/** Rows from one step of a load to the next. */
const stepRows = 4096;

/**
 * Brings the rows of a history that were available before a time into an empty state, in steps that give the
 * share which is done.
 */
export function* loadView(
  view: View,
  state: ViewState,
  { rows: events, beforeMs }: { rows: EventTable; beforeMs: number },
): Generator<number> {
  const { table } = events;
  const times = windowTimes(view, events);
  const keys = keyCodes(view.keyColumns.map((name) => table.columns[name]));
  const contribute = compileContributions(view.plan, bindTable(table));
  const contributions = makeContributions(view.plan);
  for (let row = 0; row < table.rowCount; row++) {
    if (row % stepRows === stepRows - 1) yield row / table.rowCount;
    // NaN is not before anything: a row whose outcome is never known is left out.
    if (!(events.availableMs[row] < beforeMs) || keys.codes[row] < 0) continue;
    contribute(row, contributions);
    state.apply(state.entity(keys.texts[keys.codes[row]]), times[row], contributions);
  }
}

function compileReader(
  set: FeatureSet,
  live: readonly LiveView[],
  seeAt: (timeMs: number) => Seen,
): MemoryReader {
  const bind = bindPositions(Object.keys(set.request));
  const next = { number: 0, text: 0 };
  const windows = lookupsOf(set).map(({ view, keys }) => {
    const found = live.find((candidate) => candidate.view.hash === view.hash);
    if (found === undefined) throw new TypeError(`the online state does not hold view "${view.name}"`);
    const at: VectorPosition = { ...next };
    const counts = featureCounts(view);
    next.number += counts.number;
    next.text += counts.text;
    return { state: found.state, key: compileKey(keys, bind), at };
  });
  const plain = compilePlainFeatures(set, bind);

  function read({ values, timeMs, out }: FeatureQuestion): Seen {
    const seen = seeAt(timeMs);
    for (const { state, key, at } of windows) {
      const entity = key(values);
      state.read(entity === null ? -1 : state.find(entity), seen.asOfMs, out, at);
    }
    plain.write(values, out, next);
    return seen;
  }

  return Object.freeze({
    numberCount: next.number + plain.numbers.length,
    textCount: next.text + plain.texts.length,
    read: (questions: readonly FeatureQuestion[]) => questions.map(read),
  });
}
