import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeResponseCacheContract } from "../../../test/contracts/response-cache.js";
import { redisProgram, redisServer, type RedisServer } from "../../../test/support/redis-server.js";
import { row } from "../../inference/resilience/resilience.testing.js";
import { redisResponseCache } from "./response-cache.js";

describe.skipIf(redisProgram === undefined)("with a real server", () => {
  let server: RedisServer;
  let plain: Redis;
  let caches = 0;
  beforeAll(async () => {
    server = await redisServer();
    await server.start();
    plain = new Redis(server.url);
  });
  afterAll(async () => {
    plain.disconnect();
    await server.remove();
  });

  const open = (options = {}) => {
    const prefix = `test ${caches++}`;
    return { prefix, cache: redisResponseCache({ url: server.url, prefix, timeoutMs: 20_000, ...options }) };
  };

  describeResponseCacheContract("redis", async () => {
    const { cache, prefix } = open();
    const expire = async () => {
      for (const name of await plain.keys(`${prefix}:*`)) await plain.pexpireat(name, 1);
    };
    return { cache, expire };
  });

  it("leaves it to Redis to forget", async () => {
    const { cache, prefix } = open();
    await cache.set("a", { y: row(1) }, 60_000);
    const leftMs = await plain.pttl(`${prefix}:answer:a`);
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(60_000);
    await cache.close();
  });

  it("is shared by all who have its prefix, and by no others", async () => {
    const { cache, prefix } = open();
    const { cache: peer } = open({ prefix });
    const { cache: other } = open();
    await cache.set("a", { y: row(1) }, 60_000);
    expect(await peer.get("a")).toEqual({ y: row(1) });
    expect(await other.get("a")).toBeUndefined();
    await Promise.all([cache, peer, other].map((one) => one.close()));
  });

  it("has nothing where something else wrote, and counts that", async () => {
    const { cache, prefix } = open();
    await plain.set(`${prefix}:answer:a`, "something else");
    await plain.lpush(`${prefix}:answer:b`, "a list");
    expect(await cache.get("a")).toBeUndefined();
    expect(await cache.get("b")).toBeUndefined();
    expect(cache.statistics().failures).toBe(2);
    await cache.close();
  });

  it("leaves out what too many writes under way leave no room for", async () => {
    const { cache } = open({ maxPendingBytes: 80 });
    const values = { y: row(1, 2, 3, 4) };
    await Promise.all(["a", "b"].map(async (key) => cache.set(key, values, 60_000)));
    expect(await cache.get("a")).toEqual({ y: row(1, 2, 3, 4) });
    expect(await cache.get("b")).toBeUndefined();
    expect(cache.statistics()).toEqual({ failures: 0, skipped: 1 });
    await cache.close();
  });
});
