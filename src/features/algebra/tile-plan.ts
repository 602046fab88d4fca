import type { Finish, SlotPlan } from "./slots.js";
import { hopMs, lowerBoundMs, tileSizesMs } from "../definition/window.js";

/** The windows of one length, which read the same tiles. */
export interface WindowPlan {
  readonly windowMs: number;
  /** Index of the level of the window's hop: where its lower bound lies on the grid. */
  readonly level: number;
  /** What its features need: counts and sums by their first cell, other slots with cells, sketches from 0. */
  readonly counts: readonly number[];
  readonly sums: readonly number[];
  readonly cells: readonly number[];
  readonly sketches: readonly number[];
  readonly finishes: readonly Finish[];
}

/** A ladder of tile sizes; each divides the next. */
export interface LevelPlan {
  readonly sizeMs: number;
  /** Tiles of one entity that a read may still reach, and one to spare at each end. */
  readonly capacity: number;
}

/** Which tiles a view keeps, and which of them answer a window. */
export interface TilePlan {
  readonly levels: readonly LevelPlan[];
  readonly windows: readonly WindowPlan[];
}

function planWindows(plan: SlotPlan, sizesMs: readonly number[]): WindowPlan[] {
  const byLength = new Map<number, Finish[]>();
  for (const finish of plan.finishes) {
    const group = byLength.get(finish.windowMs) ?? [];
    group.push(finish);
    byLength.set(finish.windowMs, group);
  }
  return [...byLength].map(([windowMs, finishes]) => {
    const slots = [...new Set(finishes.flatMap((finish) => finish.slots))];
    return {
      windowMs,
      level: sizesMs.indexOf(hopMs(windowMs)),
      counts: slots.filter((slot) => slot < plan.countEnd),
      sums: slots
        .filter((slot) => slot >= plan.countEnd && slot < plan.sumEnd)
        .map((slot) => plan.cellAt[slot]),
      cells: slots.filter((slot) => slot >= plan.sumEnd && slot < plan.cellSlotCount),
      sketches: slots.filter((slot) => slot >= plan.cellSlotCount).map((slot) => slot - plan.cellSlotCount),
      finishes,
    };
  });
}

/** The slots with cells that a window needs: counts, sums, others. */
export function windowSlots(plan: SlotPlan, { counts, sums, cells }: WindowPlan): number[] {
  return [...counts, ...sums.map((cell) => plan.cellAt.indexOf(cell)), ...cells];
}

/** Where the cells of slots lie in a tile, slot by slot. */
export function cellPlaces({ cellAt, identity }: SlotPlan, slots: readonly number[]): number[] {
  return slots.flatMap((slot) => {
    const end = slot + 1 < cellAt.length ? cellAt[slot + 1] : identity.length;
    return Array.from({ length: end - cellAt[slot] }, (_, i) => cellAt[slot] + i);
  });
}

/** The tile sizes that windows need: from the finest hop to the last one below the longest window. */
function sizesOf(finishes: readonly Finish[]): number[] {
  const hops = finishes.map(({ windowMs }) => hopMs(windowMs));
  const longestMs = Math.max(...finishes.map(({ windowMs }) => windowMs));
  const finest = Math.min(...hops);
  const coarsest = Math.max(...hops);
  return tileSizesMs.filter((size) => size >= finest && (size <= coarsest || size < longestMs));
}

/** Plans the tiles of a view. */
export function planTiles(plan: SlotPlan): TilePlan {
  const sizesMs = sizesOf(plan.finishes);
  const windows = planWindows(plan, sizesMs);
  const levels = sizesMs.map((sizeMs, index) => {
    const reaching = windows.filter(({ level }) => level <= index).map(({ windowMs }) => windowMs);
    // A read touches the tile of its lower bound and the current one: one hop more than the window at each end.
    return { sizeMs, capacity: Math.floor(Math.max(sizeMs, ...reaching) / sizeMs) + 3 };
  });
  return { levels, windows };
}

/** Buckets `from` to `to` of a level, both included. */
export type VisitTiles = (level: number, from: number, to: number) => void;

/**
 * The tiles of a window at a time: fine ones up to the next coarse edge, then coarse ones; at most a few
 * dozen below a fortnight. The current tile is taken whole, for nothing in it lies after the clock.
 */
export function visitTiles(
  { levels }: TilePlan,
  { level, windowMs, timeMs }: { readonly level: number; readonly windowMs: number; readonly timeMs: number },
  visit: VisitTiles,
): void {
  let lowMs = lowerBoundMs(timeMs, windowMs);
  for (let l = level; l < levels.length && lowMs <= timeMs; l++) {
    const { sizeMs } = levels[l];
    const edgeMs =
      l + 1 < levels.length ? Math.ceil(lowMs / levels[l + 1].sizeMs) * levels[l + 1].sizeMs : Infinity;
    const to = Math.min(Math.floor(timeMs / sizeMs), edgeMs / sizeMs - 1);
    visit(l, lowMs / sizeMs, to);
    lowMs = edgeMs;
  }
}
