import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileAccess, createGatekeeper, type Gatekeeper } from "../../src/access/index.js";
import { memoryApiKeyStore } from "../../src/adapters/memory/index.js";
import { redisRateStore } from "../../src/adapters/redis/index.js";
import { manualClock } from "../../src/kernel/index.js";
import { redisProgram, redisServer, type RedisServer } from "../support/redis-server.js";

describe.skipIf(redisProgram === undefined)("a Redis that counts rate limits", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await redisServer();
    await server.start();
  });
  afterAll(() => server.remove());

  /** Callers without credentials, and whether their requests are admitted. */
  async function doors(prefix: string, onFailure: "serve" | "refuse") {
    const clock = manualClock();
    const limits = { anonymous: { perSecond: 0.001, burst: 2 }, onFailure };
    const rates = redisRateStore({ url: server.url, prefix, timeoutMs: 2_000 });
    const readText = async () => "";
    const ports = { clock, rates, apiKeys: memoryApiKeyStore(), readText };
    const keeper: Gatekeeper = await createGatekeeper(compileAccess({ anonymous: ["*"], limits }), ports);
    const caller = await keeper.authenticate({});
    const ask = () =>
      keeper.admit(caller, "predict", 1).then(
        () => "served",
        (error: unknown) => (error as { readonly code: string }).code,
      );
    return { keeper, clock, ask, close: () => rates.close() };
  }

  /** Asks until the store answers: the pause ends by the clock, the connection mends itself in a time of its own. */
  async function again({ clock, ask }: Awaited<ReturnType<typeof doors>>): Promise<string> {
    for (;;) {
      const answer = await ask();
      if (answer !== "MW1614") return answer;
      clock.advance(1_000);
      await new Promise(setImmediate);
    }
  }

  test("that is killed, stands still or comes back: requests are served or refused, none hangs", async () => {
    const open = await doors("open", "serve");
    const shut = await doors("shut", "refuse");
    const both = async () => [await open.ask(), await shut.ask()];
    expect([await again(open), await again(shut)]).toEqual(["served", "served"]);
    const before = [open.keeper.counters().unchecked, shut.keeper.counters().unchecked];
    await server.kill();
    for (let i = 0; i < 5; i++) expect(await both()).toEqual(["served", "MW1614"]);
    const after = [open.keeper.counters().unchecked, shut.keeper.counters().unchecked];
    expect(after).toEqual(before.map((count) => count + 5));

    await server.start();
    expect(await again(shut)).toBe("served");
    server.pause();
    expect(await shut.ask()).toBe("MW1614");
    server.resume();
    // What was asked of it while it stood still may have been counted: then the burst is gone by now.
    expect(["served", "MW1612"]).toContain(await again(shut));
    await open.close();
    await shut.close();
  });
});
