import type { SeenLog } from "./ports.js";
import { damaged } from "./tile-codec.js";

/**
 * What the tiles of one entity rest on, by partition (the name of the live state that writes a log, or
 * `history`): exactly the events with a number up to `sequence` that were available before `beforeMs`. Both
 * only grow, so a text of it never comes back: comparing texts is enough to compare and swap.
 */
export type TileMeta = Readonly<Record<string, SeenLog>>;

const noEvents: TileMeta = Object.freeze({});

/** Reads what was stored beside an entity's tiles. Throws MW0305. */
export function readMeta(text: string | undefined): TileMeta {
  if (text === undefined) return noEvents;
  const entries = Object.entries(parsed(text));
  return Object.fromEntries(
    entries.map(([partition, entry]) => {
      const [sequence, beforeMs] = Array.isArray(entry) ? (entry as unknown[]) : [];
      if (!Number.isSafeInteger(sequence) || !Number.isFinite(beforeMs)) throw badMeta(text);
      return [partition, { sequence: sequence as number, beforeMs: beforeMs as number }];
    }),
  );
}

function parsed(text: string): object {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === "object" && json !== null) return json;
  } catch (error) {
    throw badMeta(text, error);
  }
  throw badMeta(text);
}

/** `{"partition":[sequence,beforeMs]}` */
export function writeMeta(meta: TileMeta): string {
  const entries = Object.entries(meta).map(([partition, { sequence, beforeMs }]) => [
    partition,
    [sequence, beforeMs],
  ]);
  return JSON.stringify(Object.fromEntries(entries));
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

/** Whether an event is in the tiles. */
export function covers(seen: SeenLog | undefined, sequence: number, availableMs: number): boolean {
  return seen !== undefined && sequence <= seen.sequence && availableMs < seen.beforeMs;
}

function badMeta(text: string, cause?: unknown) {
  const found = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return damaged("what an entity's tiles rest on, by partition", found, cause);
}
