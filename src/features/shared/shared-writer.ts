import { createDueEvents, type Sequences } from "../online/due-events.js";
import { outOfStep } from "./out-of-step.js";
import type { PendingEvent } from "../online/pending-events.js";
import type { LoggedEvent, TileStore } from "../ports.js";
import { applyEvents, type Mark, type WrittenView } from "./apply-events.js";

/**
 * The one writer of a partition. It applies events in turns, one at a time: a turn takes everything that is
 * due by then, so that many calls share its two round trips.
 */
export interface SharedWriter {
  add(source: string, events: readonly LoggedEvent[]): Promise<void>;
  /**
   * Brings the clock to a time and applies what was taken before the call and is due; undefined when that
   * needs no waiting.
   */
  reach(timeMs: number): Promise<void> | undefined;
  /** Whether the clock can go to a time without applying anything first. */
  isFreeUntil(timeMs: number): boolean;
  clockMs(): number;
  /** What was taken of each log. */
  sequences(): Sequences;
  /**
   * Numbers up to which all events are applied that were available before the time that was last reached, but
   * for entities whose own meta is ahead.
   */
  appliedSequences(): Sequences;
  /** Forgets all events and begins after these numbers. */
  restart(sequences: Sequences, timeMs: number): Promise<void>;
}

export interface WriterOptions {
  readonly tiles: TileStore;
  readonly partition: string;
  /** Events that may be due and not applied; more are refused. */
  readonly waitingEvents: number;
}

export function createSharedWriter(
  views: readonly WrittenView[],
  { tiles, partition, waitingEvents }: WriterOptions,
): SharedWriter {
  const queue = createDueEvents([
    ...new Map(views.map(({ stored }) => [stored.view.source.name, stored.view.source])).values(),
  ]);
  /** Events of entities that an earlier life of this writer took further than this one has come. */
  let held: PendingEvent[] = [];
  let applied: Sequences = {};
  let turn: Promise<void> | undefined;
  let nextTurn: Promise<void> | undefined;
  /** Whether what is due, or in the turn, holds events that were taken before and became available since. */
  const ripe = { due: false, inTurn: false };
  /** By source, the first number that was refused for want of room. */
  const refused = new Map<string, number>();

  let failed = false;

  const isIdle = () => turn === undefined && queue.count() === 0 && held.length === 0;

  function advance(timeMs: number): void {
    if (queue.waitsBefore(timeMs)) ripe.due = true;
    queue.advance(timeMs);
  }

  async function runTurn(): Promise<void> {
    // A store that is gone is asked before the waiting events are sorted once more.
    if (failed) await tiles.fetch(views.map(({ position }) => position.request));
    for (;;) {
      const batch = [...held, ...queue.takeDue()];
      if (batch.length === 0) return;
      held = [];
      ripe.inTurn = ripe.due;
      ripe.due = false;
      const mark: Mark = {
        clockMs: queue.clockMs(),
        sequences: queue.sequences(),
        appliedUpTo: (source) => queue.appliedUpTo(source),
      };
      const outcome = await applyEvents(batch, mark, { views, tiles, partition }).catch((error: unknown) => {
        failed = true;
        queue.giveBack(batch);
        ripe.due ||= ripe.inTurn;
        throw error;
      });
      failed = false;
      if (outcome.aheadMs === undefined) {
        ({ held } = outcome);
        const waiting = new Set(held);
        queue.applied(batch.filter((event) => !waiting.has(event)));
        applied = mark.sequences;
        return;
      }
      queue.giveBack(batch);
      advance(outcome.aheadMs);
      ripe.due = true;
    }
  }

  function startTurn(): Promise<void> {
    const own = runTurn().finally(() => {
      turn = undefined;
      ripe.inTurn = false;
    });
    turn = own;
    return own;
  }

  /** Applies everything that is due now: in the turn after the present one, if there is one. */
  function settle(): Promise<void> {
    if (turn === undefined) return startTurn();
    nextTurn ??= turn
      .catch(() => undefined)
      .then(() => {
        nextTurn = undefined;
        return settle();
      });
    return nextTurn;
  }

  function reach(timeMs: number): Promise<void> | undefined {
    advance(timeMs);
    if (ripe.due || (turn === undefined && queue.count() > 0)) return settle();
    return ripe.inTurn ? turn : undefined;
  }

  /** Refuses events that do not fit, and those that would leave a gap behind refused ones. */
  function admit(source: string, events: readonly LoggedEvent[]): void {
    const taken = queue.sequences()[source] ?? 0;
    const first = events.find(({ sequence }) => sequence > taken)?.sequence;
    if (first === undefined) return;
    const missing = refused.get(source) ?? Infinity;
    if (first > missing) throw gap(source, missing, first);
    if (queue.count() >= waitingEvents) {
      refused.set(source, first);
      throw tooMany(source, waitingEvents, first);
    }
    refused.delete(source);
  }

  /**
   * Tries a turn when there is no room, for the store may be back. Meanwhile what follows these events is refused,
   * so that no gap can come about.
   */
  async function makeRoom(source: string, events: readonly LoggedEvent[]): Promise<void> {
    if (queue.count() < waitingEvents) return;
    const taken = queue.sequences()[source] ?? 0;
    const first = events.find(({ sequence }) => sequence > taken)?.sequence;
    if (first === undefined) return;
    refused.set(source, Math.min(first, refused.get(source) ?? Infinity));
    await settle();
  }

  async function add(source: string, events: readonly LoggedEvent[]): Promise<void> {
    await makeRoom(source, events);
    admit(source, events);
    if (isIdle()) applied = queue.sequences();
    for (const event of events) queue.take(source, event);
    if (queue.count() > 0 || held.length > 0) await settle();
  }

  return Object.freeze({
    add,
    reach,
    isFreeUntil: (timeMs: number) =>
      !ripe.due && !ripe.inTurn && (turn !== undefined || queue.count() === 0) && !queue.waitsBefore(timeMs),
    clockMs: () => queue.clockMs(),
    sequences: () => queue.sequences(),
    appliedSequences: () => (isIdle() ? queue.sequences() : applied),
    async restart(sequences: Sequences, timeMs: number) {
      await turn?.catch(() => undefined);
      held = [];
      failed = false;
      refused.clear();
      ripe.due = false;
      queue.restart(sequences, timeMs);
      applied = sequences;
    },
  });
}

function tooMany(source: string, waitingEvents: number, first: number) {
  return outOfStep({
    expected: `at most ${waitingEvents} events to wait for the store`,
    found: `as many, and number ${first} of source "${source}"`,
    remedy: `See that the store takes writes. The log has them all: it counts on from number ${first} on.`,
  });
}

function gap(source: string, missing: number, first: number) {
  return outOfStep({
    expected: `number ${missing} of source "${source}", which was refused before`,
    found: `number ${first}`,
    remedy: `See that the store takes writes. The log has them all: it counts on from number ${missing} on.`,
  });
}
