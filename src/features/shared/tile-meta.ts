import type { SeenLog } from "../ports.js";
import { tileFormat } from "./tile-chunk.js";
import { damaged } from "../algebra/tile-codec.js";

/**
 * What the tiles of one entity rest on, by partition (the name of the live state that writes a log, or
 * `history`): exactly the events with a number up to `sequence` that were available before `beforeMs`. Both
 * only grow, so a text of it never comes back: comparing texts is enough to compare and swap.
 */
export type TileMeta = Readonly<Record<string, SeenLog>>;

/** What the text of a meta begins with: tiles of another format are refused before any of them is missed. */
const head = String(tileFormat);

const noEvents: TileMeta = Object.freeze({});

/** Reads what was stored beside an entity's tiles. Throws MW0305. */
export function readMeta(text: string | undefined): TileMeta {
  if (text === undefined) return noEvents;
  if (!text.startsWith(head)) throw badMeta(text);
  // Every entity that is read has one: the parsed object is filled anew rather than copied.
  const meta = parsed(text);
  for (const partition of Object.keys(meta)) {
    const entry = meta[partition];
    if (!Array.isArray(entry)) throw badMeta(text);
    const [sequence, beforeMs] = entry as unknown[];
    if (!Number.isSafeInteger(sequence) || !Number.isFinite(beforeMs)) throw badMeta(text);
    meta[partition] = { sequence, beforeMs };
  }
  return meta as TileMeta;
}

function parsed(text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text.slice(head.length));
    if (typeof json === "object" && json !== null) return json as Record<string, unknown>;
  } catch (error) {
    throw badMeta(text, error);
  }
  throw badMeta(text);
}

/** The format of the tiles, and `{"partition":[sequence,beforeMs]}`. */
export function writeMeta(meta: TileMeta): string {
  const entries = Object.entries(meta).map(([partition, { sequence, beforeMs }]) => [
    partition,
    [sequence, beforeMs],
  ]);
  return head + JSON.stringify(Object.fromEntries(entries));
}

/** The latest time that any of the tiles' events was available before; −∞ without events. */
export function latestOf(meta: TileMeta): number {
  let latest = -Infinity;
  for (const { beforeMs } of Object.values(meta)) latest = Math.max(latest, beforeMs);
  return latest;
}

/** What the tiles rest on of one partition. */
export const seenOf = (meta: TileMeta, partition: string): SeenLog | undefined =>
  Object.hasOwn(meta, partition) ? meta[partition] : undefined;

/**
 * A meta with another entry for a partition, whatever its name. It begins with no entries, for a copy of a parsed
 * object that then gets a computed name is of a shape of its own each time: V8 takes longer for that than for all
 * the rest, and the shapes live on until a full collection.
 */
export const withSeen = (meta: TileMeta, partition: string, seen: SeenLog): TileMeta => ({
  ...noEvents,
  ...meta,
  [partition]: seen,
});

/** Whether an event is in the tiles. */
export function covers(seen: SeenLog | undefined, sequence: number, availableMs: number): boolean {
  return seen !== undefined && sequence <= seen.sequence && availableMs < seen.beforeMs;
}

function badMeta(text: string, cause?: unknown) {
  const found = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return damaged("what an entity's tiles rest on, by partition", found, cause);
}
