import { afterAll, beforeAll, describe } from "vitest";
import { describeFeatureStateContract } from "../../../test/contracts/feature-state.js";
import { describeTileStoreContract } from "../../../test/contracts/tile-store.js";
import { redisProgram, redisServer, type RedisServer } from "../../../test/support/redis-server.js";
import { sharedStates } from "../../../test/support/shared-states.js";
import type { TileStore } from "../../features/index.js";
import { redisTileStore } from "./tile-store.js";

describe.skipIf(redisProgram === undefined)("with a real server", () => {
  let server: RedisServer;
  let own: TileStore;
  let stores = 0;
  beforeAll(async () => {
    server = await redisServer();
    await server.start();
    own = redisTileStore({ url: server.url, prefix: "states", timeoutMs: 5000 });
  });
  afterAll(async () => {
    await own.close();
    await server.remove();
  });

  describeTileStoreContract("redis", async () => {
    const options = { url: server.url, prefix: `{store} ${stores++}*`, timeoutMs: 5000 };
    return { store: redisTileStore(options), peer: redisTileStore(options) };
  });

  describeFeatureStateContract("states that share a Redis", {
    make: async () => sharedStates(own, `contract ${stores++}`),
    writers: 3,
    runs: 20,
  });
});
