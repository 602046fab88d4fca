import { createAccumulator, type VectorOut, type VectorPosition } from "./accumulator.js";
import { addWide, cellAlgebras } from "./cell-algebra.js";
import { sketchAlgebras, type Sketch } from "./sketch-algebra.js";
import { cellOperations, sketchOperations, type Contributions, type SlotPlan } from "./slots.js";
import { createRunningWindows, position, type RunningEvent, type TileRing } from "./running-windows.js";
import { planTiles, visitTiles, type WindowPlan } from "./tile-plan.js";

/**
 * The aggregator in memory: for every entity, rings of tiles with mergeable states. It serves online and it
 * is what `fold` replays a log through, so the two cannot disagree.
 *
 * Invariants:
 * - `apply` is commutative: every slot is a commutative monoid.
 * - A read at `timeMs` is exact if every event applied so far has its event time before `timeMs`, and
 *   reads never go back behind an event that was applied. The caller's clock guarantees both.
 * - A tile is dropped only when no later read can reach it.
 */
export interface ViewState {
  /** Number of an entity; makes it known if it is new. */
  entity(key: string): number;
  /** Number of a known entity, −1 for one that has no events. */
  find(key: string): number;
  /** Adds one event. */
  apply(entity: number, timeMs: number, contributions: Contributions): void;
  /** Writes the view's features at a time into `out` from `at` on. Entity −1 has no events. */
  read(entity: number, timeMs: number, out: VectorOut, at: VectorPosition): void;
  /** How many entities are known. They are numbered from 0. */
  size(): number;
  /** Every tile of an entity that a read may still reach. */
  tiles(entity: number, visit: (tile: StoredTile) => void): void;
  /** Puts a tile of an empty state back; times of any order. */
  restore(tile: StoredTile): void;
}

/** One tile outside the state. */
export interface StoredTile {
  readonly key: string;
  readonly level: number;
  readonly bucket: number;
  /** The cells of all slots; valid during the visit. */
  readonly cells: Float64Array;
  readonly sketches: readonly (Sketch | undefined)[];
}

/** One ring per entity, all in one block. */
interface Level extends TileRing {
  /** `[entity][position][sketch]`; holes where nothing was added. */
  readonly sketches: (Sketch | undefined)[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** No bucket has this number. */
const emptyTag = -Infinity;

/** Memory of one entity, sketches not counted: what its tiles take, and its windows. */
export function entityBytes(plan: SlotPlan): number {
  const { levels, windows } = planTiles(plan);
  const width = plan.identity.length;
  const tiles = levels.reduce((sum, { capacity }) => sum + capacity, 0);
  return 8 * (tiles * (width + 1) + windows.length * (width + 1));
}

/** Makes an empty state for a view's plan. */
export function createViewState(plan: SlotPlan): ViewState {
  const tilePlan = planTiles(plan);
  const { windows } = tilePlan;
  const levels = tilePlan.levels.map((level): Level => ({
    ...level,
    tags: new Float64Array(0),
    cells: new Float64Array(0),
    sketches: [],
  }));
  const { countEnd, sumEnd, cellSlotCount, cellAt, identity } = plan;
  const width = identity.length;
  const algebras = cellOperations(plan).map((operation) => cellAlgebras[operation]);
  const makeSketch = sketchOperations(plan).map((operation) => sketchAlgebras[operation]);
  const sketchCount = makeSketch.length;
  const accumulator = createAccumulator(plan);
  const keys: string[] = [];
  const entities = new Map<string, number>();
  const event: Writable<RunningEvent> = { value: 0, timeMs: 0, numbers: new Float64Array(0) };
  const running = createRunningWindows(plan, tilePlan, levels);
  const buckets = new Float64Array(levels.length);
  let room = 0;

  function grow(): void {
    room = Math.max(64, room * 2);
    for (const level of levels) {
      const tags = new Float64Array(room * level.capacity).fill(emptyTag);
      tags.set(level.tags);
      const cells = new Float64Array(room * level.capacity * width);
      cells.set(level.cells);
      level.tags = tags;
      level.cells = cells;
    }
    running.grow(room);
  }

  function entity(key: string): number {
    let index = entities.get(key);
    if (index === undefined) {
      index = entities.size;
      entities.set(key, index);
      keys.push(key);
      if (index >= room) grow();
    }
    return index;
  }

  /** The tile of a bucket, emptied if it held an older one; −1 when it is out of every window still to come. */
  function openTile(l: number, index: number, bucket: number): number {
    const level = levels[l];
    const at = index * level.capacity + position(bucket, level.capacity);
    const tag = level.tags[at];
    if (tag > bucket) return -1;
    if (tag < bucket) {
      if (tag !== emptyTag) running.drop(index, l, tag);
      level.tags[at] = bucket;
      const base = at * width;
      for (let c = 0; c < width; c++) level.cells[base + c] = identity[c];
      for (let s = 0; s < sketchCount; s++) level.sketches[at * sketchCount + s] = undefined;
    }
    return at;
  }

  function addCells(cells: Float64Array, base: number): void {
    const { numbers } = event;
    for (let s = 0; s < countEnd; s++) {
      if (!Number.isNaN(numbers[s])) cells[base + s] += 1;
    }
    for (let s = countEnd; s < sumEnd; s++) {
      if (!Number.isNaN(numbers[s])) addWide(cells, base + cellAt[s], 0, numbers[s]);
    }
    for (let s = sumEnd; s < cellSlotCount; s++) {
      event.value = numbers[s];
      if (!Number.isNaN(event.value)) algebras[s].add(cells, base + cellAt[s], event);
    }
  }

  function addSketches(level: Level, at: number, { values }: Contributions): void {
    for (let s = 0; s < sketchCount; s++) {
      const value = values[s];
      if (value !== null) (level.sketches[at * sketchCount + s] ??= makeSketch[s]()).add(value, event.timeMs);
    }
  }

  function apply(index: number, timeMs: number, contributions: Contributions): void {
    event.timeMs = timeMs;
    event.numbers = contributions.numbers;
    for (let l = 0; l < levels.length; l++) {
      const level = levels[l];
      const bucket = Math.floor(timeMs / level.sizeMs);
      const at = openTile(l, index, bucket);
      // An event without a tile could not be taken out again.
      buckets[l] = at < 0 ? -Infinity : bucket;
      if (at < 0) continue;
      addCells(level.cells, at * width);
      if (sketchCount > 0) addSketches(level, at, contributions);
    }
    running.add(index, buckets, event);
  }

  function collectSketches(window: WindowPlan, index: number, timeMs: number): void {
    visitTiles(tilePlan, { level: window.level, windowMs: window.windowMs, timeMs }, (l, from, to) => {
      const { capacity, tags, sketches } = levels[l];
      const ring = index * capacity;
      let at = position(from, capacity);
      for (let bucket = from; bucket <= to; bucket++) {
        if (tags[ring + at] === bucket) {
          accumulator.takeSketches(sketches, (ring + at) * sketchCount, window);
        }
        if (++at === capacity) at = 0;
      }
    });
  }

  // eslint-disable-next-line @typescript-eslint/max-params -- the hottest path: it allocates nothing
  function read(index: number, timeMs: number, out: VectorOut, at: VectorPosition): void {
    for (let w = 0; w < windows.length; w++) {
      const window = windows[w];
      if (index < 0 || window.sketches.length > 0) accumulator.begin(window);
      if (index >= 0) {
        accumulator.putCells(running.cells(), running.at(index, w, timeMs), running.positions[w]);
        if (window.sketches.length > 0) collectSketches(window, index, timeMs);
      }
      accumulator.finish(window, timeMs, { out, at });
    }
  }

  function tiles(index: number, visit: (tile: StoredTile) => void): void {
    levels.forEach(({ capacity, tags, cells, sketches }, level) => {
      for (let at = index * capacity; at < (index + 1) * capacity; at++) {
        if (tags[at] === emptyTag) continue;
        visit({
          key: keys[index],
          level,
          bucket: tags[at],
          cells: cells.subarray(at * width, (at + 1) * width),
          sketches: sketches.slice(at * sketchCount, (at + 1) * sketchCount),
        });
      }
    });
  }

  function restore({ key, level: l, bucket, cells, sketches }: StoredTile): void {
    const level = levels[l];
    const index = entity(key);
    const at = openTile(l, index, bucket);
    if (at < 0) return;
    level.cells.set(cells, at * width);
    for (let s = 0; s < sketchCount; s++) level.sketches[at * sketchCount + s] = sketches[s];
  }

  return Object.freeze({
    entity,
    find: (key: string) => entities.get(key) ?? -1,
    apply,
    read,
    size: () => keys.length,
    tiles,
    restore,
  });
}
