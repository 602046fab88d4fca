import { takeRows } from "../../data/index.js";
import {
  createOnlineState,
  giveWay,
  lookupsOf,
  orderByTime,
  type FeatureColumns,
  type FeatureSet,
  type LoggedEvent,
  type OnlineState,
  type View,
} from "../../features/index.js";
import { silentProgress, valueAt, type Progress, type Table, type Value } from "../../kernel/index.js";
import type { FeatureParityEvidence } from "../../registry/index.js";
import { differingFeatures } from "./differing-features.js";
import type { EventsBySource, TakenEvents } from "../train/training-data.js";

const provedRows = 2_000;
const dayMs = 86_400_000;

/** Rows of a spine whose features were computed, and what from. */
export interface Proved {
  readonly set: FeatureSet;
  readonly table: Table;
  /** When each row asks; NaN for rows that are left out. */
  readonly times: Float64Array;
  readonly events: EventsBySource;
  readonly features: FeatureColumns["features"];
}

/**
 * Answers the latest rows of a spine as the server would: history loaded, the events of the time added one
 * by one, every row asked at its moment; and compares each feature, bit by bit, with the one given.
 */
export async function proveFeatures(
  proved: Proved,
  signal?: AbortSignal,
  progress: Progress = silentProgress,
): Promise<FeatureParityEvidence> {
  const { set, times, events } = proved;
  const rows = orderByTime(times).slice(-provedRows);
  const views = lookupsOf(set).map(({ view }) => view);
  const state = createOnlineState(views);
  const task = progress.start("prove features online", events.size + 1);
  let done = 0;
  const onStep = (share: number) => task.update(done + share);
  const moment = { state, fromMs: times[rows[0]], untilMs: times[rows[rows.length - 1]] };
  for (const [source, own] of events) {
    const ofSource = views.filter((view) => view.source.name === source);
    await giveWay(bringTo(moment, own, ofSource), signal, onStep);
    done++;
  }
  let differing = 0;
  await giveWay(mismatches(proved, state, rows), signal, ({ share, found }) => {
    differing += found;
    onStep(share);
  });
  task.finish(`${rows.length.toLocaleString("en")} rows`);
  const cells = rows.length * set.columns.length;
  return {
    kind: "feature-parity",
    passed: differing === 0,
    rows: rows.length,
    mismatches: differing,
    detail: `${differing} of ${cells.toLocaleString("en")} feature values differ between serving and training`,
  };
}

interface Moment {
  readonly state: OnlineState;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Events that are added, and rows that are asked, in one step. */
const stepEvents = 2048;
const stepRows = 16;

/**
 * Loads what was available before a moment and adds what becomes available until another one, in steps that
 * give the share which is done.
 */
function* bringTo(
  { state, fromMs, untilMs }: Moment,
  events: TakenEvents,
  views: readonly View[],
): Generator<number> {
  if (views.length === 0) return;
  const { table, availableMs, receivedMs } = events;
  const [{ source }] = views;
  const windows = views.flatMap((view) => Object.values(view.features).map(({ windowMs }) => windowMs));
  // What was available before this cannot be in a window; a window's bound is rounded by a day at most.
  const reachMs = fromMs - Math.max(...windows) - 2 * dayMs;
  const before: number[] = [];
  const during: number[] = [];
  for (let row = 0; row < table.rowCount; row++) {
    if (!(availableMs[row] >= reachMs && availableMs[row] <= untilMs)) continue;
    // A bulk load knows of no server that took the rows.
    if (availableMs[row] < fromMs && Number.isNaN(receivedMs?.[row] ?? NaN)) before.push(row);
    else during.push(row);
  }
  const rows = before.length + during.length;
  for (const share of state.loadInSteps(source, takeRows(table, Int32Array.from(before)), fromMs)) {
    yield (share * before.length) / rows;
  }
  const received = (row: number) => {
    const atMs = receivedMs?.[row] ?? NaN;
    return Number.isNaN(atMs) ? null : atMs;
  };
  for (let from = 0; from < during.length; from += stepEvents) {
    state.add(
      source.name,
      during.slice(from, from + stepEvents).map((row, i): LoggedEvent => ({
        sequence: from + i + 1,
        receivedMs: received(row),
        values: valuesOf(table, row),
      })),
    );
    yield (before.length + from) / rows;
  }
}

const valuesOf = (table: Table, row: number): Value[] =>
  Object.values(table.columns).map((column) => valueAt(column, row));

/** Asks rows in steps, each of which tells how many values differed in it. */
function* mismatches(
  { set, table, times, features }: Proved,
  state: OnlineState,
  rows: Uint32Array,
): Generator<{ readonly share: number; readonly found: number }> {
  const reader = state.reader(set);
  const out = {
    numbers: new Float32Array(reader.numberCount),
    texts: new Array<string>(reader.textCount).fill(""),
  };
  const fields = Object.keys(set.request).map((name) => table.columns[name]);
  for (let from = 0; from < rows.length; from += stepRows) {
    const asked = rows.subarray(from, from + stepRows);
    let found = 0;
    for (const row of asked) {
      reader.read([{ values: fields.map((column) => valueAt(column, row)), timeMs: times[row], out }]);
      found += differingFeatures(features, row, out).length;
    }
    yield { share: (from + asked.length) / rows.length, found };
  }
}
