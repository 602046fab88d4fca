import { redisTileStore } from "../../src/adapters/redis/index.js";
import { createOnlineState } from "../../src/features/online/online-state.js";
import { createSharedState } from "../../src/features/shared/shared-state.js";
import { partition } from "./compare.js";
import type { ParityStore } from "./parity.js";
import type { World } from "./world.js";

const viewsOf = ({ sources }: World) => sources.flatMap(({ views }) => views.map(({ view }) => view));

/** The memory of this process. */
export const memoryStore: ParityStore = {
  name: "memory",
  open: async (world) => ({ state: createOnlineState(viewsOf(world)), close: async () => undefined }),
};

/** A shared state over a Redis server; each world has spaces of its own, which are dropped after it. */
export function redisStore(url: string): ParityStore {
  return {
    name: "redis",
    async open(world, seed) {
      const tiles = redisTileStore({ url, prefix: "parity", timeoutMs: 30_000 });
      const views = viewsOf(world);
      const spaceOf = ({ hash }: { readonly hash: string }) => `${seed}:${hash}`;
      const state = createSharedState(views, { tiles, partition, spaceOf });
      await state.resume();
      return {
        state,
        async close() {
          for (const view of views) await tiles.drop(spaceOf(view));
          await tiles.close();
        },
      };
    },
  };
}
