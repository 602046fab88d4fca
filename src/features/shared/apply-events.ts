import type { Sequences } from "../online/due-events.js";
import { outOfStep } from "./out-of-step.js";
import type { PendingEvent } from "../online/pending-events.js";
import type { TileAnswer, TileChange, TileStore } from "../ports.js";
import { entityRow, type StoredPosition } from "./stored-position.js";
import type { StoredView } from "./stored-view.js";
import { covers, readMeta, seenOf, withSeen } from "./tile-meta.js";

/** A view with the position of this process's writer in its space. */
export interface WrittenView {
  readonly stored: StoredView;
  readonly position: StoredPosition;
}

/** Where the writer stands when a turn begins. */
export interface Mark {
  readonly clockMs: number;
  /** What was taken of each log: all of it that is available before the clock is applied, or in the turn. */
  readonly sequences: Sequences;
  readonly appliedUpTo: (source: string) => number;
}

export interface ApplyContext {
  readonly views: readonly WrittenView[];
  readonly tiles: TileStore;
  readonly partition: string;
}

/** What became of a turn. */
export type Applied =
  | {
      readonly aheadMs?: undefined;
      /**
       * Not applied: the entity rests on a log further than this writer has taken, for an earlier life of it
       * came further. They wait until it has caught up.
       */
      readonly held: PendingEvent[];
    }
  /** An entity rests on a clock that is ahead of the mark: the turn must be made again at that time. */
  | { readonly aheadMs: number };

/** The events of one entity of one view. */
interface Group {
  readonly written: WrittenView;
  readonly row: string;
  readonly fields: readonly string[];
  readonly events: readonly PendingEvent[];
}

/** Entities of one round trip. */
const chunkEntities = 256;
/** One writer gets through in every round, so this is for when something else is wrong. */
const mostRounds = 64;

/**
 * Brings events into the tiles of their entities, each entity in one swap. An event that an entity's meta
 * covers is in already and passed over: what was done before a crash counts once.
 */
export async function applyEvents(
  events: readonly PendingEvent[],
  mark: Mark,
  context: ApplyContext,
): Promise<Applied> {
  const sources = new Set(events.map(({ source }) => source));
  const views = context.views.filter(({ stored }) => sources.has(stored.view.source.name));
  const groups = views.flatMap((written) => groupsOf(written, events, mark.clockMs));
  const held = new Set<PendingEvent>();
  for (let from = 0; from < groups.length; from += chunkEntities) {
    let open = groups.slice(from, from + chunkEntities);
    for (let round = 0; open.length > 0; round++) {
      if (round === mostRounds) throw contended(open);
      const turn = await attempt(open, mark, { ...context, views });
      if (turn.aheadMs !== undefined) return { aheadMs: turn.aheadMs };
      for (const event of turn.held) held.add(event);
      open = turn.open;
    }
  }
  return { held: [...held] };
}

function groupsOf(written: WrittenView, events: readonly PendingEvent[], clockMs: number): Group[] {
  const { stored } = written;
  const byKey = new Map<string, PendingEvent[]>();
  for (const event of events) {
    if (event.source !== stored.view.source.name) continue;
    const key = stored.key(event.event.values);
    if (key === null) continue;
    const own = byKey.get(key);
    if (own === undefined) byKey.set(key, [event]);
    else own.push(event);
  }
  return [...byKey].map(([key, own]) => ({
    written,
    row: entityRow(key),
    fields: stored.touched(own, clockMs),
    events: own,
  }));
}

interface Attempt {
  readonly aheadMs?: number;
  readonly held: PendingEvent[];
  /** Others changed these entities in between. */
  readonly open: Group[];
}

/** One fetch and one swap for all of the groups. */
async function attempt(groups: readonly Group[], mark: Mark, context: ApplyContext): Promise<Attempt> {
  const { views, tiles } = context;
  const answers = await tiles.fetch([
    ...views.map(({ position }) => position.request),
    ...groups.map(({ written, row, fields }) => ({ space: written.stored.space, key: row, fields })),
  ]);
  views.forEach(({ position }, v) => position.check(answers[v].meta));
  const held: PendingEvent[] = [];
  const changing: { readonly group: Group; readonly change: TileChange }[] = [];
  for (const [g, group] of groups.entries()) {
    const decision = decide(group, answers[views.length + g], { mark, partition: context.partition });
    if (typeof decision === "number") return { aheadMs: decision, held: [], open: [] };
    if (Array.isArray(decision)) held.push(...decision);
    else if (decision !== undefined) changing.push({ group, change: decision });
  }
  if (changing.length === 0) return { held, open: [] };
  const positions = views.flatMap(({ stored, position }) => {
    const sequence = mark.appliedUpTo(stored.view.source.name);
    const change = position.change({ sequence, beforeMs: mark.clockMs });
    return change === undefined ? [] : [{ position, change }];
  });
  const made = await tiles.swap([...changing, ...positions].map(({ change }) => change));
  positions.forEach(({ position, change }, p) => {
    if (made[changing.length + p]) position.changed(change.meta);
  });
  return { held, open: changing.flatMap(({ group }, i) => (made[i] ? [] : [group])) };
}

/**
 * The change that brings a group's events in; the events themselves when they must wait, a time when the
 * clock is behind, undefined when they are in already.
 */
function decide(
  { written: { stored }, row, fields, events }: Group,
  answer: TileAnswer,
  { mark, partition }: { readonly mark: Mark; readonly partition: string },
): TileChange | PendingEvent[] | number | undefined {
  const meta = readMeta(answer.meta);
  const own = seenOf(meta, partition);
  const fresh = events.filter(({ event, availableMs }) => !covers(own, event.sequence, availableMs));
  if (fresh.length === 0) return undefined;
  const sequence = mark.sequences[stored.view.source.name];
  // The tiles would claim events between `sequence` and the meta's that nobody has seen at this clock.
  if (own !== undefined && own.sequence > sequence) return fresh;
  if (own !== undefined && own.beforeMs > mark.clockMs) return own.beforeMs;
  const next = withSeen(meta, partition, { sequence, beforeMs: mark.clockMs });
  return stored.change({ row, fields, answer, meta }, { events: fresh, meta: next });
}

function contended(open: readonly Group[]) {
  return outOfStep({
    expected: `the features of ${open.length} entities to stay as they are for one round trip`,
    found: `a change by another writer in each of ${mostRounds} attempts`,
    remedy: "Nothing is lost; the next call tries again.",
  });
}
