import { setImmediate } from "node:timers/promises";
import { throwIfCancelled } from "../kernel/index.js";
import { startCopying } from "./copy-crew.js";
import { windowTimes } from "./event-log.js";
import { blockRows } from "./event-blocks.js";
import { columnTaken, tableValues, type EventValues, type OpenValues } from "./event-values.js";
import { requireShared } from "./fold-threads.js";
import type { FoldContext, ViewFold } from "./fold.js";
import { beyondFloat32, modelNumber } from "./model-number.js";
import { dealEvents, mergeOf, pickLatest, type Merge, type Picks, type Tie } from "./pick-latest.js";
import type { Finish, Slot, SlotPlan } from "./slots.js";

/**
 * Whether a plan asks for the latest event of a key alone: numbers of `last` and `timeSinceLast`. A time to
 * live is exact, so they need no tiles: of all that was seen only the latest can count.
 */
export const asksLatestAlone = ({ finishes }: SlotPlan): boolean =>
  finishes.every(({ kind, output }) => output === "number" && (kind === "last" || kind === "since"));

/** Whether such a plan takes columns as they are, so that their values can be copied while they are read. */
export const takesColumnsAlone = ({ finishes, slots }: SlotPlan): boolean =>
  finishes.every((finish) => {
    const slot = slots[finish.slots[0]];
    return finish.kind === "since" ? slot.where === undefined : columnTaken(slot) !== undefined;
  });

/** Below so many copied values, starting threads costs more than they save. */
const threadsPayFrom = 8_000_000;

interface LatestContext extends FoldContext {
  /** Threads that copy values, this one among them. Answers do not depend on it. */
  readonly threads?: number;
}

/** A lookup of a view: what its features are answered from. */
interface Lookup {
  readonly merge: Merge;
  readonly times: Float64Array;
  /** By window: what each question finds of all events. */
  readonly picks: Map<number, Picks>;
}

/** One feature of a lookup: what it is made of and where it goes. */
interface Answer {
  readonly lookup: Lookup;
  readonly finish: Finish;
  readonly slot: Slot;
  readonly target: Float32Array;
}

/**
 * Answers a view that asks for the latest event alone, by merging each entity's events with its questions:
 * O(events + questions), and a read and a write for each feature of a question. Equal to the fold to the last
 * bit, ties, nulls and late events included. Writes every row of `out`. When `values` come from elsewhere, the
 * events' table needs no columns but those of keys.
 */
export async function answerLatest(
  fold: ViewFold,
  context: LatestContext = {},
  values: EventValues = tableValues(fold.events.table),
): Promise<void> {
  const { view, lookups, asked } = fold;
  const copies = lookups.length * view.plan.finishes.length * asked.timeMs.length;
  const threads = copies >= threadsPayFrom ? (context.threads ?? 1) : 1;
  if (threads > 1) for (const { out } of lookups) requireShared(out);
  const slots = copiedSlots(view.plan);
  // What is read goes on being read while the events are merged with the questions.
  const open = slots.length === 0 ? undefined : await values.open(slots, threads);
  try {
    const answers = await openAnswers(fold, context);
    const copied = answers.filter(({ slot }) => slots.includes(slot));
    const rest = new Set(answers);
    if (open !== undefined) {
      const whole = await copyAll({ copied, slots, open }, values.rowCount, { ...context, threads });
      copied.forEach((answer, i) => whole[i] && rest.delete(answer));
    }
    for (const answer of rest) {
      await answerAlone(answer, values);
      await pause(context);
    }
  } finally {
    await open?.close();
  }
  context.onProgress?.(asked.timeMs.length * lookups.length);
}

async function pause({ signal }: FoldContext): Promise<void> {
  await setImmediate();
  throwIfCancelled(signal);
}

/** Most features are values of the latest of all events, and are copied; the others follow one by one. */
function copiedSlots({ finishes, slots }: SlotPlan): Slot[] {
  const last = finishes.filter(({ kind }) => kind === "last").map((finish) => slots[finish.slots[0]]);
  return slots.filter((slot) => slot.where === undefined && last.includes(slot));
}

/** Finds the latest event of every question, for all features that ask for the latest of all events. */
async function openAnswers(fold: ViewFold, context: LatestContext): Promise<Answer[]> {
  const { view, events, eventKeys, asked } = fold;
  const times = windowTimes(view, events);
  const dealt = dealEvents(events, times, eventKeys);
  const answers: Answer[] = [];
  for (const { keys, out } of fold.lookups) {
    await pause(context);
    const lookup = { merge: mergeOf(dealt, keys, { eventKeys, asked }), times, picks: new Map() };
    for (const finish of view.plan.finishes) {
      const slot = view.plan.slots[finish.slots[0]];
      answers.push({ lookup, finish, slot, target: out.numbers[finish.position] });
      if (slot.where !== undefined || lookup.picks.has(finish.windowMs)) continue;
      lookup.picks.set(finish.windowMs, pickLatest(lookup.merge, finish.windowMs));
      await pause(context);
    }
  }
  return answers;
}

interface Copies {
  readonly copied: readonly Answer[];
  /** What they take of the events, and where that comes from. */
  readonly slots: readonly Slot[];
  readonly open: OpenValues;
}

const picksOf = ({ lookup, finish }: Answer) => lookup.picks.get(finish.windowMs) as Picks;

/** Copies features from their events, ties last. Says of each whether all its values were fit to be copied. */
async function copyAll(
  { copied, slots, open }: Copies,
  rowCount: number,
  { signal, threads = 1 }: LatestContext,
): Promise<boolean[]> {
  const picks = [...new Set(copied.map(picksOf))];
  const job = {
    picks: picks.map(({ questions, events, starts }) => ({ questions, events, starts })),
    columns: copied.map((answer) => ({
      picks: picks.indexOf(picksOf(answer)),
      given: slots.indexOf(answer.slot),
      target: answer.target,
    })),
    held: open.held,
    whole: open.whole,
  };
  const crew = startCopying(job, Math.ceil(rowCount / blockRows), { threads, signal });
  try {
    const rows = tiedRows(picks, rowCount);
    const given = await open.feed(crew, rows);
    const whole = await crew.finish();
    const placeOf = new Map(Array.from(rows, (row, place) => [row, place]));
    const ties = picks.map((one) => one.ties.map((tie) => tieAmong(tie, placeOf, rowCount)));
    return job.columns.map(
      (column, i) =>
        whole[i] &&
        copyTied({ ...picks[column.picks], ties: ties[column.picks] }, given[column.given], column.target),
    );
  } finally {
    await crew.close();
  }
}

/** The rows that ties are made of, ascending. */
function tiedRows(picks: readonly Picks[], rowCount: number): Uint32Array {
  const rows = new Set<number>();
  for (const { ties } of picks) {
    for (const { before, row } of ties) {
      rows.add(row);
      if (before < rowCount) rows.add(before);
    }
  }
  return Uint32Array.from(rows).sort();
}

/** A tie of a column of which those rows alone are known. */
function tieAmong({ before, row }: Tie, placeOf: ReadonlyMap<number, number>, rowCount: number): Tie {
  const place = before < rowCount ? placeOf.get(before) : before - rowCount + placeOf.size;
  return { before: place as number, row: placeOf.get(row) as number };
}

/** Adds what is tied. False where one is null or no finite 32-bit float. */
function copyTied(
  { questions, events, tiedFrom, ties }: Picks,
  given: Float64Array,
  target: Float32Array,
): boolean {
  const tied = tiedValues(ties, given);
  for (let i = tiedFrom; i < questions.length; i++) {
    const value = tied[events[i]];
    if (!(Math.abs(value) < beyondFloat32)) return false;
    target[questions[i]] = value + 0;
  }
  return true;
}

/** One feature by itself: by the latest of all events when it asks for their times, else of those that have a value. */
async function answerAlone({ lookup, finish, slot, target }: Answer, values: EventValues): Promise<void> {
  const { merge, times, picks } = lookup;
  const { kind, windowMs } = finish;
  const { timeMs } = merge.asked;
  const ofAll = kind === "since" && slot.where === undefined ? picks.get(windowMs) : undefined;
  if (ofAll !== undefined) return write(ofAll, { finish, timeMs, given: times, target });
  const given = await values.valuesOf(slot);
  const found = pickLatest(merge, windowMs, given);
  write(found, { finish, timeMs, given: kind === "since" ? times : given, target });
}

interface Writing {
  readonly finish: Finish;
  readonly timeMs: Float64Array;
  readonly given: Float64Array;
  readonly target: Float32Array;
}

/** Writes the answers of one feature from what was found of its own. */
function write(picks: Picks, { finish, timeMs, given, target }: Writing): void {
  const { questions, events, tiedFrom } = picks;
  const tied = tiedValues(picks.ties, given);
  target.fill(NaN);
  for (let i = 0; i < questions.length; i++) {
    const value = i < tiedFrom ? given[events[i]] : tied[events[i]];
    // Of the zeros only one is kept, as in the fold.
    const answer = finish.kind === "since" ? (timeMs[questions[i]] - value) / 1000 : value + 0;
    target[questions[i]] = modelNumber(answer);
  }
}

/** Of equal times the larger value counts. */
function tiedValues(ties: readonly Tie[], given: Float64Array): Float64Array {
  const tied = new Float64Array(ties.length);
  ties.forEach(({ before, row }, i) => {
    const value = before < given.length ? given[before] : tied[before - given.length];
    tied[i] = Number.isNaN(value) || given[row] > value ? given[row] : value;
  });
  return tied;
}
