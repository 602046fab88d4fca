import type { Finish, SlotPlan } from "./slots.js";
import { hopMs, lowerBoundMs, tileSizesMs } from "./window.js";

/**
 * The aggregator: for every entity, rings of tiles with mergeable numbers. It serves online and it is
 * what `fold` replays a log through, so the two cannot disagree.
 *
 * Invariants:
 * - `apply` is commutative: slots hold whole numbers below 2^53, minima or maxima.
 * - A read at `timeMs` is exact if every event applied so far has its event time before `timeMs`, and
 *   reads never go back behind an event that was applied. The caller's clock guarantees both.
 * - A tile is dropped only when no later read can reach it.
 */
export interface ViewState {
  /** Number of an entity; makes it known if it is new. */
  entity(key: string): number;
  /** Number of a known entity, −1 for one that has no events. */
  find(key: string): number;
  /** Adds one event: `contributions` has one number per slot, NaN for none. */
  apply(entity: number, timeMs: number, contributions: Float64Array): void;
  /** Writes the view's features at a time into `out` from `offset` on; NaN is null. Entity −1 has no events. */
  read(entity: number, timeMs: number, out: Float32Array, offset: number): void;
}

/** One ring per entity, all in one block: `[entity][position]` for tags, `[entity][position][slot]`. */
interface Level {
  readonly sizeMs: number;
  readonly capacity: number;
  tags: Float64Array;
  values: Float64Array;
}

interface Window {
  readonly windowMs: number;
  /** Index of the level of the window's hop: where its lower bound lies on the grid. */
  readonly level: number;
  /** The slots its features need. */
  readonly slots: readonly number[];
  readonly finishes: readonly { readonly finish: Finish; readonly position: number }[];
}

/** No bucket has this number. */
const emptyTag = -Infinity;

function planWindows(finishes: readonly Finish[], sizesMs: readonly number[]): Window[] {
  const byLength = new Map<number, { finish: Finish; position: number }[]>();
  finishes.forEach((finish, position) => {
    const group = byLength.get(finish.windowMs) ?? [];
    group.push({ finish, position });
    byLength.set(finish.windowMs, group);
  });
  return [...byLength].map(([windowMs, group]) => ({
    windowMs,
    level: sizesMs.indexOf(hopMs(windowMs)),
    slots: [...new Set(group.flatMap(({ finish }) => [finish.slot, finish.countSlot]))],
    finishes: group,
  }));
}

/** The levels that the windows of a view need: from the finest hop to the last one below the longest window. */
function planLevels(finishes: readonly Finish[]): { sizesMs: number[]; longestMs: number } {
  const hops = finishes.map(({ windowMs }) => hopMs(windowMs));
  const longestMs = Math.max(...finishes.map(({ windowMs }) => windowMs));
  const finest = Math.min(...hops);
  const coarsest = Math.max(...hops);
  const sizesMs = tileSizesMs.filter((size) => size >= finest && (size <= coarsest || size < longestMs));
  return { sizesMs, longestMs };
}

function makeLevel(sizeMs: number, windows: readonly Window[], index: number): Level {
  const reaching = windows.filter(({ level }) => level <= index).map(({ windowMs }) => windowMs);
  // A read touches the tile of its lower bound and the current one: one hop more than the window at each end.
  const capacity = Math.floor(Math.max(sizeMs, ...reaching) / sizeMs) + 3;
  return { sizeMs, capacity, tags: new Float64Array(0), values: new Float64Array(0) };
}

/** Makes an empty state for a view's plan. */
export function createViewState(plan: SlotPlan): ViewState {
  const { sizesMs } = planLevels(plan.finishes);
  const windows = planWindows(plan.finishes, sizesMs);
  const levels = sizesMs.map((size, index) => makeLevel(size, windows, index));
  const width = plan.slots.length;
  const isSum = plan.slots.map(({ operation }) => operation === "sum");
  const identities = Float64Array.from(plan.slots, ({ operation }) =>
    operation === "sum" ? 0 : operation === "min" ? Infinity : -Infinity,
  );
  const sums = isSum.filter(Boolean).length;
  const isMin = plan.slots.map(({ operation }) => operation === "min");
  const entities = new Map<string, number>();
  const accumulator = new Float64Array(width);
  let room = 0;

  function grow(): void {
    room = Math.max(64, room * 2);
    for (const level of levels) {
      const tags = new Float64Array(room * level.capacity).fill(emptyTag);
      tags.set(level.tags);
      const values = new Float64Array(room * level.capacity * width);
      values.set(level.values);
      level.tags = tags;
      level.values = values;
    }
  }

  function entity(key: string): number {
    let index = entities.get(key);
    if (index === undefined) {
      index = entities.size;
      entities.set(key, index);
      if (index >= room) grow();
    }
    return index;
  }

  function mergeInto(values: Float64Array, base: number, contributions: Float64Array): void {
    for (let s = 0; s < width; s++) {
      const value = contributions[s];
      if (Number.isNaN(value)) continue;
      if (s < sums) {
        values[base + s] = exactSum(values[base + s], value);
      } else if (isMin[s] ? value < values[base + s] : value > values[base + s]) {
        values[base + s] = value;
      }
    }
  }

  function apply(index: number, timeMs: number, contributions: Float64Array): void {
    for (const level of levels) {
      const bucket = Math.floor(timeMs / level.sizeMs);
      const at = index * level.capacity + position(bucket, level.capacity);
      if (level.tags[at] > bucket) continue; // out of every window that can still be asked for
      const base = at * width;
      if (level.tags[at] < bucket) {
        level.tags[at] = bucket;
        for (let s = 0; s < width; s++) level.values[base + s] = identities[s];
      }
      mergeInto(level.values, base, contributions);
    }
  }

  /** Adds the tile whose slots begin at `base` to the accumulator. */
  function accumulate(values: Float64Array, base: number, slots: readonly number[]): void {
    for (let j = 0; j < slots.length; j++) {
      const s = slots[j];
      const value = values[base + s];
      if (s < sums) {
        accumulator[s] = exactSum(accumulator[s], value);
      } else if (isMin[s] ? value < accumulator[s] : value > accumulator[s]) {
        accumulator[s] = value;
      }
    }
  }

  /** Reads fine tiles up to the next coarse edge, then coarse ones: at most a few dozen in all. */
  function collect(window: Window, index: number, timeMs: number): void {
    let lowMs = lowerBoundMs(timeMs, window.windowMs);
    for (let l = window.level; l < levels.length && lowMs <= timeMs; l++) {
      const { sizeMs, capacity, tags, values } = levels[l];
      const ring = index * capacity;
      const last = Math.floor(timeMs / sizeMs);
      const coarserMs = l + 1 < levels.length ? levels[l + 1].sizeMs : Infinity;
      const edgeMs = coarserMs === Infinity ? Infinity : Math.ceil(lowMs / coarserMs) * coarserMs;
      const from = lowMs / sizeMs;
      const to = Math.min(last, edgeMs / sizeMs - 1);
      let at = position(from, capacity);
      for (let bucket = from; bucket <= to; bucket++) {
        if (tags[ring + at] === bucket) accumulate(values, (ring + at) * width, window.slots);
        if (++at === capacity) at = 0;
      }
      lowMs = edgeMs;
    }
  }

  // eslint-disable-next-line @typescript-eslint/max-params -- the hottest path: it allocates nothing
  function read(index: number, timeMs: number, out: Float32Array, offset: number): void {
    for (let w = 0; w < windows.length; w++) {
      const window = windows[w];
      for (let j = 0; j < window.slots.length; j++)
        accumulator[window.slots[j]] = identities[window.slots[j]];
      if (index >= 0) collect(window, index, timeMs);
      for (let f = 0; f < window.finishes.length; f++) {
        const { finish, position } = window.finishes[f];
        out[offset + position] = finished(finish, accumulator);
      }
    }
  }

  return Object.freeze({ entity, find: (key: string) => entities.get(key) ?? -1, apply, read });
}

/** A sum of whole numbers; NaN, which stays and reads as null, once it is too large to be exact. */
function exactSum(a: number, b: number): number {
  const total = a + b;
  return Number.isSafeInteger(total) ? total : NaN;
}

function position(bucket: number, capacity: number): number {
  const remainder = bucket % capacity;
  return remainder < 0 ? remainder + capacity : remainder;
}

function finished(finish: Finish, accumulator: Float64Array): number {
  const value = accumulator[finish.slot];
  switch (finish.kind) {
    case "count":
      return value;
    case "sum":
      return value / finish.scale;
    case "mean":
    case "rate": {
      const count = accumulator[finish.countSlot];
      return count === 0 ? NaN : value / finish.scale / count;
    }
    case "min":
    case "max":
      return Number.isFinite(value) ? value / finish.scale : NaN;
  }
}
