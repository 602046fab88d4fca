import type { Canonical } from "../../kernel/index.js";
import { contradiction, packMessage, type CheckpointMessage } from "./checkpoint-message.js";
import { sketchAlgebras, type Sketch } from "../algebra/sketch-algebra.js";
import { cellOperations, sketchOperations, type SlotPlan } from "../algebra/slots.js";
import { planTiles } from "../algebra/tile-plan.js";
import type { StoredTile, ViewState } from "../algebra/view-state.js";

/** What of a plan decides how its tiles lie in a checkpoint; tiles of another layout do not fit. */
export function tileLayout(plan: SlotPlan): Canonical {
  return {
    cells: cellOperations(plan),
    sketches: sketchOperations(plan),
    scales: plan.slots.map(({ scale }) => scale),
    sizesMs: planTiles(plan).levels.map(({ sizeMs }) => sizeMs),
  };
}

/** A message is sealed when it has so many numbers or sketches: about a quarter of a megabyte. */
const sealAt = 32_768;
/** Before its cells every tile has the position of its key, its level and its bucket. */
const headNumbers = 3;

/** Gathers tiles of one view into messages of bounded size. */
export interface TileWriter {
  /** Takes all tiles of an entity as they are now. */
  add(entity: number): void;
  /** The messages that are full; with `rest` the last one too, full or not. */
  take(rest: boolean): readonly Uint8Array[];
}

interface TileBatch {
  readonly keys: string[];
  readonly sketches: (Canonical | null)[][];
  readonly numbers: number[];
}

const emptyBatch = (): TileBatch => ({ keys: [], sketches: [], numbers: [] });

export function createTileWriter(hash: string, state: ViewState): TileWriter {
  const sealed: Uint8Array[] = [];
  let batch = emptyBatch();

  function seal(): void {
    const { keys, sketches, numbers } = batch;
    sealed.push(packMessage("tiles", { view: hash, keys, sketches }, Float64Array.from(numbers)));
    batch = emptyBatch();
  }

  function take({ key, level, bucket, cells, sketches }: StoredTile): void {
    if (batch.keys.at(-1) !== key) batch.keys.push(key);
    batch.numbers.push(batch.keys.length - 1, level, bucket);
    for (let c = 0; c < cells.length; c++) batch.numbers.push(cells[c]);
    if (sketches.length > 0) batch.sketches.push(sketches.map((sketch) => sketch?.toJson() ?? null));
    if (batch.numbers.length >= sealAt || batch.sketches.length * sketches.length >= sealAt / 64) seal();
  }

  return Object.freeze({
    add: (entity: number) => state.tiles(entity, take),
    take(rest: boolean) {
      if (rest && batch.keys.length > 0) seal();
      return sealed.splice(0);
    },
  });
}

/** Puts the tiles of a message back into the state of their view. Throws MW0308. */
export function restoreTiles(
  { facts, numbers }: CheckpointMessage,
  { plan, state }: { readonly plan: SlotPlan; readonly state: ViewState },
): void {
  const { keys, sketches } = facts as { keys: string[]; sketches: (Canonical | null)[][] };
  const makers = sketchOperations(plan).map((operation) => sketchAlgebras[operation]);
  const stride = headNumbers + plan.identity.length;
  if (numbers.length % stride !== 0) throw contradiction(`tiles of ${stride} numbers`, `${numbers.length}`);
  for (let at = 0, tile = 0; at < numbers.length; at += stride, tile++) {
    const key = keys[numbers[at]];
    const given = sketches[tile] ?? [];
    if (key === undefined || given.length !== makers.length) {
      throw contradiction("a key and all sketches of a tile", `${given.length} sketches of ${String(key)}`);
    }
    state.restore({
      key,
      level: numbers[at + 1],
      bucket: numbers[at + 2],
      cells: numbers.subarray(at + headNumbers, at + stride),
      sketches: given.map((json, s): Sketch | undefined => (json === null ? undefined : makers[s](json))),
    });
  }
}
