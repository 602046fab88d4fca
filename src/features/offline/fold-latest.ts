import { setImmediate } from "node:timers/promises";
import { throwIfCancelled } from "../../kernel/index.js";
import { copyLatest, copyPairs } from "./copy-latest.js";
import { windowTimes } from "../definition/event-log.js";
import { columnTaken, tableValues, type EventValues, type OpenValues } from "./event-values.js";
import type { FoldContext, ViewFold } from "./fold.js";
import { modelNumber } from "../definition/model-number.js";
import { mergeOf, pickLatest, type Merge, type Pairs, type Picks, type Tie } from "./pick-latest.js";
import type { Finish, Slot, SlotPlan } from "../algebra/slots.js";

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

/** A lookup of a view: what its features are answered from. */
interface Lookup {
  readonly merge: Merge;
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
  context: FoldContext = {},
  values: EventValues = tableValues(fold.events.table),
): Promise<void> {
  const { view, lookups, asked } = fold;
  const slots = copiedSlots(view.plan);
  // What is read goes on being read while the events are merged with the questions.
  const open = slots.length === 0 ? undefined : await values.open(slots);
  try {
    const answers = await openAnswers(fold, context);
    const copied = answers.filter(({ slot }) => slots.includes(slot));
    const rest = new Set(answers);
    if (open !== undefined) {
      const whole = await copyAll({ copied, slots, open }, values.rowCount, context);
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
async function openAnswers(fold: ViewFold, context: FoldContext): Promise<Answer[]> {
  const { view, events, eventKeys, asked } = fold;
  const times = windowTimes(view, events);
  const answers: Answer[] = [];
  for (const { keys, out } of fold.lookups) {
    await pause(context);
    const lookup = { merge: mergeOf(keys, { events, times, eventKeys, asked }), picks: new Map() };
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
  { signal }: FoldContext,
): Promise<boolean[]> {
  const picks = [...new Set(copied.map(picksOf))];
  const keep = tiedRows(picks, rowCount);
  const columns = copied.map((answer) => ({
    pairs: picks.indexOf(picksOf(answer)),
    given: slots.indexOf(answer.slot),
    target: answer.target,
  }));
  const { whole, kept } = await copyLatest({ pairs: picks, columns, keep, signal }, open);
  const placeOf = new Map(Array.from(keep, (row, place) => [row, place]));
  const ties = picks.map((one) => one.ties.map((tie) => tieAmong(tie, placeOf, rowCount)));
  return columns.map(({ pairs, given, target }, i) => {
    const tied = { given: tiedValues(ties[pairs], kept[given]), stride: 1, firstRow: 0 };
    return whole[i] && copyPairs(picks[pairs].tied, tied, target);
  });
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

/** One feature by itself: by the latest of all events when it asks for their times, else of those that have a value. */
async function answerAlone({ lookup, finish, slot, target }: Answer, values: EventValues): Promise<void> {
  const { merge, picks } = lookup;
  const { kind, windowMs } = finish;
  const ofAll = kind === "since" && slot.where === undefined ? picks.get(windowMs) : undefined;
  const given = ofAll === undefined ? await values.valuesOf(slot) : merge.times;
  const found = ofAll ?? pickLatest(merge, windowMs, given);
  const { timeMs } = merge.asked;
  const answer =
    kind === "since"
      ? (value: number, question: number) => (timeMs[question] - value) / 1000
      : // Of the zeros only one is kept, as in the fold.
        (value: number) => value + 0;
  write(found, { given: kind === "since" ? merge.times : given, answer, target });
}

interface Writing {
  readonly given: Float64Array;
  readonly answer: (value: number, question: number) => number;
  readonly target: Float32Array;
}

/** Writes the answers of one feature from what was found of its own. */
function write(picks: Picks, { given, answer, target }: Writing): void {
  target.fill(NaN);
  const writePairs = ({ questions, events }: Pairs, from: Float64Array) => {
    for (let i = 0; i < questions.length; i++) {
      target[questions[i]] = modelNumber(answer(from[events[i]], questions[i]));
    }
  };
  writePairs(picks, given);
  writePairs(picks.tied, tiedValues(picks.ties, given));
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
