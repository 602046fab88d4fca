import { spawn } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeRateStoreContract } from "../../../test/contracts/rate-store.js";
import { redisProgram, redisServer, type RedisServer } from "../../../test/support/redis-server.js";
import { rowUnits, unitsPerUs, waitMs } from "../../access/index.js";
import { limits, oracle, questions } from "../../access/bucket-oracle.testing.js";
import { rateScript } from "./rate-script.js";
import { redisRateStore } from "./rate-store.js";

describe.skipIf(redisProgram === undefined)("with a real server", () => {
  let server: RedisServer;
  let redis: Redis;
  let stores = 0;
  beforeAll(async () => {
    server = await redisServer();
    await server.start();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.remove();
  });

  describeRateStoreContract("redis", async () => {
    const options = { url: server.url, prefix: `contract ${stores++}`, timeoutMs: 5_000 };
    return { store: redisRateStore(options), peer: redisRateStore(options) };
  });

  test("the script gives what the definition of the limit gives", async () => {
    // The very script, with a clock of the test's own in the place of the server's.
    const timed = rateScript.source.replace("redis.call('TIME')", "{ARGV[4], ARGV[5]}");
    expect(timed).not.toBe(rateScript.source);
    const cases = limits.chain((limit) => fc.tuple(fc.constant(limit), questions(limit)));
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 0, max: 1.8e15 }), async ([limit, asked], startUs) => {
        const slow = oracle(limit);
        await redis.del("timed");
        let nowUs = startUs;
        for (const { afterUs, rows } of asked) {
          nowUs += afterUs;
          const time = [Math.floor(nowUs / 1e6), nowUs % 1e6];
          const values = [unitsPerUs(limit), rows * rowUnits, limit.burst * rowUnits, ...time];
          // The server's own clock drops a bucket that is paid by it; here only the test's clock counts.
          const both = redis
            .multi()
            .eval(timed, 1, "timed", ...values)
            .persist("timed");
          const over = (await both.exec())?.[0][1] as string;
          expect(over === "" ? "given" : waitMs(Number(over), unitsPerUs(limit))).toBe(slow.ask(nowUs, rows));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("a bucket expires when it is paid, and none is kept for who owes nothing", async () => {
    const store = redisRateStore({ url: server.url, prefix: "expiry", timeoutMs: 5_000 });
    const limit = { perSecond: 0.01, burst: 10 };
    await store.take({ key: "secret subject", limit, rows: 3 });
    await store.take({ key: "nothing", limit, rows: 0 });
    const names = await redis.keys("expiry:*");
    expect(names).toHaveLength(1);
    expect(names[0]).toMatch(/^expiry:rate:[\w-]{43}$/);
    const left = await redis.pttl(names[0]);
    // Three rows at a hundredth a second.
    expect(left).toBeLessThanOrEqual(300_001);
    expect(left).toBeGreaterThan(240_000);
    await store.close();
  });

  test("a server that was started anew is told the script again", async () => {
    const store = redisRateStore({ url: server.url, prefix: "anew", timeoutMs: 5_000 });
    const limit = { perSecond: 0.001, burst: 2 };
    expect(await store.take({ key: "a", limit, rows: 1 })).toEqual({ admitted: true });
    await redis.script("FLUSH");
    expect(await store.take({ key: "a", limit, rows: 1 })).toEqual({ admitted: true });
    expect(await store.take({ key: "a", limit, rows: 1 })).toMatchObject({ admitted: false });
    await store.close();
  });

  test("several processes at once never get more than the burst together", async () => {
    const script = join(import.meta.dirname, "rate-taking-child.testing.ts");
    const children = [1, 2, 3].map(() => {
      const args = ["--import", "jiti/register", script, server.url, "300"];
      return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    });
    const given = await Promise.all(
      children.map(async ({ stdout }) => {
        let text = "";
        for await (const chunk of stdout) text += String(chunk);
        return Number(text);
      }),
    );
    // 900 were asked for.
    expect(given.reduce((sum, rows) => sum + rows, 0)).toBe(500);
  });
});
