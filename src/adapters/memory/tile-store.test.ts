import { describeTileStoreContract } from "../../../test/contracts/tile-store.js";
import type { TileStore } from "../../features/index.js";
import { memoryTileStore } from "./tile-store.js";

/** In memory a peer is another handle on the same store, which outlives the closing of the first. */
function peerOf(store: TileStore): TileStore {
  return { ...store, close: () => Promise.resolve() };
}

describeTileStoreContract("memory", async () => {
  const store = memoryTileStore();
  return { store: { ...store }, peer: peerOf(store) };
});
