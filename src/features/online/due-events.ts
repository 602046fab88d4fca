import type { EventSource } from "../../data/index.js";
import { compileEventTimes } from "../definition/event-times.js";
import { createPendingEvents, type PendingEvent } from "./pending-events.js";
import type { LoggedEvent } from "../ports.js";

/** What was taken of each log, by source. */
export type Sequences = Readonly<Record<string, number>>;

/**
 * The events of this process's logs that are not in the store: those whose time has not come, and those
 * that are due. Between two calls every event that was taken is either in one of the two or applied.
 */
export interface DueEvents {
  /** Takes an event; false when it was taken before. */
  take(source: string, event: LoggedEvent): boolean;
  /** Brings the clock to a time: what is available before it is due. */
  advance(timeMs: number): void;
  clockMs(): number;
  sequences(): Sequences;
  /** How many are due. */
  count(): number;
  /** Whether any event is not available before the clock but before a time. */
  waitsBefore(timeMs: number): boolean;
  /** Removes and returns all that are due. They remain unapplied until they are told to be. */
  takeDue(): PendingEvent[];
  /** Makes events due again. */
  giveBack(events: readonly PendingEvent[]): void;
  applied(events: readonly PendingEvent[]): void;
  /** Up to this number all events of a log are applied. */
  appliedUpTo(source: string): number;
  /** Forgets everything and begins after these numbers, at a time. */
  restart(sequences: Sequences, timeMs: number): void;
}

/** Makes an empty queue for events of these sources; events of others are counted and nothing else. */
export function createDueEvents(sources: readonly EventSource[]): DueEvents {
  const timesOf = new Map(sources.map((source) => [source.name, compileEventTimes(source)]));
  let pending = createPendingEvents();
  let due: PendingEvent[] = [];
  let clockMs = -Infinity;
  let sequences: Record<string, number> = {};
  // A set is in the order of insertion, and events come in the order of their numbers: the first is the lowest.
  const open = new Map(sources.map(({ name }) => [name, new Set<number>()]));

  function advance(timeMs: number): void {
    if (timeMs <= clockMs) return;
    clockMs = timeMs;
    for (let next = pending.takeBefore(timeMs); next !== undefined; next = pending.takeBefore(timeMs)) {
      due.push(next);
    }
  }

  return Object.freeze({
    take(source: string, event: LoggedEvent) {
      if (event.sequence <= (sequences[source] ?? 0)) return false;
      sequences[source] = event.sequence;
      const times = timesOf.get(source)?.(event);
      if (times === undefined) return true;
      open.get(source)?.add(event.sequence);
      const taken = { source, event, ...times };
      if (times.availableMs < clockMs) due.push(taken);
      else pending.push(taken);
      return true;
    },
    advance,
    clockMs: () => clockMs,
    sequences: () => ({ ...sequences }),
    count: () => due.length,
    waitsBefore: (timeMs: number) => pending.nextMs() < timeMs,
    takeDue() {
      const taken = due;
      due = [];
      return taken;
    },
    giveBack(events: readonly PendingEvent[]) {
      due = [...events, ...due];
    },
    applied(events: readonly PendingEvent[]) {
      for (const { source, event } of events) open.get(source)?.delete(event.sequence);
    },
    appliedUpTo(source: string) {
      const lowest = open.get(source)?.values().next();
      return lowest === undefined || lowest.done === true ? (sequences[source] ?? 0) : lowest.value - 1;
    },
    restart(from: Sequences, timeMs: number) {
      pending = createPendingEvents();
      due = [];
      sequences = { ...from };
      for (const numbers of open.values()) numbers.clear();
      clockMs = Math.max(clockMs, timeMs);
    },
  });
}
