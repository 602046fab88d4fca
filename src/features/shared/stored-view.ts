import { bindPositions, type Value } from "../../kernel/index.js";
import { cellAlgebras, type CellEvent } from "../algebra/cell-algebra.js";
import { compileKey } from "../definition/entity-key.js";
import type { PendingEvent } from "../online/pending-events.js";
import type { TileAnswer, TileChange } from "../ports.js";
import { sketchAlgebras } from "../algebra/sketch-algebra.js";
import {
  cellOperations,
  compileContributions,
  makeContributions,
  sketchOperations,
  type Contribute,
  type Contributions,
  type SlotPlan,
} from "../algebra/slots.js";
import { chunkField, chunkOf, chunkSpan } from "./tile-chunk.js";
import { createTileCodec, type Tile, type TileCodec } from "../algebra/tile-codec.js";
import { latestOf, writeMeta, type TileMeta } from "./tile-meta.js";
import { planTiles, type TilePlan } from "../algebra/tile-plan.js";
import { openChunks, type OpenTile } from "./open-chunks.js";
import { chunksOutOfReach, lowestBuckets } from "./tile-reach.js";
import type { StoredTile } from "../algebra/view-state.js";
import type { View } from "../definition/view.js";

/** One view whose tiles are kept in a store: the same algebra as in memory, on bytes. */
export interface StoredView {
  readonly view: View;
  readonly space: string;
  readonly tilePlan: TilePlan;
  /** Tiles in a chunk, which one field holds. */
  readonly span: number;
  readonly codec: TileCodec;
  /** The entity's key of an event; null when a part of it is null. */
  key(values: readonly Value[]): string | null;
  readonly contribute: Contribute<readonly Value[]>;
  readonly contributions: Contributions;
  /** The chunks that events go to, but for tiles that no read at a time or later can reach. */
  touched(events: readonly PendingEvent[], timeMs: number): string[];
  /** Adds events, or tiles of a history, to what is stored of an entity. */
  change(entity: StoredEntity, added: AddedEvents | AddedTiles): TileChange;
}

/** One entity as it was fetched. */
export interface StoredEntity {
  /** Its name in the space. */
  readonly row: string;
  /** Names of the fetched chunks. */
  readonly fields: readonly string[];
  readonly answer: TileAnswer;
  readonly meta: TileMeta;
}

interface Added {
  /** What the tiles rest on afterwards. */
  readonly meta: TileMeta;
}

export interface AddedEvents extends Added {
  readonly events: readonly PendingEvent[];
}

export interface AddedTiles extends Added {
  readonly tiles: readonly StoredTile[];
}

export function createStoredView(view: View, space: string): StoredView {
  const tilePlan = planTiles(view.plan);
  const span = chunkSpan(view.plan);
  const codec = createTileCodec(view.plan);
  const bind = bindPositions(Object.keys(view.source.schema));
  const contribute = compileContributions<readonly Value[]>(view.plan, bind);
  const contributions = makeContributions(view.plan);
  const algebra = tileAlgebra(view.plan);
  const timeOf = ({ eventMs, availableMs }: PendingEvent) => (view.clock === "event" ? eventMs : availableMs);
  const { levels } = tilePlan;

  function touched(events: readonly PendingEvent[], timeMs: number): string[] {
    const lowest = lowestBuckets(tilePlan, timeMs);
    const fields = new Set<string>();
    for (const event of events) {
      for (let level = 0; level < levels.length; level++) {
        const bucket = Math.floor(timeOf(event) / levels[level].sizeMs);
        if (bucket >= lowest[level]) fields.add(chunkField(level, chunkOf(bucket, span)));
      }
    }
    return [...fields];
  }

  function addEvents(events: readonly PendingEvent[], open: OpenTile): void {
    for (const event of events) {
      contribute(event.event.values, contributions);
      const timeMs = timeOf(event);
      for (let level = 0; level < levels.length; level++) {
        const tile = open(level, Math.floor(timeMs / levels[level].sizeMs));
        if (tile !== undefined) algebra.add(tile, contributions, timeMs);
      }
    }
  }

  function addTiles(tiles: readonly StoredTile[], open: OpenTile): void {
    for (const stored of tiles) {
      const tile = open(stored.level, stored.bucket);
      if (tile !== undefined) algebra.merge(tile, stored);
    }
  }

  function change(entity: StoredEntity, added: AddedEvents | AddedTiles): TileChange {
    const { row, fields, answer, meta } = entity;
    const afterMs = latestOf(added.meta);
    const chunks = openChunks(new Map(fields.map((field, i) => [field, answer.tiles[i]])), {
      codec,
      span,
      levels,
      empty: algebra.empty,
      lowest: lowestBuckets(tilePlan, afterMs),
    });
    if ("events" in added) addEvents(added.events, chunks.open);
    else addTiles(added.tiles, chunks.open);
    return {
      space,
      key: row,
      expected: answer.meta,
      meta: writeMeta(added.meta),
      set: chunks.written(),
      drop: chunksOutOfReach(tilePlan, { span, beforeMs: latestOf(meta), timeMs: afterMs }),
    };
  }

  return Object.freeze({
    view,
    space,
    tilePlan,
    span,
    codec,
    key: compileKey(view.keyColumns, bind),
    contribute,
    contributions,
    touched,
    change,
  });
}

/** The operations of a plan's slots on whole tiles. */
function tileAlgebra(plan: SlotPlan) {
  const { cellAt, identity } = plan;
  const algebras = cellOperations(plan).map((operation) => cellAlgebras[operation]);
  const makeSketch = sketchOperations(plan).map((operation) => sketchAlgebras[operation]);
  const event: CellEvent = { value: 0, timeMs: 0 };
  return {
    empty: (): Tile => ({
      cells: identity.slice(),
      sketches: new Array<undefined>(makeSketch.length).fill(undefined),
    }),
    add({ cells, sketches }: Tile, { numbers, values }: Contributions, timeMs: number): void {
      event.timeMs = timeMs;
      for (let s = 0; s < algebras.length; s++) {
        event.value = numbers[s];
        if (!Number.isNaN(event.value)) algebras[s].add(cells, cellAt[s], event);
      }
      for (let s = 0; s < makeSketch.length; s++) {
        const value = values[s];
        if (value !== null) (sketches[s] ??= makeSketch[s]()).add(value, timeMs);
      }
    },
    merge({ cells, sketches }: Tile, from: Pick<StoredTile, "cells" | "sketches">): void {
      for (let s = 0; s < algebras.length; s++) algebras[s].merge(cells, cellAt[s], from.cells, cellAt[s]);
      for (let s = 0; s < makeSketch.length; s++) {
        const sketch = from.sketches[s];
        if (sketch !== undefined) (sketches[s] ??= makeSketch[s]()).merge(sketch);
      }
    },
  };
}
