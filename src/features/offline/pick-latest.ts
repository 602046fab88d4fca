import type { KeyCodes } from "../definition/entity-key.js";
import { dealQuestions, dealRows, type EntityRows } from "./fold-entities.js";
import type { AskedRows, VisibleEvents } from "./fold.js";

/** The events of a view and all that is asked of them by one lookup. */
export interface Merge {
  readonly asked: AskedRows;
  readonly events: Pick<VisibleEvents, "visibleFrom" | "order">;
  /** When each event counts. */
  readonly times: Float64Array;
  readonly eventKeys: KeyCodes;
  readonly questions: EntityRows;
}

/** Which event each question finds: the latest that it sees, if that is alive. Those that find none are not here. */
export interface Picks extends Pairs {
  /** Pairs whose `events` are numbers of ties. */
  readonly tied: Pairs;
  readonly ties: readonly Tie[];
}

/** A question's row and its event's, by ascending events. */
export interface Pairs {
  readonly questions: Uint32Array;
  readonly events: Int32Array;
}

/** Of events of one key and time: one that came, and what was the latest before; a tie when it is at least the number of rows. */
export interface Tie {
  readonly before: number;
  readonly row: number;
}

/** What the latest event is from when an event is seen; in the events' order. */
interface Heads {
  /** The event's row, or a tie when it is at least the number of rows; −1 where a later event was seen before. */
  readonly of: Int32Array;
  readonly ties: readonly Tie[];
}

/** The merge of one lookup's questions with the events of their keys. */
export function mergeOf(
  keys: KeyCodes,
  given: Pick<Merge, "asked" | "events" | "times" | "eventKeys">,
): Merge {
  return Object.freeze({ ...given, questions: dealQuestions(keys, given.eventKeys, given.asked) });
}

/**
 * The latest event that each question sees, of all events or of those that have a value. One walk forward in
 * time finds from when each event is the latest of its key, and one back gives each the questions from there on.
 */
export function pickLatest(merge: Merge, windowMs: number, values?: Float64Array): Picks {
  const { questions, times } = merge;
  const { visibleFrom, order } = merge.events;
  const { codes } = merge.eventKeys;
  const { askedAt, timeMs } = merge.asked;
  const heads = headsOf(merge, values);
  const rowCount = times.length;
  const found = {
    questions: new Uint32Array(questions.rows.length),
    events: new Int32Array(questions.rows.length),
  };
  const left = questions.starts.slice(1);
  // Ties from the front, the others from the back: together there are no more than questions.
  let [tied, first] = [0, questions.rows.length];
  for (let i = order.length - 1; i >= 0; i--) {
    const head = heads.of[i];
    if (head < 0) continue;
    const row = order[i];
    const entity = codes[row];
    let next = left[entity];
    for (; next > questions.starts[entity]; next--) {
      const question = questions.rows[next - 1];
      if (!(visibleFrom[row] < askedAt[question])) break;
      if (!(times[row] >= timeMs[question] - windowMs)) continue;
      const to = head < rowCount ? --first : tied++;
      found.questions[to] = question;
      found.events[to] = head < rowCount ? head : head - rowCount;
    }
    left[entity] = next;
  }
  const part = (from: number, to?: number): Pairs => ({
    questions: found.questions.subarray(from, to),
    events: found.events.subarray(from, to),
  });
  return { ...byEvent(part(first), rowCount), tied: part(0, tied), ties: heads.ties };
}

function headsOf({ events, questions, times, eventKeys, asked }: Merge, values?: Float64Array): Heads {
  const { visibleFrom, order } = events;
  const { codes } = eventKeys;
  const entities = questions.starts.length - 1;
  const latest = new Int32Array(entities);
  const latestMs = new Float64Array(entities).fill(-Infinity);
  const lastAsked = Float64Array.from(latest, (_, entity) => {
    const [from, to] = [questions.starts[entity], questions.starts[entity + 1]];
    return from < to ? asked.askedAt[questions.rows[to - 1]] : -Infinity;
  });
  const of = new Int32Array(order.length).fill(-1);
  const ties: Tie[] = [];
  for (let i = 0; i < order.length; i++) {
    const row = order[i];
    const entity = codes[row];
    if (entity < 0 || !(visibleFrom[row] < lastAsked[entity])) continue;
    const eventMs = times[row];
    // An event without a time is in no window: it is never the latest.
    if (!(eventMs >= latestMs[entity])) continue;
    if (values !== undefined && Number.isNaN(values[row])) continue;
    const tie = eventMs === latestMs[entity];
    const head = tie ? times.length + ties.push({ before: latest[entity], row }) - 1 : row;
    latest[entity] = of[i] = head;
    latestMs[entity] = eventMs;
  }
  return { of, ties };
}

/** Puts pairs in the order of their events' rows, if they do not come in it. */
function byEvent(pairs: Pairs, rowCount: number): Pairs {
  const { questions, events } = pairs;
  if (isAscending(events)) return pairs;
  const { rows } = dealRows(events, { entities: rowCount });
  return {
    questions: Uint32Array.from(rows, (at) => questions[at]),
    events: Int32Array.from(rows, (at) => events[at]),
  };
}

function isAscending(numbers: Int32Array): boolean {
  for (let i = 1; i < numbers.length; i++) if (numbers[i] < numbers[i - 1]) return false;
  return true;
}
