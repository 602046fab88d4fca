import type { NumberStream } from "../../data/index.js";
import { columnsRead, type Table } from "../../kernel/index.js";
import { checkSample } from "./check-sample.js";
import { keyCodes, type KeyCodes } from "../definition/entity-key.js";
import { streamedValues, type EventValues } from "./event-values.js";
import { featureCounts, lookupsOf, type FeatureSet } from "../definition/feature-set.js";
import {
  askedRows,
  foldHere,
  type AskedRows,
  type FoldContext,
  type FoldOutput,
  type ViewFold,
  type VisibleEvents,
} from "./fold.js";
import { shared } from "./fold-groups.js";
import { answerLatest, asksLatestAlone, takesColumnsAlone } from "./fold-latest.js";
import { foldOnThreads } from "./fold-threads.js";
import { planView, worthMeasuring, type ViewChoice } from "./plan-features.js";
import type { EventFile, WindowEngine, WindowStrategy } from "../ports.js";
import { planTiles, windowSlots } from "../algebra/tile-plan.js";
import type { View } from "../definition/view.js";
import { answerByEngine, type StoredFold } from "./window-answers.js";

/** Rows to compute features for: a table with the request's fields, and when each was asked. */
export interface Spine {
  readonly table: Table;
  readonly timeMs: Float64Array;
  /** Position on the axis of the events' `visibleFrom`. */
  readonly askedAt: Float64Array;
}

/** Events in a file, seen by a question if they were available before its time; they are read when needed. */
export interface StoredEvents {
  readonly file: EventFile;
  /** Reads the events; their table has these columns at least, and all of them when none are named. */
  load(columns?: readonly string[]): Promise<VisibleEvents>;
  /**
   * Reads columns of numbers, with the rows of `load`. Where it is there, a view that asks for columns of the
   * latest event alone copies them as they are read, and the events never lie in memory as a whole.
   */
  stream?(columns: readonly string[]): Promise<NumberStream>;
}

export interface BuildInput {
  readonly spine: Spine;
  /** By the name of their source. */
  readonly events: ReadonlyMap<string, VisibleEvents | StoredEvents>;
}

export interface BuildContext extends FoldContext {
  /** Worker threads; 1 by default. The features do not depend on it. */
  readonly threads?: number;
  /** Where windows over stored events are added up when that is clearly faster than to fold them. */
  readonly engine?: WindowEngine;
  /** Instead of the planner's choice, wherever it is possible. */
  readonly strategy?: "fold" | WindowStrategy;
  /** Of the sample that is folded as well; 1 by default. */
  readonly seed?: number;
  /** Told of each view: how its features are computed, and why. */
  readonly onChoice?: (view: string, choice: ViewChoice) => void;
}

/** A windowed feature's column, still without its name. */
export interface WindowColumns {
  readonly number: { readonly kind: "number"; readonly values: Float32Array }[];
  readonly text: { readonly kind: "text"; readonly codes: Int32Array; readonly dictionary: string[] }[];
}

/** How many questions are folded as well where an engine answered: a fiftieth, within bounds. */
const sampledOf = (questions: number): number => Math.min(1000, Math.max(50, Math.ceil(questions / 50)));

interface AskedView {
  readonly view: View;
  readonly events: VisibleEvents | StoredEvents;
  readonly asked: AskedRows;
  readonly lookups: { readonly keys: KeyCodes; readonly out: FoldOutput }[];
}

/** The columns of all windowed features, by kind, in the feature set's order. */
export async function windowFeatures(
  set: FeatureSet,
  { spine, events }: BuildInput,
  context: BuildContext,
): Promise<WindowColumns> {
  const { table, timeMs, askedAt } = spine;
  const asked = askedRows(timeMs, askedAt);
  const codes = rememberedKeys();
  const outs: FoldOutput[] = [];
  const views = new Map<string, AskedView>();
  for (const { view, keys } of lookupsOf(set)) {
    const log = events.get(view.source.name);
    if (log === undefined) throw new TypeError(`no events of source "${view.source.name}" were given`);
    const out = outputOf(view, table.rowCount);
    outs.push(out);
    const one = views.get(view.hash) ?? { view, events: log, asked, lookups: [] };
    one.lookups.push({ keys: codes(table, keys), out });
    views.set(view.hash, one);
  }
  await answerViews([...views.values()], codes, context);
  return {
    number: outs.flatMap(({ numbers }) => numbers.map((values) => ({ kind: "number" as const, values }))),
    text: outs.flatMap(({ texts }) => texts.map((text) => ({ kind: "text" as const, ...text }))),
  };
}

function outputOf(view: View, rowCount: number): FoldOutput {
  const { number, text } = featureCounts(view);
  return {
    numbers: Array.from({ length: number }, () => shared(Float32Array, rowCount)),
    texts: Array.from({ length: text }, () => ({
      codes: shared(Int32Array, rowCount),
      dictionary: [],
    })),
  };
}

/** Null everywhere: what a row without a time keeps. */
function clear({ numbers, texts }: FoldOutput): void {
  for (const values of numbers) values.fill(NaN);
  for (const { codes } of texts) codes.fill(-1);
}

type CodeKeys = (table: Table, columns: readonly string[]) => KeyCodes;

/** Codes the keys of a table's rows, those of the same columns once. */
function rememberedKeys(): CodeKeys {
  const known = new Map<Table, Map<string, KeyCodes>>();
  return (table, columns) => {
    const ofTable = known.get(table) ?? new Map<string, KeyCodes>();
    known.set(table, ofTable);
    const name = JSON.stringify(columns);
    const codes = ofTable.get(name) ?? keyCodes(columns.map((column) => table.columns[column]));
    ofTable.set(name, codes);
    return codes;
  };
}

/** What an engine answers is answered first; the events of the others are then read, once, and folded. */
async function answerViews(
  views: readonly AskedView[],
  codes: CodeKeys,
  context: BuildContext,
): Promise<void> {
  const left: AskedView[] = [];
  for (const one of views) if (!(await answeredByEngine(one, context))) left.push(one);
  // Events that some view needs as a whole are in memory for the others too.
  const whole = new Set(left.filter((one) => !isStreamed(one)).map(({ events }) => events));
  const read = new Map<VisibleEvents | StoredEvents, VisibleEvents>();
  const others: ViewFold[] = [];
  let answered = 0;
  for (const one of left) {
    const { view, asked, lookups, events } = one;
    const streamed = !whole.has(events);
    const log = read.get(events) ?? (await eventsOf(one, streamed));
    if (!streamed) read.set(events, log);
    const folded = { view, asked, lookups, events: log, eventKeys: codes(log.table, view.keyColumns) };
    if (!asksLatestAlone(view.plan)) {
      others.push(folded);
      continue;
    }
    await answerLatest(folded, foldContext(context, answered), streamed ? valuesInFile(one) : undefined);
    answered += asked.timeMs.length * lookups.length;
  }
  await foldViews(others, { ...foldContext(context, answered), threads: context.threads ?? 1 });
}

type StreamedView = AskedView & { readonly events: Required<StoredEvents> };

const isStreamed = (one: AskedView): one is StreamedView =>
  "load" in one.events &&
  one.events.stream !== undefined &&
  asksLatestAlone(one.view.plan) &&
  takesColumnsAlone(one.view.plan);

/** The events of a view: all of them, or what says whose they are and when they are seen. */
async function eventsOf({ view, events }: AskedView, streamed: boolean): Promise<VisibleEvents> {
  if (!("load" in events)) return events;
  if (!streamed) return events.load();
  const { source, keyColumns } = view;
  const clocks = source.availableAt === undefined ? [] : columnsRead(source.availableAt.node);
  return events.load([...new Set([source.eventTime, ...keyColumns, ...clocks])]);
}

function valuesInFile(one: AskedView): EventValues | undefined {
  return isStreamed(one)
    ? streamedValues(one.events.file.rowCount, (columns) => one.events.stream(columns))
    : undefined;
}

/** Goes on counting from the questions that were answered before. */
const foldContext = ({ signal, onProgress }: BuildContext, before: number): FoldContext => ({
  ...(signal && { signal }),
  ...(onProgress && { onProgress: (answered: number) => onProgress(before + answered) }),
});

async function answeredByEngine(one: AskedView, context: BuildContext): Promise<boolean> {
  const { engine, seed = 1, signal } = context;
  const { view, events, asked, lookups } = one;
  if (engine === undefined || !("load" in events)) return false;
  const stored: StoredFold = { view, file: events.file, asked, lookups };
  const choice = await choose(stored, engine, context);
  context.onChoice?.(view.name, choice);
  if (choice.strategy === "fold") return false;
  for (const { out } of lookups) clear(out);
  if (!(await answerByEngine(stored, { engine, strategy: choice.strategy, signal }))) return false;
  await checkSample(
    stored,
    { engine, seed, questions: sampledOf(asked.order.length) },
    signal === undefined ? {} : { signal },
  );
  return true;
}

/** The strategy that is asked for where it is possible, else the planner's. */
async function choose(
  { view, file, asked, lookups }: StoredFold,
  engine: WindowEngine,
  { strategy, threads = 1 }: BuildContext,
): Promise<ViewChoice> {
  const foldFor = (reason: string): ViewChoice => ({ strategy: "fold", reason, seconds: {} });
  if (strategy === "fold") return foldFor("the fold was asked for");
  const objection = engine.objection(view);
  if (objection !== undefined) return foldFor(objection);
  const questions = asked.order.length * lookups.length;
  if (strategy === undefined && !worthMeasuring(file.rowCount, questions)) {
    return foldFor("there are about as many questions as events");
  }
  const { windows } = planTiles(view.plan);
  const choice = planView({
    ...(await engine.measure(view, file)),
    questions,
    askedKeys: Math.max(...lookups.map(({ keys }) => differentKeys(keys, asked))),
    windowsMs: windows.map(({ windowMs }) => windowMs),
    outputs: windows.reduce((sum, window) => sum + windowSlots(view.plan, window).length, 0),
    invertible: view.plan.slots.every(({ operation }) => operation !== "min" && operation !== "max"),
    plain: view.clock === "available" || view.source.availableAt === undefined,
    threads,
  });
  if (strategy === undefined) return choice;
  if (choice.seconds[strategy] === undefined) return foldFor(`${strategy} is not possible for this view`);
  return { ...choice, strategy, reason: `${strategy} was asked for` };
}

/** How many keys are asked about: a dictionary may hold many others. */
function differentKeys({ codes, texts }: KeyCodes, { order }: AskedRows): number {
  const seen = new Uint8Array(texts.length);
  let count = 0;
  for (const row of order) {
    if (codes[row] < 0 || seen[codes[row]] === 1) continue;
    seen[codes[row]] = 1;
    count++;
  }
  return count;
}

/** Below so many events and questions, starting threads costs more than they save. */
const threadsPayFrom = 500_000;

async function foldViews(
  folds: readonly ViewFold[],
  { threads, ...context }: FoldContext & { readonly threads: number },
): Promise<void> {
  for (const { out } of folds.flatMap(({ lookups }) => lookups)) clear(out);
  const work = folds.reduce(
    (sum, { events, asked, lookups }) => sum + events.order.length + asked.order.length * lookups.length,
    0,
  );
  if (threads > 1 && work >= threadsPayFrom) await foldOnThreads(folds, { ...context, threads });
  else await foldHere(folds, context);
}
