import { setImmediate } from "node:timers/promises";
import { bindTable, compileExpression, throwIfCancelled, type Table } from "../kernel/index.js";
import { windowTimes } from "./event-log.js";
import { dealQuestions, dealRows, type EntityRows } from "./fold-entities.js";
import type { FoldContext, ViewFold } from "./fold.js";
import { beyondFloat32, modelNumber } from "./model-number.js";
import type { Finish, Slot, SlotPlan } from "./slots.js";

/**
 * Whether a plan asks for the latest event of a key alone: numbers of `last` and `timeSinceLast`. A time to
 * live is exact, so they need no tiles: of all that was seen only the latest can count.
 */
export const asksLatestAlone = ({ finishes }: SlotPlan): boolean =>
  finishes.every(({ kind, output }) => output === "number" && (kind === "last" || kind === "since"));

/** Which event each question finds: the latest that it sees, if that is alive. Those that find none are not here. */
interface Picks {
  /** Pairs of a question's row and its event's, near to each other in memory where their neighbours are. */
  readonly questions: Uint32Array;
  readonly events: Uint32Array;
  /** From this pair on, `events` are numbers of ties. */
  readonly tiedFrom: number;
  readonly ties: readonly Tie[];
}

/** Of events of one key and time: one that came, and what was the latest before; a tie when it is at least `rowCount`. */
interface Tie {
  readonly before: number;
  readonly row: number;
}

interface Merge {
  readonly fold: ViewFold;
  readonly times: Float64Array;
  readonly events: EntityRows;
  readonly questions: EntityRows;
}

/**
 * Answers a view that asks for the latest event alone, by merging each entity's events with its questions:
 * O(events + questions), and a read and a write for each feature of a question. Equal to the fold to the last
 * bit, ties, nulls and late events included. Writes every row of `out`.
 */
export async function answerLatest(fold: ViewFold, { signal, onProgress }: FoldContext = {}): Promise<void> {
  const { view, events, eventKeys, asked, lookups } = fold;
  const times = windowTimes(view, events);
  const dealt = dealRows(eventKeys.codes, { order: events.order, entities: eventKeys.texts.length });
  for (const [done, { keys, out }] of lookups.entries()) {
    const merge = { fold, times, events: dealt, questions: dealQuestions(keys, eventKeys, asked) };
    const picked = new Map<number, Picks>();
    for (const finish of view.plan.finishes) {
      const slot = view.plan.slots[finish.slots[0]];
      const writing = { finish, timeMs: asked.timeMs, target: out.numbers[finish.position] };
      if (!answerByAll(merge, { slot, writing, picked })) answerByValues(merge, { slot, writing });
      await setImmediate();
      throwIfCancelled(signal);
    }
    onProgress?.(asked.timeMs.length * (done + 1));
  }
}

interface Answering {
  readonly slot: Slot;
  readonly writing: Omit<Writing, "given">;
}

/** By the latest of all events, which is the one if it has a value. False where one has none. */
function answerByAll(
  merge: Merge,
  { slot, writing, picked }: Answering & { readonly picked: Map<number, Picks> },
): boolean {
  if (slot.where !== undefined) return false;
  const { kind, windowMs } = writing.finish;
  const picks = picked.get(windowMs) ?? pickLatest(merge, windowMs);
  picked.set(windowMs, picks);
  if (kind !== "since") return copy(picks, { ...writing, given: valuesOf(slot, merge.fold.events.table) });
  write(picks, { ...writing, given: merge.times });
  return true;
}

/** By the latest of the events that have a value. */
function answerByValues(merge: Merge, { slot, writing }: Answering): void {
  const { kind, windowMs } = writing.finish;
  const values = valuesOf(slot, merge.fold.events.table);
  const picks = pickLatest(merge, windowMs, values);
  write(picks, { ...writing, given: kind === "since" ? merge.times : values });
}

/** What a slot takes of the events, by row; NaN: nothing. */
function valuesOf({ value, where }: Slot, table: Table): Float64Array {
  if (value?.op === "column" && where === undefined) {
    const column = table.columns[value.name];
    if (column.kind === "number") return column.values;
  }
  const bind = bindTable(table);
  const read = value === undefined ? () => 1 : compileExpression(value, bind);
  const counts = where === undefined ? () => 1 : compileExpression(where, bind);
  const values = new Float64Array(table.rowCount);
  for (let row = 0; row < values.length; row++) {
    const given = counts(row) === 1 ? read(row) : null;
    values[row] = given === null ? NaN : (given as number);
  }
  return values;
}

/** The latest event that each question sees, of all events or of those that have a value. */
function pickLatest(
  { fold, times, events, questions }: Merge,
  windowMs: number,
  values?: Float64Array,
): Picks {
  const { visibleFrom } = fold.events;
  const { askedAt, timeMs } = fold.asked;
  const found = {
    questions: new Uint32Array(questions.rows.length),
    events: new Uint32Array(questions.rows.length),
  };
  const ties: Tie[] = [];
  let count = 0;
  for (let entity = 0; entity + 1 < events.starts.length; entity++) {
    const [end, lastQuestion] = [events.starts[entity + 1], questions.starts[entity + 1]];
    let next = events.starts[entity];
    let head = -1;
    let headMs = -Infinity;
    for (let q = questions.starts[entity]; q < lastQuestion; q++) {
      const question = questions.rows[q];
      for (; next < end && visibleFrom[events.rows[next]] < askedAt[question]; next++) {
        const row = events.rows[next];
        // An event without a time is in no window: neither holds for it.
        const [later, equal] = [times[row] > headMs, times[row] === headMs];
        if (!(later || equal) || (values !== undefined && Number.isNaN(values[row]))) continue;
        head = later ? row : times.length + ties.push({ before: head, row }) - 1;
        headMs = times[row];
      }
      if (!(headMs >= timeMs[question] - windowMs)) continue;
      found.questions[count] = question;
      found.events[count++] = head;
    }
  }
  return { ...nearby(found, { count, rowCount: times.length }), ties };
}

/** Events of one block of a column of numbers stay in the processor's cache: 128 KB. */
const blockBits = 14;

/** Deals pairs out to the blocks of their events, ties behind all of them. Questions stay in order. */
function nearby(
  { questions, events }: Pick<Picks, "questions" | "events">,
  { count, rowCount }: { readonly count: number; readonly rowCount: number },
): Omit<Picks, "ties"> {
  const last = (rowCount >>> blockBits) + 1;
  const starts = new Uint32Array(last + 2);
  const blockOf = (event: number) => (event < rowCount ? event >>> blockBits : last);
  for (let i = 0; i < count; i++) starts[blockOf(events[i]) + 1]++;
  for (let block = 0; block <= last; block++) starts[block + 1] += starts[block];
  const tiedFrom = starts[last];
  const dealt = { questions: new Uint32Array(count), events: new Uint32Array(count) };
  for (let i = 0; i < count; i++) {
    const to = starts[blockOf(events[i])]++;
    dealt.questions[to] = questions[i];
    dealt.events[to] = events[i] < rowCount ? events[i] : events[i] - rowCount;
  }
  return { ...dealt, tiedFrom };
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

/** The same for values alone, in a loop as tight as can be. False where one is null or no finite 32-bit float. */
function copy({ questions, events, tiedFrom, ties }: Picks, { given, target }: Writing): boolean {
  const tied = tiedValues(ties, given);
  target.fill(NaN);
  for (let i = 0; i < tiedFrom; i++) {
    const value = given[events[i]];
    if (!(Math.abs(value) < beyondFloat32)) return false;
    target[questions[i]] = value + 0;
  }
  for (let i = tiedFrom; i < questions.length; i++) {
    const value = tied[events[i]];
    if (!(Math.abs(value) < beyondFloat32)) return false;
    target[questions[i]] = value + 0;
  }
  return true;
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
