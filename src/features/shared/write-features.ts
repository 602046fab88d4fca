import { createAccumulator, type VectorOut, type VectorPosition } from "../algebra/accumulator.js";
import type { TileAnswer } from "../ports.js";
import { compileAddTile } from "./add-tile.js";
import type { Sketch } from "../algebra/sketch-algebra.js";
import { sketchOperations } from "../algebra/slots.js";
import type { StoredView } from "./stored-view.js";
import type { TileTarget } from "../algebra/tile-codec.js";
import { createChunkReader } from "./tile-chunk.js";
import type { TileReads } from "./tile-reach.js";

/** Where one lookup's features go. */
export interface Target {
  readonly out: VectorOut;
  readonly at: VectorPosition;
}

/** What the entities of one read have in common: its time, and the tiles that were fetched for it. */
export interface ReadTime {
  readonly timeMs: number;
  readonly reads: TileReads;
}

/** Writes the features of one fetched entity, for every lookup of it. Undefined: it has no events. */
export type WriteFeatures = (
  answer: TileAnswer | undefined,
  time: ReadTime,
  targets: readonly Target[],
) => void;

/**
 * Compiles the way from a view's bytes into vectors. Cells are copied once into one block that is used again
 * for every entity, and added up window by window; the accumulator that finishes them is the one that serves from
 * memory.
 */
export function compileWriteFeatures({
  view: { plan },
  tilePlan: { windows },
  span,
  codec,
}: Pick<StoredView, "view" | "tilePlan" | "span" | "codec">): WriteFeatures {
  const width = plan.identity.length;
  const sketchCount = sketchOperations(plan).length;
  const accumulator = createAccumulator(plan);
  const addTile = windows.map((window) => compileAddTile(plan, window));
  const sum = plan.identity.slice();
  const everyCell = Array.from(sum, (_, cell) => cell);
  const sketches: (Sketch | undefined)[] = [];
  const chunk = createChunkReader(span);
  let target: TileTarget = {
    cells: new Float64Array(0),
    at: 0,
    startMs: 0,
    sketches,
    sketchAt: 0,
    wanted: [],
  };
  let present = new Uint8Array(0);

  function makeRoom(tiles: number): void {
    if (present.length >= tiles) return;
    present = new Uint8Array(tiles);
    target = { ...target, cells: new Float64Array(tiles * width) };
  }

  function decode({ tiles: chunks }: TileAnswer, { numbers, startsMs, wanted }: TileReads): void {
    makeRoom(startsMs.length);
    present.fill(0, 0, startsMs.length);
    for (let c = 0; c < chunks.length; c++) {
      const bytes = chunks[c];
      if (bytes === undefined) continue;
      chunk.open(bytes);
      while (chunk.next()) {
        const i = numbers[c * span + chunk.place];
        if (i < 0) continue;
        present[i] = 1;
        target.at = i * width;
        target.startMs = startsMs[i];
        target.sketchAt = i * sketchCount;
        target.wanted = wanted[i];
        codec.decodeInto(chunk, target);
      }
    }
  }

  function addUp(w: number, tiles: Int32Array): void {
    const window = windows[w];
    const add = addTile[w];
    const { cells } = target;
    for (let t = 0; t < tiles.length; t++) {
      const i = tiles[t];
      if (present[i] === 0) continue;
      add(sum, cells, i * width);
      if (window.sketches.length > 0) accumulator.takeSketches(sketches, i * sketchCount, window);
    }
  }

  return (answer, { timeMs, reads }, targets) => {
    if (answer !== undefined) decode(answer, reads);
    for (let w = 0; w < windows.length; w++) {
      const window = windows[w];
      if (window.sketches.length > 0) accumulator.begin(window);
      sum.set(plan.identity);
      if (answer !== undefined) addUp(w, reads.windows[w]);
      accumulator.putCells(sum, 0, everyCell);
      for (let t = 0; t < targets.length; t++) accumulator.finish(window, timeMs, targets[t]);
    }
  };
}
