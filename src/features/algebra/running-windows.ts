import { addWide, cellAlgebras, type CellAlgebra, type CellEvent } from "./cell-algebra.js";
import { cellOperations, type SlotPlan } from "./slots.js";
import {
  cellPlaces,
  visitTiles,
  windowSlots,
  type LevelPlan,
  type TilePlan,
  type WindowPlan,
} from "./tile-plan.js";

/** The tiles of one level in memory: `[entity][position]` for tags, `[entity][position][cell]` for cells. */
export interface TileRing extends LevelPlan {
  /** The bucket that each tile holds. */
  tags: Float64Array;
  cells: Float64Array;
}

/** A sum in a window, or a slot that is neither a count nor a sum. */
interface RunningSlot {
  readonly algebra: CellAlgebra;
  readonly slot: number;
  /** First cell in the window, and in a tile. */
  readonly at: number;
  readonly tileAt: number;
}

interface RunningWindow extends WindowPlan {
  readonly hopMs: number;
  /** First cell among an entity's. */
  readonly at: number;
  readonly sumSlots: readonly RunningSlot[];
  readonly slots: readonly RunningSlot[];
  /** Beyond so many hops it is cheaper to add all tiles up again. */
  readonly fewHops: number;
}

/**
 * The windows of all entities, kept added up. A window holds exactly the tiles from its bucket `low` on, so
 * an event is added where its tile counts, and a read that moves `low` takes out the tiles that leave. What
 * cannot be taken out (a minimum that leaves) is added up again, as is a window that was never read.
 *
 * Every state is a commutative monoid and sums are exact, so this equals adding up the tiles, to the last bit.
 */
export interface RunningWindows {
  /** Cells of the window in a tile: their order is that of the cells kept here. */
  readonly positions: readonly (readonly number[])[];
  /** Makes room for entities. */
  grow(room: number): void;
  /** Adds an event that was added to the tiles; `buckets` are its buckets by level. */
  add(entity: number, buckets: Float64Array, event: RunningEvent): void;
  /** A tile is about to be emptied. */
  drop(entity: number, level: number, bucket: number): void;
  /** Brings a window to a time and returns where its cells begin in `cells()`. */
  at(entity: number, window: number, timeMs: number): number;
  cells(): Float64Array;
}

export interface RunningEvent extends CellEvent {
  readonly numbers: Float64Array;
}

/** Tiles that adding up a window visits, about. */
function scanLength({ level, windowMs }: WindowPlan, levels: readonly LevelPlan[]): number {
  let tiles = 0;
  let remaining = windowMs / levels[level].sizeMs;
  for (let l = level; l < levels.length; l++) {
    const ratio = l + 1 < levels.length ? levels[l + 1].sizeMs / levels[l].sizeMs : Infinity;
    tiles += Math.min(remaining, ratio / 2);
    remaining = ratio === Infinity ? 0 : remaining / ratio;
  }
  return tiles;
}

function planRunning(plan: SlotPlan, { windows, levels }: TilePlan): RunningWindow[] {
  const operations = cellOperations(plan);
  let next = 0;
  return windows.map((window) => {
    let at = window.counts.length;
    const place = (slot: number): RunningSlot => {
      const algebra = cellAlgebras[operations[slot]];
      const running = { algebra, slot, at, tileAt: plan.cellAt[slot] };
      at += algebra.identity.length;
      return running;
    };
    const sumSlots = window.sums.map((cell) => place(plan.cellAt.indexOf(cell)));
    const slots = window.cells.map(place);
    const first = next;
    next += at;
    const fewHops = scanLength(window, levels);
    return { ...window, hopMs: levels[window.level].sizeMs, at: first, sumSlots, slots, fewHops };
  });
}

export function createRunningWindows(
  plan: SlotPlan,
  tilePlan: TilePlan,
  rings: readonly TileRing[],
): RunningWindows {
  const windows = planRunning(plan, tilePlan);
  const positions = windows.map((window) => cellPlaces(plan, windowSlots(plan, window)));
  const width = positions.reduce((sum, { length }) => sum + length, 0);
  const tileWidth = plan.identity.length;
  const count = windows.length;
  /** `[entity][window]`: first bucket that counts, NaN when the window is not kept. */
  let lows = new Float64Array(0);
  let cells = new Float64Array(0);
  let target = 0;
  let current = windows[0];
  let scanned = 0;

  function grow(room: number): void {
    const before = { lows, cells };
    lows = new Float64Array(room * count).fill(NaN);
    cells = new Float64Array(room * width);
    lows.set(before.lows);
    cells.set(before.cells);
  }

  function add(entity: number, buckets: Float64Array, event: RunningEvent): void {
    const { numbers } = event;
    for (let w = 0; w < count; w++) {
      const { level, counts, sumSlots, slots, at } = windows[w];
      if (!(buckets[level] >= lows[entity * count + w])) continue;
      const base = entity * width + at;
      for (let j = 0; j < counts.length; j++) {
        if (!Number.isNaN(numbers[counts[j]])) cells[base + j] += 1;
      }
      for (let j = 0; j < sumSlots.length; j++) {
        const value = numbers[sumSlots[j].slot];
        if (!Number.isNaN(value)) addWide(cells, base + sumSlots[j].at, 0, value);
      }
      for (let j = 0; j < slots.length; j++) {
        event.value = numbers[slots[j].slot];
        if (!Number.isNaN(event.value)) slots[j].algebra.add(cells, base + slots[j].at, event);
      }
    }
  }

  function drop(entity: number, level: number, bucket: number): void {
    for (let w = 0; w < count; w++) {
      const at = entity * count + w;
      if (windows[w].level === level && lows[at] <= bucket) lows[at] = NaN;
    }
  }

  function takeTiles(level: number, from: number, to: number): void {
    const { capacity, tags, cells: tiles } = rings[level];
    const { counts, sumSlots, slots } = current;
    const ring = scanned * capacity;
    let at = position(from, capacity);
    for (let bucket = from; bucket <= to; bucket++) {
      if (tags[ring + at] === bucket) {
        const tile = (ring + at) * tileWidth;
        for (let j = 0; j < counts.length; j++) cells[target + j] += tiles[tile + counts[j]];
        for (let j = 0; j < sumSlots.length; j++) {
          const from = tile + sumSlots[j].tileAt;
          addWide(cells, target + sumSlots[j].at, tiles[from], tiles[from + 1]);
        }
        for (let j = 0; j < slots.length; j++) {
          slots[j].algebra.merge(cells, target + slots[j].at, tiles, tile + slots[j].tileAt);
        }
      }
      if (++at === capacity) at = 0;
    }
  }

  function addUp(entity: number, w: number, timeMs: number): void {
    current = windows[w];
    target = entity * width + current.at;
    scanned = entity;
    for (let j = 0; j < positions[w].length; j++) cells[target + j] = plan.identity[positions[w][j]];
    visitTiles(tilePlan, { level: current.level, windowMs: current.windowMs, timeMs }, takeTiles);
  }

  /** Takes out the tiles of buckets `from` to `to` − 1. False when something cannot be taken out. */
  function takeOut(entity: number, w: number, range: readonly [number, number]): boolean {
    const [from, to] = range;
    const { level, counts, sumSlots, slots, at: first } = windows[w];
    const { capacity, tags, cells: tiles } = rings[level];
    const base = entity * width + first;
    const ring = entity * capacity;
    let at = position(from, capacity);
    for (let bucket = from; bucket < to; bucket++) {
      if (tags[ring + at] === bucket) {
        const tile = (ring + at) * tileWidth;
        for (let j = 0; j < counts.length; j++) cells[base + j] -= tiles[tile + counts[j]];
        for (let j = 0; j < sumSlots.length; j++) {
          const from = tile + sumSlots[j].tileAt;
          addWide(cells, base + sumSlots[j].at, -tiles[from], -tiles[from + 1]);
        }
        for (let j = 0; j < slots.length; j++) {
          if (!slots[j].algebra.takeOut(cells, base + slots[j].at, tiles, tile + slots[j].tileAt))
            return false;
        }
      }
      if (++at === capacity) at = 0;
    }
    return true;
  }

  function at(entity: number, w: number, timeMs: number): number {
    const window = windows[w];
    const where = entity * count + w;
    const before = lows[where];
    const low = Math.floor((timeMs - window.windowMs) / window.hopMs);
    if (low !== before) {
      const near = low > before && low - before <= window.fewHops;
      if (!near || !takeOut(entity, w, [before, low])) addUp(entity, w, timeMs);
      lows[where] = low;
    }
    return entity * width + window.at;
  }

  return Object.freeze({
    positions,
    grow,
    add,
    drop,
    at,
    cells: () => cells,
  });
}

/** The place of a bucket in a ring. */
export function position(bucket: number, capacity: number): number {
  const remainder = bucket % capacity;
  return remainder < 0 ? remainder + capacity : remainder;
}
