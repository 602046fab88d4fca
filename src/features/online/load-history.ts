import type { EventSource } from "../../data/index.js";
import { throwIfCancelled, type Table } from "../../kernel/index.js";
import { eventTable } from "../definition/event-log.js";
import { giveWay } from "./give-way.js";
import { loadView } from "./online-state.js";
import { outOfStep } from "../shared/out-of-step.js";
import type { SeenLog, TileAnswer, TileStore } from "../ports.js";
import { entityRow, historyRow } from "../shared/stored-position.js";
import type { StoredView } from "../shared/stored-view.js";
import { readMeta, seenOf, writeMeta, type TileMeta } from "../shared/tile-meta.js";
import { chunkField, chunkOf } from "../shared/tile-chunk.js";
import { createViewState, type StoredTile, type ViewState } from "../algebra/view-state.js";

/** The partition of what is loaded in bulk; its rows are numbered from 1. */
export const historyPartition = "history";

export interface History {
  readonly source: EventSource;
  readonly table: Table;
  readonly beforeMs: number;
  /** Ends the load. */
  readonly signal?: AbortSignal | undefined;
}

/** All tiles of one entity of a history. */
interface LoadedEntity {
  readonly row: string;
  readonly tiles: readonly StoredTile[];
}

/** Entities of one round trip. */
const chunkEntities = 256;
const mostRounds = 64;
const nothing: TileAnswer = { meta: undefined, tiles: [] };

/**
 * Folds a history in memory and brings its tiles into the store. A load that was cut short can be made
 * again, and so can a whole one, which costs one round trip. Throws MW0306 when the space stands on another.
 */
export async function loadHistory(stored: StoredView, history: History, tiles: TileStore): Promise<void> {
  const seen: SeenLog = { sequence: history.table.rowCount, beforeMs: history.beforeMs };
  if (await isLoaded(stored, seen, tiles)) return;
  const entities = await foldEntities(stored, history);
  for (let chunk = takeChunk(entities); chunk.length > 0; chunk = takeChunk(entities)) {
    throwIfCancelled(history.signal);
    await storeChunk(stored, { chunk, seen }, tiles);
  }
  const meta = writeMeta({ [historyPartition]: seen });
  await tiles.swap([{ space: stored.space, key: historyRow, expected: undefined, meta, set: [], drop: [] }]);
}

/** The history stands in the space once all of its entities do. */
async function isLoaded({ space }: StoredView, seen: SeenLog, tiles: TileStore): Promise<boolean> {
  const [{ meta }] = await tiles.fetch([{ space, key: historyRow, fields: [] }]);
  if (meta === undefined) return false;
  return isIn(readMeta(meta), seen);
}

async function foldEntities(
  { view }: StoredView,
  { source, table, beforeMs, signal }: History,
): Promise<Generator<LoadedEntity>> {
  const state = createViewState(view.plan);
  await giveWay(loadView(view, state, { rows: eventTable(source, table), beforeMs }), signal);
  return entitiesOf(state);
}

function* entitiesOf(state: ViewState): Generator<LoadedEntity> {
  for (let entity = 0; entity < state.size(); entity++) {
    const tiles: StoredTile[] = [];
    state.tiles(entity, (tile) => tiles.push({ ...tile, cells: tile.cells.slice() }));
    yield { row: entityRow(tiles[0].key), tiles };
  }
}

function takeChunk(entities: Iterator<LoadedEntity>): LoadedEntity[] {
  const chunk: LoadedEntity[] = [];
  while (chunk.length < chunkEntities) {
    const next = entities.next();
    if (next.done === true) break;
    chunk.push(next.value);
  }
  return chunk;
}

/** Writes entities as if there were none of them, and adds to those that there are already. */
async function storeChunk(
  stored: StoredView,
  { chunk, seen }: { readonly chunk: readonly LoadedEntity[]; readonly seen: SeenLog },
  tiles: TileStore,
): Promise<void> {
  let open = chunk;
  let answers: readonly TileAnswer[] = chunk.map(() => nothing);
  for (let round = 0; open.length > 0; round++) {
    if (round === mostRounds) throw contended(open.length);
    const fields = open.map((entity) => (round === 0 ? [] : fieldsOf(entity, stored.span)));
    if (round > 0) {
      answers = await tiles.fetch(
        open.map(({ row }, i) => ({ space: stored.space, key: row, fields: fields[i] })),
      );
    }
    const changes = open.flatMap((entity, i) => {
      const meta = readMeta(answers[i].meta);
      if (isIn(meta, seen)) return [];
      const found = { row: entity.row, fields: fields[i], answer: answers[i], meta };
      const next = { ...meta, [historyPartition]: seen };
      return [{ entity, change: stored.change(found, { tiles: entity.tiles, meta: next }) }];
    });
    if (changes.length === 0) return;
    const made = await tiles.swap(changes.map(({ change }) => change));
    open = changes.flatMap(({ entity }, i) => (made[i] ? [] : [entity]));
  }
}

const fieldsOf = ({ tiles }: LoadedEntity, span: number): string[] => [
  ...new Set(tiles.map(({ level, bucket }) => chunkField(level, chunkOf(bucket, span)))),
];

function isIn(meta: TileMeta, seen: SeenLog): boolean {
  const found = seenOf(meta, historyPartition);
  if (found === undefined) return false;
  if (found.sequence === seen.sequence && found.beforeMs === seen.beforeMs) return true;
  throw otherHistory(seen, found);
}

function otherHistory(expected: SeenLog, found: SeenLog) {
  return outOfStep({
    expected: `the history in the store to have ${expected.sequence} rows before ${expected.beforeMs}`,
    found: `${found.sequence} rows before ${found.beforeMs}`,
    remedy: "Another history needs another space; or drop this one first.",
  });
}

function contended(count: number) {
  return outOfStep({
    expected: `${count} entities to stay as they are for one round trip`,
    found: `a change by another writer in each of ${mostRounds} attempts`,
    remedy: "Load the history again: what is in already is passed over.",
  });
}
