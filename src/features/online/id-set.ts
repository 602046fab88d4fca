import type { Value } from "../../kernel/index.js";
import { hashValue, secondHash } from "../../stats/index.js";
import { packMessage, type CheckpointMessage } from "./checkpoint-message.js";

/**
 * The latest ids, by 106 bits of each: among five million ids the chance that any two are taken for one is
 * 1e-19. At least the latest `limit` are remembered and at most twice as many: a full generation becomes the
 * earlier one, and the one before it is forgotten. 20 bytes an id in a full generation, 40 in one that has
 * just grown.
 */
export interface IdSet {
  has(id: Value): boolean;
  /** Remembers an id; one that is known stays as old as it is. */
  add(id: Value): void;
  /** How many are remembered. */
  size(): number;
  /**
   * What a checkpoint keeps of it. Ids may be added meanwhile; some of them will be in it, too.
   */
  messages(source: string): Iterable<Uint8Array>;
  /** Puts back what a message of a checkpoint holds. */
  restore(message: CheckpointMessage): void;
}

/** Default bound of an {@link IdSet}. */
const rememberedIds = 5_000_000;

/** Two numbers an id; the first is never 0 in a slot that is taken. */
interface Generation {
  slots: Float64Array;
  count: number;
}

const smallestSlots = 1024;
const fullShare = 0.8;
const idsAtOnce = 16_384;
/** Of a hash of 53 bits. */
const hashSpan = 2 ** 53;

const emptyGeneration = (): Generation => ({ slots: new Float64Array(2 * smallestSlots), count: 0 });

/** Where an id is or would be: the position of its first number. */
function find(slots: Float64Array, first: number, second: number): number {
  const count = slots.length / 2;
  let at = Math.floor(((first - 1) / hashSpan) * count);
  while (slots[2 * at] !== 0 && (slots[2 * at] !== first || slots[2 * at + 1] !== second)) {
    at = at + 1 === count ? 0 : at + 1;
  }
  return 2 * at;
}

function insert(generation: Generation, first: number, second: number): void {
  const at = find(generation.slots, first, second);
  if (generation.slots[at] !== 0) return;
  generation.slots[at] = first;
  generation.slots[at + 1] = second;
  generation.count++;
}

/** Makes room for more. Slots that were handed to a checkpoint stay as they are. */
function makeRoom(generation: Generation, more: number, limit: number): void {
  const slotCount = generation.slots.length / 2;
  const needed = Math.ceil((generation.count + more + 1) / fullShare);
  if (needed <= slotCount) return;
  const enough = Math.ceil((limit + 2) / fullShare);
  const old = generation.slots;
  generation.slots = new Float64Array(
    2 * Math.max(needed, slotCount < enough ? Math.min(2 * slotCount, enough) : 2 * slotCount),
  );
  generation.count = 0;
  for (let at = 0; at < old.length; at += 2) if (old[at] !== 0) insert(generation, old[at], old[at + 1]);
}

/** Makes an empty set that remembers at least the latest `limit` ids. */
export function createIdSet(limit = rememberedIds): IdSet {
  let earlier = emptyGeneration();
  let latest = emptyGeneration();

  function holds(generation: Generation, first: number, second: number): boolean {
    return generation.slots[find(generation.slots, first, second)] !== 0;
  }

  function remember(first: number, second: number): void {
    if (latest.count >= limit) {
      earlier = latest;
      latest = emptyGeneration();
    }
    makeRoom(latest, 1, limit);
    insert(latest, first, second);
  }

  return Object.freeze({
    has(id: Value) {
      if (id === null) return false;
      const [first, second] = [hashValue(id) + 1, secondHash(id)];
      return holds(latest, first, second) || holds(earlier, first, second);
    },
    add(id: Value) {
      if (id === null) return;
      const [first, second] = [hashValue(id) + 1, secondHash(id)];
      if (!holds(latest, first, second) && !holds(earlier, first, second)) remember(first, second);
    },
    size: () => earlier.count + latest.count,
    *messages(source: string) {
      // Taken together, before anything waits: a generation that is full meanwhile must not be written twice.
      for (const [age, { slots, count }] of [earlier, latest].entries()) {
        yield* idMessages({ source, age, count }, slots);
      }
    },
    restore({ facts, numbers }: CheckpointMessage) {
      const generation = facts.age === 0 ? earlier : latest;
      // Room for all at once: they come in the order of their slots, which in a smaller table are all the same.
      makeRoom(generation, Math.max(0, Number(facts.count) - generation.count), limit);
      for (let at = 0; at < numbers.length; at += 2) {
        makeRoom(generation, 1, limit);
        insert(generation, numbers[at], numbers[at + 1]);
      }
    },
  });
}

interface IdFacts {
  readonly source: string;
  /** 0: the earlier generation, 1: the latest. */
  readonly age: number;
  /** About how many ids the generation has. */
  readonly count: number;
}

function* idMessages(facts: IdFacts, slots: Float64Array): Generator<Uint8Array> {
  const numbers = new Float64Array(2 * idsAtOnce);
  let filled = 0;
  for (let at = 0; at < slots.length; at += 2) {
    if (slots[at] === 0) continue;
    numbers[filled++] = slots[at];
    numbers[filled++] = slots[at + 1];
    if (filled < numbers.length) continue;
    yield packMessage("ids", { ...facts }, numbers);
    filled = 0;
  }
  if (filled > 0) yield packMessage("ids", { ...facts }, numbers.subarray(0, filled));
}
