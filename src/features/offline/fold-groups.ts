import type { KeyCodes } from "../definition/entity-key.js";
import type { SlotPlan } from "../algebra/slots.js";
import { entityBytes } from "../algebra/view-state.js";

/** Rows of all groups, group after group, in the order of time within each. */
export interface GroupedRows {
  /** Group `g` has the entries from `starts[g]` to `starts[g + 1]`. */
  readonly starts: Uint32Array;
  readonly rows: Uint32Array;
  /** Number of each row's entity within its group; −1: an entity without events. */
  readonly entities: Int32Array;
}

/** Entities divided into groups that can be folded apart. It is plain data in shared memory. */
export interface FoldGroups {
  readonly entityCounts: Uint32Array;
  /** Events and questions of each group. */
  readonly weights: Float64Array;
  readonly events: GroupedRows;
  /** By lookup. */
  readonly questions: readonly GroupedRows[];
}

export interface GroupInput {
  readonly plan: SlotPlan;
  readonly events: { readonly visibleFrom: Float64Array; readonly order: Uint32Array };
  /** Where each event lies in windows. */
  readonly times: Float64Array;
  readonly eventKeys: KeyCodes;
  readonly asked: {
    readonly timeMs: Float64Array;
    readonly askedAt: Float64Array;
    readonly order: Uint32Array;
  };
  readonly keys: readonly KeyCodes[];
}

const dayMs = 86_400_000;

/** Tiles of a group should stay in the processor's cache. */
const groupBytes = 1 << 24;
const mostGroups = 256;

/** How many groups to make of so many entities. */
export function groupsFor(plan: SlotPlan, entities: number, atLeast: number): number {
  const byMemory = Math.ceil((entities * entityBytes(plan)) / groupBytes);
  return Math.max(1, Math.min(entities, Math.max(atLeast, Math.min(mostGroups, byMemory))));
}

/**
 * Divides the entities that are asked about into groups of equal weight, and leaves out the events that no
 * question can see: those of other entities, too late or too old. O(events + questions).
 */
export function groupEntities(input: GroupInput, groupsWanted: (entities: number) => number): FoldGroups {
  const { keys, eventKeys, asked } = input;
  const entityOf = keys.map((lookup) => entitiesAsked(lookup, eventKeys));
  const { kept, weights } = keepEvents(input, entityOf);
  const places = placeEntities(weights, groupsWanted);
  const events = distribute(places, kept.length, (at) => {
    const row = kept[kept.length - 1 - at];
    return { row, entity: eventKeys.codes[row] };
  });
  const questions = keys.map(({ codes }, lookup) =>
    distribute(places, asked.order.length, (at) => {
      const row = asked.order[at];
      return { row, entity: codes[row] < 0 ? -1 : entityOf[lookup][codes[row]] };
    }),
  );
  return { entityCounts: places.entityCounts, weights: places.groupWeights, events, questions };
}

/** The code of each key that is asked for among the events' keys; −1: it has no events. */
export function entitiesAsked(asked: KeyCodes, { texts }: KeyCodes): Int32Array {
  if (asked.texts === texts) return Int32Array.from(texts, (_, code) => code);
  const codeOf = new Map(texts.map((text, code) => [text, code]));
  return Int32Array.from(asked.texts, (text) => codeOf.get(text) ?? -1);
}

/**
 * The events that a question sees, last first, and how many events and questions each entity has; behind
 * the last entity, the questions about none. It walks back in time, with the reach of the questions so far.
 */
function keepEvents(
  { plan, events, times, eventKeys, asked, keys }: GroupInput,
  entityOf: readonly Int32Array[],
): { kept: Uint32Array; weights: Float64Array } {
  const { visibleFrom, order } = events;
  const reachMs = Math.max(...plan.finishes.map(({ windowMs }) => windowMs)) + dayMs;
  const nobody = eventKeys.texts.length;
  const soonest = new Float64Array(nobody).fill(Infinity);
  const weights = new Float64Array(nobody + 1);
  const kept = new Uint32Array(order.length);
  let count = 0;
  let next = order.length - 1;

  function keepFrom(askedAt: number): void {
    for (; next >= 0 && !(visibleFrom[order[next]] < askedAt); next--) {
      const row = order[next];
      const code = eventKeys.codes[row];
      if (code < 0 || times[row] < soonest[code]) continue;
      kept[count++] = row;
      weights[code]++;
    }
  }

  for (let q = asked.order.length - 1; q >= 0; q--) {
    const row = asked.order[q];
    keepFrom(asked.askedAt[row]);
    const soonestMs = asked.timeMs[row] - reachMs;
    for (let lookup = 0; lookup < keys.length; lookup++) {
      const code = keys[lookup].codes[row];
      const entity = code < 0 ? -1 : entityOf[lookup][code];
      weights[entity < 0 ? nobody : entity]++;
      if (entity >= 0 && soonestMs < soonest[entity]) soonest[entity] = soonestMs;
    }
  }
  keepFrom(-Infinity);
  return { kept: kept.subarray(0, count), weights };
}

interface Places {
  /** By entity, and behind the last one for those without events. */
  readonly groupOf: Int32Array;
  readonly numberOf: Int32Array;
  readonly entityCounts: Uint32Array;
  readonly groupWeights: Float64Array;
}

/** Heaviest first, each into the group that is lightest so far. */
function placeEntities(weights: Float64Array, groupsWanted: (entities: number) => number): Places {
  const nobody = weights.length - 1;
  const present: number[] = [];
  weights.forEach((weight, entity) => {
    if (weight > 0) present.push(entity);
  });
  present.sort((a, b) => weights[b] - weights[a] || a - b);
  const groups = groupsWanted(present.length);
  const groupOf = new Int32Array(weights.length);
  const numberOf = new Int32Array(weights.length);
  const entityCounts = shared(Uint32Array, groups);
  const groupWeights = shared(Float64Array, groups);
  for (const entity of present) {
    let lightest = 0;
    for (let group = 1; group < groups; group++) {
      if (groupWeights[group] < groupWeights[lightest]) lightest = group;
    }
    groupOf[entity] = lightest;
    numberOf[entity] = entity === nobody ? -1 : entityCounts[lightest]++;
    groupWeights[lightest] += weights[entity];
  }
  return { groupOf, numberOf, entityCounts, groupWeights };
}

/** Deals rows out to the groups of their entities, keeping their order. */
function distribute(
  { groupOf, numberOf, entityCounts }: Places,
  length: number,
  read: (at: number) => { readonly row: number; readonly entity: number },
): GroupedRows {
  const nobody = groupOf.length - 1;
  const starts = shared(Uint32Array, entityCounts.length + 1);
  const placeOf = (entity: number) => (entity < 0 ? nobody : entity);
  for (let at = 0; at < length; at++) starts[groupOf[placeOf(read(at).entity)] + 1]++;
  for (let group = 0; group < entityCounts.length; group++) starts[group + 1] += starts[group];
  const rows = shared(Uint32Array, length);
  const entities = shared(Int32Array, length);
  const next = starts.slice();
  for (let at = 0; at < length; at++) {
    const { row, entity } = read(at);
    const place = placeOf(entity);
    const to = next[groupOf[place]]++;
    rows[to] = row;
    entities[to] = numberOf[place];
  }
  return { starts, rows, entities };
}

interface SharedArray<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: SharedArrayBuffer): T;
}

/** An array in memory that threads can share. */
export function shared<T>(Kind: SharedArray<T>, length: number): T {
  return new Kind(new SharedArrayBuffer(length * Kind.BYTES_PER_ELEMENT));
}
