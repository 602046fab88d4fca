import { chunkField, chunkOf } from "./tile-chunk.js";
import type { TilePlan } from "../algebra/tile-plan.js";
import { visitTiles } from "../algebra/tile-plan.js";
import { lowerBoundMs } from "../definition/window.js";

/** What a read at one time needs of an entity. */
export interface TileReads {
  /** Every chunk with a tile of any window, once. */
  readonly fields: readonly string[];
  /** By field and place in its chunk, the number of the tile; −1 for one that no window needs. */
  readonly numbers: Int32Array;
  /** By number, when the time of the tile begins. */
  readonly startsMs: readonly number[];
  /** By window, the numbers of its tiles. */
  readonly windows: readonly Int32Array[];
  /** By number, whether any of its windows needs a sketch, by sketch. */
  readonly wanted: readonly (readonly boolean[])[];
}

/**
 * Compiles which tiles a read at a time needs, in chunks of `span`. The last answer is kept: times of one hop
 * share it.
 */
export function compileTileReads(plan: TilePlan, span: number): (timeMs: number) => TileReads {
  let ranges: number[] = [];
  let reads: TileReads | undefined;
  return (timeMs) => {
    const next = rangesAt(plan, timeMs);
    if (reads !== undefined && next.length === ranges.length && next.every((n, i) => n === ranges[i])) {
      return reads;
    }
    ranges = next;
    reads = readsOf(plan, span, timeMs);
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

function readsOf(plan: TilePlan, span: number, timeMs: number): TileReads {
  const chunks = new Map<string, number[]>();
  const startsMs: number[] = [];
  const wanted: boolean[][] = [];

  /** The number of a tile, a new one at first sight. */
  function numberOf(level: number, bucket: number): number {
    const chunk = chunkOf(bucket, span);
    const field = chunkField(level, chunk);
    let numbers = chunks.get(field);
    if (numbers === undefined) chunks.set(field, (numbers = new Array<number>(span).fill(-1)));
    const place = bucket - chunk * span;
    if (numbers[place] < 0) {
      numbers[place] = startsMs.push(bucket * plan.levels[level].sizeMs) - 1;
      wanted.push([]);
    }
    return numbers[place];
  }

  const windows = plan.windows.map(({ level, windowMs, sketches }) => {
    const own: number[] = [];
    visitTiles(plan, { level, windowMs, timeMs }, (l, from, to) => {
      for (let bucket = from; bucket <= to; bucket++) {
        const number = numberOf(l, bucket);
        own.push(number);
        for (const sketch of sketches) wanted[number][sketch] = true;
      }
    });
    return Int32Array.from(own);
  });
  return {
    fields: [...chunks.keys()],
    numbers: Int32Array.from([...chunks.values()].flat()),
    startsMs,
    windows,
    wanted,
  };
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

/** The times between which chunks get out of reach. */
interface Stretch {
  readonly span: number;
  readonly beforeMs: number;
  readonly timeMs: number;
}

/**
 * The chunks that a read at `beforeMs` could reach and no read at `timeMs` or later can: what to drop of an
 * entity whose events so far were all before `beforeMs`.
 */
export function chunksOutOfReach(plan: TilePlan, { span, beforeMs, timeMs }: Stretch): string[] {
  if (!Number.isFinite(beforeMs)) return [];
  const [before, after] = [lowestBuckets(plan, beforeMs), lowestBuckets(plan, timeMs)];
  return plan.levels.flatMap(({ sizeMs }, level) => {
    const from = chunkOf(before[level], span);
    const latest = chunkOf(Math.floor(beforeMs / sizeMs), span);
    const count = Math.max(0, Math.min(chunkOf(after[level], span), latest + 1) - from);
    return Array.from({ length: count }, (_, i) => chunkField(level, from + i));
  });
}
