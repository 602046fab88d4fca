import { describeFeatureStateContract } from "../../../test/contracts/feature-state.js";
import { sharedStates } from "../../../test/support/shared-states.js";
import { createOnlineState } from "../../features/index.js";
import { memoryTileStore } from "./tile-store.js";

describeFeatureStateContract("a state in memory", {
  make: async () => ({ open: async (views) => ({ state: createOnlineState(views) }) }),
  writers: 1,
  runs: 60,
});

describeFeatureStateContract("states that share a store in memory", {
  make: async () => sharedStates(memoryTileStore(), "test"),
  writers: 3,
  runs: 120,
});
