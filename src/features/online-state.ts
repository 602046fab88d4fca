import type { Source } from "../data/index.js";
import {
  bindPositions,
  bindTable,
  compileExpression,
  isMillwrightError,
  type Reader,
  type Table,
  type Value,
} from "../kernel/index.js";
import { eventTable, keyCodes, windowTimes } from "./event-log.js";
import type { FeatureSet } from "./feature-set.js";
import { createPendingEvents } from "./pending-events.js";
import { compileContributions, type Contribute } from "./slots.js";
import { createViewState, type ViewState } from "./view-state.js";
import type { View } from "./view.js";

/** Fills the model's input for one request and tells as of when. */
export interface VectorReader {
  readonly numberCount: number;
  readonly textCount: number;
  /**
   * Writes number features to `numbers` (NaN is missing) and texts to `texts` ("" is missing). `values` are
   * the request's fields in the order of the feature set's request schema. Returns the time that the windows
   * refer to: the request's own, or the state's clock if that is later.
   */
  read(values: readonly Value[], timeMs: number, out: { numbers: Float32Array; texts: string[] }): number;
}

/**
 * Windowed features of all entities, alive. Its clock never goes back: after `read` at a time, exactly the
 * events that were available before that time count, and so every later read is at that time or after it.
 * Events that become available later wait outside the windows until a read passes them.
 */
export interface OnlineState {
  /** Takes the rows of a source that were available before a time, in bulk. */
  load(source: Source, table: Table, beforeMs: number): void;
  /** Brings the clock to a time, if it is not there yet: where a restart goes on. */
  advance(timeMs: number): void;
  /** Why an event cannot be aggregated; undefined when it can. Ask before it is logged. */
  objection(source: string, values: readonly Value[]): string | undefined;
  /** Takes one event: its fields in the order of the source's schema. */
  add(source: string, values: readonly Value[]): void;
  /** Compiles a feature set whose views this state holds. */
  reader(set: FeatureSet): VectorReader;
  /** The time up to which events count. */
  clockMs(): number;
}

interface LiveView {
  readonly view: View;
  readonly state: ViewState;
  readonly key: Reader<readonly Value[]>;
  readonly contribute: Contribute<readonly Value[]>;
  readonly contributions: Float64Array;
}

interface LiveSource {
  readonly views: readonly LiveView[];
  readonly eventMs: Reader<readonly Value[]>;
  readonly availableMs: Reader<readonly Value[]>;
}

function liveView(view: View): LiveView {
  const bind = bindPositions(Object.keys(view.source.schema));
  return {
    view,
    state: createViewState(view.plan),
    key: bind(view.keyColumn),
    contribute: compileContributions(view.plan, bind),
    contributions: new Float64Array(view.plan.slots.length),
  };
}

function liveSource(source: Source, views: readonly LiveView[]): LiveSource {
  const bind = bindPositions(Object.keys(source.schema));
  const eventMs = bind(source.eventTime);
  return {
    views,
    eventMs,
    availableMs:
      source.availableAt === undefined ? eventMs : compileExpression(source.availableAt.node, bind),
  };
}

/** Makes an empty state for views; equal views are kept once. */
export function createOnlineState(views: readonly View[]): OnlineState {
  const live = [...new Map(views.map((view) => [view.hash, view])).values()].map(liveView);
  const sources = new Map<string, LiveSource>();
  for (const { view } of live) {
    const own = live.filter((other) => other.view.source.name === view.source.name);
    sources.set(view.source.name, liveSource(view.source, own));
  }
  const pending = createPendingEvents();
  let clockMs = -Infinity;

  function apply(source: LiveSource, values: readonly Value[], availableMs: number): void {
    const eventMs = Math.min(source.eventMs(values) as number, availableMs);
    for (const { view, state, key, contribute, contributions } of source.views) {
      const entity = key(values);
      if (entity === null) continue;
      contribute(values, contributions);
      state.apply(
        state.entity(String(entity)),
        view.clock === "event" ? eventMs : availableMs,
        contributions,
      );
    }
  }

  function add(name: string, values: readonly Value[]): void {
    const source = sources.get(name);
    const availableMs = source?.availableMs(values);
    if (source === undefined || availableMs === null || source.eventMs(values) === null) return;
    if ((availableMs as number) < clockMs) apply(source, values, availableMs as number);
    else pending.push({ source: name, values, availableMs: availableMs as number });
  }

  function objection(name: string, values: readonly Value[]): string | undefined {
    for (const { view, contribute, contributions } of sources.get(name)?.views ?? []) {
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

  function advance(timeMs: number): number {
    if (timeMs > clockMs) {
      clockMs = timeMs;
      for (let due = pending.takeBefore(timeMs); due !== undefined; due = pending.takeBefore(timeMs)) {
        apply(sources.get(due.source) as LiveSource, due.values, due.availableMs);
      }
    }
    return clockMs;
  }

  return Object.freeze({
    load(source: Source, table: Table, beforeMs: number) {
      const views = sources.get(source.name)?.views ?? [];
      for (const { view, state } of views) loadView(view, state, { source, table, beforeMs });
      advance(beforeMs);
    },
    advance: (timeMs: number) => void advance(timeMs),
    objection,
    add,
    reader: (set: FeatureSet) => compileReader(set, live, advance),
    clockMs: () => clockMs,
  });
}

function loadView(
  view: View,
  state: ViewState,
  { source, table, beforeMs }: { source: Source; table: Table; beforeMs: number },
): void {
  const events = eventTable(source, table);
  const times = windowTimes(view, events);
  const keys = keyCodes(table.columns[view.keyColumn]);
  const contribute = compileContributions(view.plan, bindTable(table));
  const contributions = new Float64Array(view.plan.slots.length);
  for (let row = 0; row < table.rowCount; row++) {
    // NaN is not before anything: a row whose outcome is never known is left out.
    if (!(events.availableMs[row] < beforeMs) || keys.codes[row] < 0) continue;
    contribute(row, contributions);
    state.apply(state.entity(keys.texts[keys.codes[row]]), times[row], contributions);
  }
}

function compileReader(
  set: FeatureSet,
  live: readonly LiveView[],
  advance: (timeMs: number) => number,
): VectorReader {
  const bind = bindPositions(Object.keys(set.request));
  let width = 0;
  const windows = set.groups.flatMap(({ name, views }) =>
    views.map((view) => {
      const found = live.find((candidate) => candidate.view.hash === view.hash);
      if (found === undefined) throw new TypeError(`the online state does not hold view "${view.name}"`);
      const offset = width;
      width += Object.keys(view.features).length;
      return { state: found.state, key: bind(name), offset };
    }),
  );
  const derived = new Map(set.derived.map(({ name, expression }) => [name, expression.node]));
  const others = set.columns
    .filter(({ kind, origin }) => kind === "number" && origin !== "window")
    .map(({ name }) => compileExpression(derived.get(name) ?? { op: "column", name }, bind));
  const texts = set.columns.filter(({ kind }) => kind === "text").map(({ name }) => bind(name));

  return Object.freeze({
    numberCount: width + others.length,
    textCount: texts.length,
    read(values: readonly Value[], timeMs: number, out: { numbers: Float32Array; texts: string[] }): number {
      const asOfMs = advance(timeMs);
      for (const { state, key, offset } of windows) {
        const entity = key(values);
        state.read(entity === null ? -1 : state.find(String(entity)), asOfMs, out.numbers, offset);
      }
      for (let i = 0; i < others.length; i++) {
        const value = others[i](values);
        out.numbers[width + i] = value === null ? NaN : (value as number);
      }
      for (let i = 0; i < texts.length; i++) out.texts[i] = (texts[i](values) as string | null) ?? "";
      return asOfMs;
    },
  });
}
