import type { TilePlan } from "./tile-plan.js";
import { visitTiles } from "./tile-plan.js";
import { lowerBoundMs } from "./window.js";

/** The field of a tile in its entity's record. */
export const tileField = (level: number, bucket: number): string => `${level}:${bucket}`;

/** What a read at one time needs of an entity. */
export interface TileReads {
  /** Every tile of any window, once. */
  readonly fields: readonly string[];
  /** By window, the positions of its tiles in `fields`. */
  readonly windows: readonly Int32Array[];
  /** By field, whether any of its windows needs a sketch, by sketch. */
  readonly wanted: readonly (readonly boolean[])[];
}

/** Compiles which tiles a read at a time needs. The last answer is kept: times of one hop share it. */
export function compileTileReads(plan: TilePlan): (timeMs: number) => TileReads {
  let ranges: number[] = [];
  let reads: TileReads | undefined;
  return (timeMs) => {
    const next = rangesAt(plan, timeMs);
    if (reads !== undefined && next.length === ranges.length && next.every((n, i) => n === ranges[i])) {
      return reads;
    }
    ranges = next;
    reads = readsOf(plan, timeMs);
    return reads;
  };
}

function rangesAt(plan: TilePlan, timeMs: number): number[] {
  const ranges: number[] = [];
  plan.windows.forEach(({ level, windowMs }, w) => {
    visitTiles(plan, { level, windowMs, timeMs }, (l, from, to) => ranges.push(w, l, from, to));
  });
  return ranges;
}

function readsOf(plan: TilePlan, timeMs: number): TileReads {
  const positions = new Map<string, number>();
  const wanted: boolean[][] = [];
  const windows = plan.windows.map(({ level, windowMs, sketches }) => {
    const own: number[] = [];
    visitTiles(plan, { level, windowMs, timeMs }, (l, from, to) => {
      for (let bucket = from; bucket <= to; bucket++) {
        const field = tileField(l, bucket);
        const known = positions.get(field) ?? positions.size;
        positions.set(field, known);
        own.push(known);
        const sketchesOf = (wanted[known] ??= []);
        for (const sketch of sketches) sketchesOf[sketch] = true;
      }
    });
    return Int32Array.from(own);
  });
  return { fields: [...positions.keys()], windows, wanted };
}

/** By level, the first bucket that a read at a time or later can reach. */
export function lowestBuckets({ levels, windows }: TilePlan, timeMs: number): number[] {
  return levels.map(({ sizeMs }, index) => {
    let lowest = Infinity;
    for (const { level, windowMs } of windows) {
      if (level <= index) lowest = Math.min(lowest, Math.floor(lowerBoundMs(timeMs, windowMs) / sizeMs));
    }
    return lowest;
  });
}

/**
 * The tiles that a read at `beforeMs` could reach and no read at `timeMs` or later can: what to drop of an
 * entity whose events so far were all before `beforeMs`.
 */
export function tilesOutOfReach(plan: TilePlan, beforeMs: number, timeMs: number): string[] {
  if (!Number.isFinite(beforeMs)) return [];
  const [before, after] = [lowestBuckets(plan, beforeMs), lowestBuckets(plan, timeMs)];
  return plan.levels.flatMap(({ sizeMs }, level) => {
    const end = Math.min(after[level], Math.floor(beforeMs / sizeMs) + 1);
    const count = Math.max(0, end - before[level]);
    return Array.from({ length: count }, (_, i) => tileField(level, before[level] + i));
  });
}
