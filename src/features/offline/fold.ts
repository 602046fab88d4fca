import { setImmediate } from "node:timers/promises";
import { throwIfCancelled } from "../../kernel/index.js";
import { ascendingOrder } from "../../stats/index.js";
import { keyCodes, type KeyCodes } from "../definition/entity-key.js";
import { windowTimes, type EventTable } from "../definition/event-log.js";
import { groupEntities, groupsFor, type FoldGroups } from "./fold-groups.js";
import { openFold, type FoldJob } from "./fold-run.js";
import { settleTexts, textCoders, type TextCodes } from "./fold-texts.js";
import type { View } from "../definition/view.js";

/** Events in the order in which they became visible. */
export interface VisibleEvents extends EventTable {
  /** Where each event enters: a question sees it if this is before its own position. NaN: never. */
  readonly visibleFrom: Float64Array;
  /** Rows by `visibleFrom`, those without left out. */
  readonly order: Uint32Array;
}

/** What is asked of a view: the features of a key at a time. */
export interface Questions extends AskedRows {
  readonly keys: KeyCodes;
}

/** When rows ask. */
export interface AskedRows {
  readonly timeMs: Float64Array;
  /** Position on the axis of `visibleFrom`: the time itself, or a number in the log. */
  readonly askedAt: Float64Array;
  /** Rows by `askedAt`. */
  readonly order: Uint32Array;
}

/** What a fold needs of a view; it is plain data. */
export type FoldedView = Pick<View, "plan" | "keyColumns" | "clock">;

export interface FoldContext {
  readonly signal?: AbortSignal;
  /** Called now and then with the number of questions answered. */
  readonly onProgress?: (answered: number) => void;
}

/** The answers by feature, in the view's order of each kind, at the question's row. NaN and −1 are null. */
export interface FoldOutput {
  readonly numbers: readonly Float32Array[];
  /** Dictionaries hold the texts in order of first appearance. */
  readonly texts: readonly TextCodes[];
}

export interface Fold {
  readonly events: VisibleEvents;
  readonly questions: Questions;
  readonly out: FoldOutput;
}

/** One view's events, and all that is asked of them: every row asks once for each of the keys. */
export interface ViewFold {
  readonly view: FoldedView;
  readonly events: VisibleEvents;
  readonly eventKeys: KeyCodes;
  readonly asked: AskedRows;
  readonly lookups: readonly { readonly keys: KeyCodes; readonly out: FoldOutput }[];
}

/** Rows in ascending order of a clock, ties in row order, rows without a time left out. */
export function orderByTime(times: Float64Array): Uint32Array {
  let count = 0;
  let sorted = true;
  const rows = new Uint32Array(times.length);
  for (let row = 0; row < times.length; row++) {
    if (Number.isNaN(times[row])) continue;
    if (count > 0 && times[row] < times[rows[count - 1]]) sorted = false;
    rows[count++] = row;
  }
  const present = rows.slice(0, count);
  return sorted ? present : ascendingOrder(times, present);
}

/** Rows that ask; they are put in order when that is first needed. */
export function askedRows(timeMs: Float64Array, askedAt: Float64Array): AskedRows {
  let order: Uint32Array | undefined;
  return Object.freeze({
    timeMs,
    askedAt,
    get order() {
      return (order ??= orderByTime(askedAt));
    },
  });
}

/** Events that a question sees if they were available before its time. */
export function visibleByTime(events: EventTable): VisibleEvents {
  return { ...events, visibleFrom: events.availableMs, order: orderByTime(events.availableMs) };
}

/**
 * Answers questions by replaying events, in the order in which they became visible, through the aggregator
 * that serves online. O(events + questions); the event loop is given way to between slices.
 */
export async function fold(view: FoldedView, replay: Fold, context: FoldContext = {}): Promise<void> {
  const { events, questions, out } = replay;
  const eventKeys = keyCodes(view.keyColumns.map((name) => events.table.columns[name]));
  const lookups = [{ keys: questions.keys, out }];
  await foldHere([{ view, events, eventKeys, asked: questions, lookups }], context);
}

const sliceQuestions = 1 << 16;

/** Folds views on this thread, one after the other. */
export async function foldHere(folds: readonly ViewFold[], context: FoldContext = {}): Promise<void> {
  let answered = 0;
  for (const view of folds) {
    const groups = groupsOf(view, 1);
    const job = jobOf(view, groups);
    const coders = textCoders(job.lookups, { index: 0, of: 1 });
    const open = openFold(job, coders);
    for (let group = 0; group < groups.weights.length; group++) {
      const answer = open(group);
      for (let more = true; more;) {
        const done = answer(sliceQuestions);
        answered += done;
        more = done === sliceQuestions;
        if (done > 0) context.onProgress?.(answered);
        await setImmediate();
        throwIfCancelled(context.signal);
      }
    }
    settleTexts(view.lookups, [coders.dictionaries()]);
  }
}

/** Divides the entities of a view into groups; at least so many, if there are so many entities. */
export function groupsOf({ view, events, eventKeys, asked, lookups }: ViewFold, atLeast: number): FoldGroups {
  const keys = lookups.map((lookup) => lookup.keys);
  const times = windowTimes(view, events);
  return groupEntities({ plan: view.plan, events, times, eventKeys, asked, keys }, (entities) =>
    groupsFor(view.plan, entities, atLeast),
  );
}

/** What the replay of any group needs. */
export function jobOf({ view, events, asked, lookups }: ViewFold, groups: FoldGroups): FoldJob {
  const { visibleFrom, table } = events;
  return {
    plan: view.plan,
    table,
    times: windowTimes(view, events),
    visibleFrom,
    asked: { timeMs: asked.timeMs, askedAt: asked.askedAt },
    groups,
    lookups: lookups.map(({ out }) => ({ numbers: out.numbers, texts: out.texts.map(({ codes }) => codes) })),
  };
}
