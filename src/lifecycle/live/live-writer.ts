import type { FeatureState, IdSet, LoggedEvent } from "../../features/index.js";
import type { AppendLog, Value } from "../../kernel/index.js";
import { lifecycleErrors } from "../errors.js";
import { clockLagMs, readEvent, writeEvent, type LogPosition } from "./live-records.js";

/** What became of events that were given to a writer. */
export interface Written {
  /** Positions of those whose id was taken before. */
  readonly duplicates: readonly number[];
  /** Numbers of the others in the log; null when there were none. */
  readonly sequence: { readonly first: number; readonly last: number } | null;
}

/**
 * Writes the events of one source to its log and then tells the state: in the order of the log, whoever gave
 * them and however many at once. Events that arrive while others are written are written together.
 */
export interface EventWriter {
  /**
   * Resolves once the events survive the death of the process and count. `first` is done before, once there is
   * room for them. Throws MW1115 and MW1003.
   */
  write(events: readonly (readonly Value[])[], first?: () => Promise<unknown>): Promise<Written>;
  /**
   * Resolves once the state has everything that is in the log. It lags behind only while its store is gone:
   * then throws MW1013.
   */
  caughtUp(): void | Promise<void>;
  /** Whether the state missed events that are in the log. */
  isBehind(): boolean;
}

export interface EventWriterParts {
  readonly source: string;
  readonly log: AppendLog;
  /** The last record of the log; moves on. */
  readonly position: LogPosition;
  readonly state: FeatureState;
  /** The ids that were taken, and where they stand in an event; absent for a source without ids. */
  readonly ids?: { readonly seen: IdSet; readonly column: number };
  /** The time at which events are taken; null where time is what they say. */
  readonly receivedMs: () => number | null;
  /** Most events that may wait for the log. */
  readonly maxWaiting: number;
  /** Told how many events were accepted, after they count. */
  readonly onAccepted: (count: number) => void;
}

interface Batch {
  readonly events: readonly (readonly Value[])[];
  readonly resolve: (written: Written) => void;
  readonly reject: (error: unknown) => void;
}

/** Events that are written together at most, so that one turn of the event loop stays short. */
const groupEvents = 4096;

export function eventWriter(parts: EventWriterParts): EventWriter {
  const { source, log, position, state, ids, maxWaiting } = parts;
  const waiting: Batch[] = [];
  let waitingEvents = 0;
  let writing = false;
  /** Set when the state missed events that are in the log; it learns them from there and nowhere else. */
  let behind = false;
  let turn: Promise<unknown> = Promise.resolve();

  /** One after the other, so that the state is told in the order of the log. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  }

  async function catchUp(): Promise<void> {
    for await (const { first, records } of log.read(state.sequence(source) + 1)) {
      await state.add(
        source,
        records.map((line, i) => readEvent(line, first + i)),
      );
    }
    behind = false;
  }

  /** The events are in the log, so what goes wrong here is no failure of theirs. */
  async function tell(events: readonly LoggedEvent[], receivedMs: number | null): Promise<void> {
    try {
      if (behind) return await catchUp();
      const told = state.add(source, events);
      if (told instanceof Promise) await told;
      if (receivedMs === null) return;
      // Else events would wait until somebody asks, and memory would grow where nothing is predicted.
      const moved = state.advance(receivedMs - clockLagMs);
      if (moved instanceof Promise) await moved;
    } catch {
      behind = true;
    }
  }

  function nextGroup(): Batch[] {
    let count = 0;
    let end = 0;
    while (end < waiting.length && count < groupEvents) count += waiting[end++].events.length;
    return waiting.splice(0, end);
  }

  async function writeWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const group = nextGroup();
      await inTurn(() => writeGroup(group));
    }
    writing = false;
  }

  async function writeGroup(group: readonly Batch[]): Promise<void> {
    try {
      const receivedMs = parts.receivedMs();
      const sifted = sift(group, ids);
      const values = sifted.flatMap(({ fresh }) => fresh);
      let first = 0;
      if (values.length > 0) {
        const lines = values.map((event) => writeEvent(receivedMs, event as Value[]));
        first = await log.append(lines);
        position.sequence = first + lines.length - 1;
        position.record = lines[lines.length - 1];
        for (const event of values) ids?.seen.add(event[ids.column]);
        const logged = values.map((event, i) => ({ sequence: first + i, receivedMs, values: event }));
        await tell(logged, receivedMs);
        parts.onAccepted(values.length);
      }
      leave(group);
      for (const [i, { fresh, duplicates }] of sifted.entries()) {
        const last = first + fresh.length - 1;
        group[i].resolve({ duplicates, sequence: fresh.length === 0 ? null : { first, last } });
        first += fresh.length;
      }
    } catch (error) {
      leave(group);
      for (const { reject } of group) reject(error);
    }
  }

  function leave(group: readonly Batch[]): void {
    for (const { events } of group) waitingEvents -= events.length;
  }

  function enqueue(events: Batch["events"]): Promise<Written> {
    return new Promise<Written>((resolve, reject) => {
      waiting.push({ events, resolve, reject });
      if (writing) return;
      writing = true;
      void writeWaiting();
    });
  }

  async function write(events: Batch["events"], before?: () => Promise<unknown>): Promise<Written> {
    if (waitingEvents > 0 && waitingEvents + events.length > maxWaiting) {
      throw tooMany(source, { maxWaiting, waitingEvents, given: events.length });
    }
    waitingEvents += events.length;
    try {
      if (before !== undefined) await before();
    } catch (error) {
      waitingEvents -= events.length;
      throw error;
    }
    return enqueue(events);
  }

  return Object.freeze({
    write,
    isBehind: () => behind,
    caughtUp: () => (behind ? inTurn(() => (behind ? catchUp() : Promise.resolve())) : undefined),
  });
}

interface Sifted {
  readonly fresh: (readonly Value[])[];
  readonly duplicates: readonly number[];
}

/** Sets aside events whose id is in the log, or before them in the same group. */
function sift(group: readonly Batch[], ids: EventWriterParts["ids"]): Sifted[] {
  if (ids === undefined) return group.map(({ events }) => ({ fresh: [...events], duplicates: [] }));
  const { seen, column } = ids;
  const among = new Set<Value>();
  return group.map(({ events }) => {
    const duplicates: number[] = [];
    const fresh = events.filter((event, i) => {
      const id = event[column];
      const known = among.has(id) || seen.has(id);
      if (known) duplicates.push(i);
      else among.add(id);
      return !known;
    });
    return { fresh, duplicates };
  });
}

function tooMany(
  source: string,
  { maxWaiting, waitingEvents, given }: { maxWaiting: number; waitingEvents: number; given: number },
) {
  return lifecycleErrors.error("MW1115", {
    expected: `at most ${maxWaiting} events of source "${source}" waiting for the log`,
    found: `${waitingEvents} waiting and ${given} more`,
    remedy: "Send the batch again in a second, or fewer events at once.",
    details: { source, maxWaiting },
  });
}
