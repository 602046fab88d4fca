import { setImmediate } from "node:timers/promises";
import { bindTable, throwIfCancelled, type Column } from "../kernel/index.js";
import { ascendingOrder } from "../stats/index.js";
import { keyCodes, windowTimes, type EventTable } from "./event-log.js";
import { compileContributions } from "./slots.js";
import { createViewState, type ViewState } from "./view-state.js";
import type { View } from "./view.js";

/** Events in the order in which they became visible. */
export interface VisibleEvents extends EventTable {
  /** Where each event enters: a question sees it if this is before its own position. NaN: never. */
  readonly visibleFrom: Float64Array;
  /** Rows by `visibleFrom`, those without left out. */
  readonly order: Uint32Array;
}

/** What is asked of the views of one group: the features of a key at a time. */
export interface Questions {
  readonly keys: Column;
  readonly timeMs: Float64Array;
  /** Position on the axis of `visibleFrom`: the time itself, or a number in the log. */
  readonly askedAt: Float64Array;
  /** Rows by `askedAt`. */
  readonly order: Uint32Array;
}

export interface FoldContext {
  readonly signal?: AbortSignal;
  /** Called now and then with the number of questions answered. */
  readonly onProgress?: (answered: number) => void;
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

/** Events that a question sees if they were available before its time. */
export function visibleByTime(events: EventTable): VisibleEvents {
  return { ...events, visibleFrom: events.availableMs, order: orderByTime(events.availableMs) };
}

function entitiesOf(state: ViewState, texts: readonly string[]): Int32Array {
  return Int32Array.from(texts, (text) => state.entity(text));
}

const sliceRows = 1 << 16;

/**
 * Answers questions by replaying events, in the order in which they became visible, through the aggregator
 * that serves online. `out` has one column per feature of the view, written at the question's row; NaN is
 * null. O(events + questions); the event loop is given way to between slices.
 */
export async function fold(
  view: View,
  replay: {
    readonly events: VisibleEvents;
    readonly questions: Questions;
    readonly out: readonly Float32Array[];
  },
  context: FoldContext = {},
): Promise<void> {
  const { events, questions, out } = replay;
  const state = createViewState(view.plan);
  const eventKeys = keyCodes(events.table.columns[view.keyColumn]);
  const questionKeys = keyCodes(questions.keys);
  const eventEntities = entitiesOf(state, eventKeys.texts);
  const questionEntities = entitiesOf(state, questionKeys.texts);
  const times = windowTimes(view, events);
  const contribute = compileContributions(view.plan, bindTable(events.table));
  const contributions = new Float64Array(view.plan.slots.length);
  const answer = new Float32Array(out.length);

  let next = 0;
  for (let q = 0; q < questions.order.length; q++) {
    const row = questions.order[q];
    const askedAt = questions.askedAt[row];
    for (; next < events.order.length && events.visibleFrom[events.order[next]] < askedAt; next++) {
      const event = events.order[next];
      const code = eventKeys.codes[event];
      if (code < 0) continue;
      contribute(event, contributions);
      state.apply(eventEntities[code], times[event], contributions);
    }
    const code = questionKeys.codes[row];
    state.read(code < 0 ? -1 : questionEntities[code], questions.timeMs[row], answer, 0);
    for (let f = 0; f < answer.length; f++) out[f][row] = answer[f];
    if ((q + 1) % sliceRows === 0) {
      context.onProgress?.(q + 1);
      await setImmediate();
      throwIfCancelled(context.signal);
    }
  }
}
