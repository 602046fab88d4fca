import { createSharedState, type TileStore } from "../../src/features/index.js";
import type { FeatureStateHarness } from "../contracts/feature-state.js";
import { faultyTileStore } from "./faulty-tile-store.js";

/** States of several names over one store, each through a handle of its own that can be made to fail. */
export function sharedStates(store: TileStore, spaces: string): FeatureStateHarness {
  return {
    async open(views, partition) {
      const tiles = faultyTileStore(store);
      const spaceOf = ({ hash }: { readonly hash: string }) => `${spaces}:${hash}`;
      const state = createSharedState(views, { tiles, partition, spaceOf, positionStride: 3 });
      await state.resume();
      return { state, break: tiles.break };
    },
  };
}
