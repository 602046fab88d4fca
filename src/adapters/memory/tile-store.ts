import type { TileAnswer, TileChange, TileRequest, TileStore } from "../../features/index.js";
import { storageErrors } from "../../kernel/index.js";

interface Row {
  meta: string;
  readonly tiles: Map<string, Uint8Array>;
}

/** Tiles that live as long as the process; several states of one process may share them. */
export function memoryTileStore(): TileStore {
  const spaces = new Map<string, Map<string, Row>>();
  let closed = false;

  function checkOpen(): void {
    if (!closed) return;
    throw storageErrors.error("MW1013", {
      expected: "the tile store to be open",
      found: "a call after it was closed",
      remedy: "Close it last.",
    });
  }

  function answer({ space, key, fields }: TileRequest): TileAnswer {
    const row = spaces.get(space)?.get(key);
    return { meta: row?.meta, tiles: fields.map((field) => row?.tiles.get(field)?.slice()) };
  }

  function make({ space, key, expected, meta, set, drop }: TileChange): boolean {
    const rows = spaces.get(space) ?? new Map<string, Row>();
    const row = rows.get(key) ?? { meta, tiles: new Map<string, Uint8Array>() };
    if (rows.get(key)?.meta !== expected) return false;
    spaces.set(space, rows.set(key, row));
    row.meta = meta;
    for (const [field, tile] of set) row.tiles.set(field, tile.slice());
    for (const field of drop) row.tiles.delete(field);
    return true;
  }

  return Object.freeze({
    async fetch(requests: readonly TileRequest[]) {
      checkOpen();
      return requests.map(answer);
    },
    async swap(changes: readonly TileChange[]) {
      checkOpen();
      return changes.map(make);
    },
    async drop(space: string) {
      checkOpen();
      spaces.delete(space);
    },
    async close() {
      closed = true;
    },
  });
}
