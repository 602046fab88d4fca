import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { redisResponseCache } from "../../src/adapters/redis/index.js";
import { compileResilience, protect, type Infer, type ResponseCache } from "../../src/inference/index.js";
import {
  answer,
  failure,
  fromModel,
  manualTime,
  question,
  signature,
} from "../../src/inference/resilience/resilience.testing.js";
import { redisProgram, redisServer, type RedisServer } from "../support/redis-server.js";

const longMs = 3_600_000;

describe.skipIf(redisProgram === undefined)("a cache of answers in Redis", () => {
  let server: RedisServer;
  let cache: ResponseCache;
  const time = manualTime();

  beforeEach(async () => {
    server = await redisServer();
    await server.start();
    cache = redisResponseCache({ url: server.url, timeoutMs: 400, restMs: 1000, clock: time.clock });
    await cache.set("a", answer(1), longMs);
  });
  afterEach(async () => {
    server.resume();
    await cache.close();
    await server.remove();
  });

  /** Asks, without rests, until Redis can be reached again. */
  async function eventually(key: string): Promise<unknown> {
    for (;;) {
      time.advance(1000);
      await cache.set(key, answer(2), longMs);
      const found = await cache.get(key);
      if (found !== undefined) return found;
      await new Promise(setImmediate);
    }
  }

  test("that is killed is a miss, is left alone for a while, and works again when it is back", async () => {
    expect(await cache.get("a")).toEqual(answer(1));
    await server.kill();
    expect(await cache.get("a")).toBeUndefined();
    const { failures } = cache.statistics();
    expect(failures).toBeGreaterThan(0);
    for (let i = 0; i < 100; i++) expect(await cache.get("a")).toBeUndefined();
    await cache.set("a", answer(2), longMs);
    expect(cache.statistics()).toEqual({ failures, skipped: 101 });
    await server.start();
    expect(await eventually("b")).toEqual(answer(2));
  });

  test("that says nothing is a miss within the time limit, and works again when it speaks", async () => {
    server.pause();
    expect(await cache.get("a")).toBeUndefined();
    expect(cache.statistics().failures).toBe(1);
    expect(await cache.get("a")).toBeUndefined();
    expect(cache.statistics()).toEqual({ failures: 1, skipped: 1 });
    server.resume();
    expect(await eventually("b")).toEqual(answer(2));
  });

  test("that is gone from the start costs the model no answer", async () => {
    const full = redisResponseCache({ url: server.url, timeoutMs: 20_000, clock: time.clock });
    await server.kill();
    const infer: Infer = async ({ x }) => fromModel({ y: x });
    const options = compileResilience({ cache: {} }, { where: "test", rejectNaN: false });
    const guarded = protect(infer, options, {
      ...{ clock: time.clock, timers: time.timers, signature, versionId: "m@1" },
      openCache: () => full,
      fallbackModel: () => {
        throw failure("MW0706");
      },
    });
    for (const value of [1, 2, 3]) {
      const given = await guarded.infer(question(value));
      expect(given).toEqual({ outputs: answer(value), origin: { kind: "model" } });
    }
    expect(guarded.statistics()).toMatchObject({ cacheHit: { count: 0 }, cacheMiss: { count: 3 } });
    await full.close();
  });
});
