import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  expectedAll,
  openState,
  readAll,
  replay,
  timeOf,
  users,
} from "../../src/adapters/redis/crash-log.testing.js";
import { fsAppendLog } from "../../src/adapters/fs/index.js";
import { redisTileStore } from "../../src/adapters/redis/index.js";
import { events, parquet } from "../../src/data/index.js";
import {
  count,
  createSharedState,
  featureSet,
  view,
  type SharedState,
  type TileStore,
} from "../../src/features/index.js";
import { isMillwrightError, seededRng, t } from "../../src/kernel/index.js";
import { eventWriter } from "../../src/lifecycle/live/live-writer.js";
import { redisProgram, redisServer, type RedisServer } from "../support/redis-server.js";
import { tcpProxy } from "../support/tcp-proxy.js";

const notReachable = { code: "MW1013", row: { http: 503, exit: 3 } };

/** Asks until the store can be reached again. */
async function eventually<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isMillwrightError(error, "MW1013")) throw error;
      await new Promise(setImmediate);
    }
  }
}

/** A log is added to its end, whatever happens to the store. */
async function replayThrough(state: SharedState, partition: string, to: number): Promise<number> {
  let failures = 0;
  for (;;) {
    try {
      await replay(state, { partition, to });
      await state.advance(timeOf(to));
      return failures;
    } catch (error) {
      if (!isMillwrightError(error, "MW1013")) throw error;
      failures++;
      await new Promise(setImmediate);
    }
  }
}

async function expectWhole(state: SharedState, logs: Readonly<Record<string, number>>): Promise<void> {
  const timeMs = timeOf(Math.max(...Object.values(logs)) + 1);
  expect(await eventually(() => readAll(state, timeMs))).toEqual(expectedAll(logs, timeMs));
}

describe.skipIf(redisProgram === undefined)("features in Redis", () => {
  let server: RedisServer;
  let stores: TileStore[] = [];
  const open = (timeoutMs = 400, url = server.url) => {
    const store = redisTileStore({ url, timeoutMs });
    stores.push(store);
    return store;
  };

  beforeEach(async () => {
    server = await redisServer({ durable: true });
    await server.start();
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    stores = [];
    await server.remove();
  });

  /** Runs a writer until it has acknowledged so many turns, then kills it; the last number it acknowledged. */
  async function killedWriter(partition: string, turns: number): Promise<number> {
    const script = join(import.meta.dirname, "../../src/adapters/redis/writing-child.testing.ts");
    const child = spawn(process.execPath, ["--import", "jiti/register", script, server.url, partition], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close");
    let told = 0;
    let lines = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      told = Number(line);
      if (++lines === turns) child.kill("SIGKILL");
    }
    await closed;
    expect(child.signalCode).toBe("SIGKILL");
    return told;
  }

  test("kill -9 of two writers at once, again and again: nothing is lost and nothing counts twice", async () => {
    const rng = seededRng(3);
    const logs = { a: 0, b: 0 };
    for (let round = 0; round < 3; round++) {
      const ends = await Promise.all([
        killedWriter("a", 5 + rng.below(40)),
        killedWriter("b", 5 + rng.below(40)),
      ]);
      // The log went on while the writer was dead, and its last turn may have been made and not acknowledged.
      logs.a = Math.max(logs.a, ends[0]) + 20;
      logs.b = Math.max(logs.b, ends[1]) + 20;
      await settle(logs);
      await expectWhole(openState(open(5000), "reader"), logs);
    }
  }, 120_000);

  /** Both logs up to their ends, and the clocks of both writers at the later one. */
  async function settle(logs: { readonly a: number; readonly b: number }): Promise<void> {
    const end = timeOf(Math.max(logs.a, logs.b) + 1);
    for (const [name, to] of Object.entries(logs)) {
      const state = openState(open(5000), name);
      await state.resume();
      await replay(state, { partition: name, to });
      await state.advance(end);
    }
  }

  test("a stopped server: calls are refused in time, and all is there once it goes on", async () => {
    const state = openState(open(200), "a");
    await state.resume();
    await replay(state, { partition: "a", to: 40 });
    server.pause();
    await expect(replay(state, { partition: "a", to: 80 })).rejects.toMatchObject(notReachable);
    await expect(readAll(state, timeOf(41))).rejects.toMatchObject(notReachable);
    await expect(state.advance(timeOf(60))).rejects.toMatchObject(notReachable);
    server.resume();
    await replayThrough(state, "a", 80);
    await expectWhole(state, { a: 80 });
  });

  test("kill -9 of the server in the middle of it all, and back with what it acknowledged", async () => {
    const states = [openState(open(), "a"), openState(open(), "b")];
    for (const state of states) await state.resume();
    const writers = states.map((state, i) => replayThrough(state, ["a", "b"][i], 400));
    for (let kill = 0; kill < 3; kill++) {
      const before = states[0].sequence("payments");
      while (states[0].sequence("payments") < Math.min(before + 30, 400)) await new Promise(setImmediate);
      await server.kill();
      await server.start();
    }
    const failures = await Promise.all(writers);
    expect(Math.max(...failures)).toBeGreaterThan(0);
    for (const state of states) await eventually(() => state.advance(timeOf(401)));
    for (const state of states) await expectWhole(state, { a: 400, b: 400 });
  });

  test("a server that is gone refuses at once, also a store that never reached it", async () => {
    const [used, fresh] = [open(), open()];
    const state = openState(used, "a");
    await state.resume();
    await replay(state, { partition: "a", to: 10 });
    await server.kill();
    await expect(replay(state, { partition: "a", to: 40 })).rejects.toMatchObject(notReachable);
    await expect(fresh.fetch([{ space: "s", key: "k", fields: [] }])).rejects.toMatchObject(notReachable);
    await expect(fresh.drop("s")).rejects.toMatchObject({
      ...notReachable,
      expected: "Redis to answer in time",
      found: expect.stringContaining(`127.0.0.1:${server.port}`) as string,
    });
    await server.start();
    await replayThrough(state, "a", 40);
    await expectWhole(state, { a: 40 });
    expect(await eventually(() => fresh.fetch([{ space: "s", key: "k", fields: [] }]))).toEqual([
      { meta: undefined, tiles: [] },
    ]);
  });

  test("a server that comes back empty is noticed before anything is built upon it", async () => {
    const empty = await redisServer();
    await empty.start();
    const state = openState(open(400, empty.url), "a");
    await state.resume();
    await replay(state, { partition: "a", to: 60 });
    await empty.kill();
    await empty.start();
    const lost = { code: "MW0306" };
    await expect(eventually(async () => state.check())).rejects.toMatchObject(lost);
    await expect(eventually(() => readAll(state, timeOf(61)))).rejects.toMatchObject(lost);
    await expect(eventually(() => replay(state, { partition: "a", to: 80 }))).rejects.toMatchObject(lost);
    await state.resume();
    expect(state.sequence("payments")).toBe(0);
    await state.check();
    await replay(state, { partition: "a", to: 80 });
    await state.check();
    await expectWhole(state, { a: 80 });
    await empty.remove();
  });

  test("an outage with more events than may wait: all is there within a few calls of its end", async () => {
    const source = events("clicks", {
      from: parquet("clicks.parquet"),
      schema: { at: t.timestamp(), user: t.string() },
      eventTime: "at",
    });
    const clicks = view("clicks", {
      source,
      entity: { user: "user" },
      features: () => ({ n: count().over("1d") }),
    });
    const folder = await mkdtemp(join(tmpdir(), "millwright-outage-"));
    const log = await fsAppendLog(folder, { sync: false });
    const state = createSharedState([clicks], { tiles: open(), partition: "a", spaceOf: () => "clicks" });
    await state.resume();
    await state.advance(1_000_000);
    const writer = eventWriter({
      ...{ source: "clicks", log, state, position: { sequence: 0, record: "" }, maxWaiting: 100_000 },
      ...{ receivedMs: () => null, onAccepted: () => undefined },
    });
    const some = (n: number) => Array.from({ length: n }, (_, i) => [i, `user ${i % 50}`]);
    await writer.write(some(1_000));
    await server.kill();
    for (let batch = 0; batch < 9; batch++) await writer.write(some(3_000));
    // No more than may wait is held; the rest is in the log alone.
    expect(state.sequence("clicks")).toBeLessThan(28_000);
    await expect(writer.caughtUp()).rejects.toMatchObject(notReachable);
    expect(writer.isBehind()).toBe(true);
    await server.start();
    await eventually(async () => writer.caughtUp());
    expect([writer.isBehind(), state.sequence("clicks")]).toEqual([false, 28_000]);
    const reader = state.reader(featureSet({ views: { user: clicks }, request: {} }));
    const vectors = Array.from({ length: 50 }, () => ({ numbers: new Float32Array(1), texts: [] }));
    await reader.read(vectors.map((out, i) => ({ values: [`user ${i}`], timeMs: 1_000_000, out })));
    expect(vectors.map(({ numbers }) => numbers[0])).toEqual(Array(50).fill(28_000 / 50));
    await log.close();
    await rm(folder, { recursive: true });
  }, 60_000);

  test.each(["there", "back"] as const)(
    "a connection cut on its way %s, at any byte of a swap",
    async (way) => {
      const rng = seededRng(way.length);
      const proxy = await tcpProxy(server.port);
      const state = openState(open(400, `redis://127.0.0.1:${proxy.port}`), "a");
      await state.resume();
      let failures = 0;
      for (let to = 6; to <= 300; to += 6) {
        proxy.cutAfter(way, 1 + rng.below(way === "there" ? 4000 : 600));
        failures += await replayThrough(state, "a", to);
      }
      expect(failures).toBeGreaterThan(20);
      await expectWhole(state, { a: 300 });
      await proxy.close();
    },
  );

  test("a server without memory takes no writes, says so, and takes them later", async () => {
    const admin = new Redis(server.port);
    const state = openState(open(), "a");
    await state.resume();
    await replay(state, { partition: "a", to: 20 });
    await admin.config("SET", "maxmemory", "1");
    await expect(replay(state, { partition: "a", to: 60 })).rejects.toMatchObject({
      code: "MW1003",
      found: expect.stringContaining("OOM") as string,
    });
    expect(await readAll(openState(open(), "reader"), timeOf(20))).toHaveLength(users.length);
    await admin.config("SET", "maxmemory", "0");
    await replayThrough(state, "a", 60);
    await expectWhole(state, { a: 60 });
    admin.disconnect();
  });

  test("a server that is too old is refused, and nothing is written", async () => {
    const proxy = await tcpProxy(server.port, (bytes) =>
      Buffer.from(bytes.toString("latin1").replace(/redis_version:7\.\d/, "redis_version:6.2"), "latin1"),
    );
    const store = open(2000, `redis://127.0.0.1:${proxy.port}`);
    for (let call = 0; call < 2; call++) {
      await expect(
        store.swap([{ space: "s", key: "k", expected: undefined, meta: "1", set: [], drop: [] }]),
      ).rejects.toMatchObject({
        code: "MW1014",
        expected: expect.stringContaining("Redis 7.0 or later") as string,
        found: expect.stringContaining("redis_version:6.2") as string,
      });
    }
    expect(await open().fetch([{ space: "s", key: "k", fields: [] }])).toEqual([
      { meta: undefined, tiles: [] },
    ]);
    await proxy.close();
  });
});
