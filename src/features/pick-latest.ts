import { blockRows } from "./event-blocks.js";
import type { KeyCodes } from "./entity-key.js";
import { dealQuestions, dealRows, type EntityRows } from "./fold-entities.js";
import type { AskedRows, VisibleEvents } from "./fold.js";

/** Events entity after entity, with when each counts and from when it is seen. */
export interface DealtEvents extends EntityRows {
  readonly timeMs: Float64Array;
  readonly visibleFrom: Float64Array;
}

/** The events of a view and all that is asked of them, both by entity. */
export interface Merge {
  readonly asked: AskedRows;
  readonly events: DealtEvents;
  readonly questions: EntityRows;
  /** Rows of the events' table. */
  readonly rowCount: number;
}

/** Which event each question finds: the latest that it sees, if that is alive. Those that find none are not here. */
export interface Picks {
  /** Pairs of a question's row and its event's, near to each other in memory where their neighbours are. */
  readonly questions: Uint32Array;
  readonly events: Uint32Array;
  /** The pairs of block `b` of events lie from `starts[b]` to `starts[b + 1]`. */
  readonly starts: Uint32Array;
  /** From this pair on, `events` are numbers of ties. */
  readonly tiedFrom: number;
  readonly ties: readonly Tie[];
}

/** Of events of one key and time: one that came, and what was the latest before; a tie when it is at least `rowCount`. */
export interface Tie {
  readonly before: number;
  readonly row: number;
}

/** Deals events out to their entities, in the order in which they became visible. */
export function dealEvents(
  { visibleFrom, order }: VisibleEvents,
  timeMs: Float64Array,
  { codes, texts }: KeyCodes,
): DealtEvents {
  const dealt = dealRows(codes, { order, entities: texts.length, carry: [timeMs, visibleFrom] });
  const [carriedMs, carriedFrom] = dealt.carried;
  return { ...dealt, timeMs: carriedMs, visibleFrom: carriedFrom };
}

/** The merge of one lookup's questions with events that were dealt. */
export function mergeOf(
  events: DealtEvents,
  keys: KeyCodes,
  { eventKeys, asked }: { readonly eventKeys: KeyCodes; readonly asked: AskedRows },
): Merge {
  return {
    asked,
    events,
    questions: dealQuestions(keys, eventKeys, asked),
    rowCount: eventKeys.codes.length,
  };
}

/** The latest event that each question sees, of all events or of those that have a value. */
export function pickLatest(merge: Merge, windowMs: number, values?: Float64Array): Picks {
  const { events, questions, rowCount } = merge;
  const { askedAt, timeMs } = merge.asked;
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
      for (; next < end && events.visibleFrom[next] < askedAt[question]; next++) {
        const eventMs = events.timeMs[next];
        // An event without a time is in no window: neither holds for it.
        const [later, equal] = [eventMs > headMs, eventMs === headMs];
        if (!(later || equal)) continue;
        const row = events.rows[next];
        if (values !== undefined && Number.isNaN(values[row])) continue;
        head = later ? row : rowCount + ties.push({ before: head, row }) - 1;
        headMs = eventMs;
      }
      if (!(headMs >= timeMs[question] - windowMs)) continue;
      found.questions[count] = question;
      found.events[count++] = head;
    }
  }
  return { ...nearby(found, { count, rowCount }), ties };
}

/** Deals pairs out to the blocks of their events, ties behind all of them. Questions stay in order. */
function nearby(
  { questions, events }: Pick<Picks, "questions" | "events">,
  { count, rowCount }: { readonly count: number; readonly rowCount: number },
): Omit<Picks, "ties"> {
  const last = Math.ceil(rowCount / blockRows);
  const starts = new Uint32Array(last + 2);
  const blockOf = (event: number) => (event < rowCount ? Math.floor(event / blockRows) : last);
  for (let i = 0; i < count; i++) starts[blockOf(events[i]) + 1]++;
  for (let block = 0; block <= last; block++) starts[block + 1] += starts[block];
  const next = starts.slice();
  const dealt = { questions: sharedRows(count), events: sharedRows(count) };
  for (let i = 0; i < count; i++) {
    const to = next[blockOf(events[i])]++;
    dealt.questions[to] = questions[i];
    dealt.events[to] = events[i] < rowCount ? events[i] : events[i] - rowCount;
  }
  return { ...dealt, starts, tiedFrom: starts[last] };
}

/** Threads that write answers read the pairs. */
const sharedRows = (length: number) => new Uint32Array(new SharedArrayBuffer(4 * length));
