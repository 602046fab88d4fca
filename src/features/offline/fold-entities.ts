import type { KeyCodes } from "../definition/entity-key.js";
import { entitiesAsked } from "./fold-groups.js";
import type { AskedRows } from "./fold.js";

/** Rows entity after entity. */
export interface EntityRows {
  /** Entity `e` has the rows from `starts[e]` to `starts[e + 1]`. */
  readonly starts: Uint32Array;
  readonly rows: Uint32Array;
}

interface Dealing {
  /** Rows in the order that each entity's are to have; all rows, in order, by default. */
  readonly order?: Uint32Array;
  readonly entities: number;
  /** Columns of the rows that go along, so that whoever reads them by entity need not jump about in memory. */
  readonly carry?: readonly Float64Array[];
}

interface DealtRows extends EntityRows {
  /** The columns that went along, in the order of `rows`. */
  readonly carried: readonly Float64Array[];
}

/** Deals rows out to their entities by counting, keeping their order; −1: to none. */
export function dealRows(entityOf: Int32Array, { order, entities, carry = [] }: Dealing): DealtRows {
  const length = order?.length ?? entityOf.length;
  const starts = new Uint32Array(entities + 1);
  for (let i = 0; i < length; i++) {
    const entity = entityOf[order === undefined ? i : order[i]];
    if (entity >= 0) starts[entity + 1]++;
  }
  for (let entity = 0; entity < entities; entity++) starts[entity + 1] += starts[entity];
  const rows = new Uint32Array(starts[entities]);
  const carried = carry.map(() => new Float64Array(rows.length));
  const next = starts.slice();
  for (let i = 0; i < length; i++) {
    const row = order === undefined ? i : order[i];
    const entity = entityOf[row];
    if (entity < 0) continue;
    const place = next[entity]++;
    rows[place] = row;
    for (let c = 0; c < carry.length; c++) carried[c][place] = carry[c][row];
  }
  return { starts, rows, carried };
}

/** The questions of each of the events' entities, in the order of `askedAt`. */
export function dealQuestions(keys: KeyCodes, eventKeys: KeyCodes, asked: AskedRows): EntityRows {
  const entityOfCode = entitiesAsked(keys, eventKeys);
  const { askedAt } = asked;
  const entityOf = new Int32Array(keys.codes.length);
  for (let row = 0; row < entityOf.length; row++) {
    const code = keys.codes[row];
    entityOf[row] = code < 0 || Number.isNaN(askedAt[row]) ? -1 : entityOfCode[code];
  }
  const entities = eventKeys.texts.length;
  const dealt = dealRows(entityOf, { entities });
  // Where each entity's questions come in order, sorting all of them can be spared.
  return isOrdered(dealt, askedAt) ? dealt : dealRows(entityOf, { order: asked.order, entities });
}

function isOrdered({ starts, rows }: EntityRows, askedAt: Float64Array): boolean {
  for (let entity = 0; entity + 1 < starts.length; entity++) {
    for (let i = starts[entity] + 1; i < starts[entity + 1]; i++) {
      if (askedAt[rows[i]] < askedAt[rows[i - 1]]) return false;
    }
  }
  return true;
}
