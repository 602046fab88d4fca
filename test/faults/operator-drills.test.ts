import { execFileSync } from "node:child_process";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { redis } from "../../src/compose/index.js";
import { loopGraph, scalingGraph } from "../../src/inference/tensor-graphs.testing.js";
import { systemClock } from "../../src/kernel/index.js";
import { commandPath, runJson, start } from "../support/command.js";
import { ask, floatsBody, serveInference, until, type Answer } from "../support/inference-server.js";
import { redisProgram, redisServer } from "../support/redis-server.js";
import { listening, startServer, type Prediction, type Refused, type Server } from "../support/server.js";
import { requireProgram } from "../require-program.js";
import { defaultTrips, edited, temporaryFolders, tripsConfig } from "../support/trips.js";

/** Sections of the runbook in docs/operators.md, gone through by what an operator sees: the metrics, health, the log. */

/** A sample of the metrics by its name and labels; undefined where there is none. */
async function sample(url: string, name: string): Promise<number | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

test("MillwrightBreakerOpen: open, half-open while one call is on trial, and closed by a good one", async () => {
  let laterMs = 0;
  const clock = { nowMs: systemClock.nowMs, monotonicMs: () => systemClock.monotonicMs() + laterMs };
  const server = await serveInference(
    [{ name: "loop", graph: loopGraph(), probes: { probes: [{ inputs: { x: [1], trips: 3 } }] } }],
    {
      clock,
      serving: {
        models: {
          loop: { placement: "worker", limitMs: 500, breaker: { lastCalls: 2, minCalls: 2, openFor: "1h" } },
        },
      },
    },
  );
  onTestFinished(() => server.close());
  const state = () => sample(server.url, 'millwright_breaker_state{model="loop",version="1"}');
  const call = (trips: number): Promise<Answer> =>
    ask(`${server.url}/v2/models/loop/infer`, {
      inputs: [
        { name: "x", datatype: "FP32", shape: [1], data: [1] },
        { name: "trips", datatype: "INT64", shape: [], data: [trips] },
      ],
    });
  const endless = 2 ** 52;
  expect(await state()).toBe(0);
  for (let i = 0; i < 2; i++) expect(await call(endless)).toMatchObject({ status: 503, code: "MW0708" });
  expect(await state()).toBe(2);
  expect(await call(3)).toMatchObject({ status: 503, code: "MW0715" });

  laterMs += 3_600_000;
  const trial = call(endless);
  await until(async () => (await state()) === 1);
  expect(await call(3)).toMatchObject({ status: 503, code: "MW0715" });
  expect(await trial).toMatchObject({ status: 503, code: "MW0708" });
  expect(await state()).toBe(2);

  laterMs += 3_600_000;
  expect((await call(3)).status).toBe(200);
  expect(await state()).toBe(0);
  expect(await sample(server.url, 'millwright_errors_total{code="MW0715"}')).toBe(2);
  const backend = 'nv_inference_request_failure{model="loop",version="1",reason="BACKEND"}';
  expect(await sample(server.url, backend)).toBe(3);
});

describe.skipIf(redisProgram === undefined)("MillwrightStoreGone", () => {
  test("limits and cache in Redis: ready all the while; unchecked requests and misses are counted, and end", async () => {
    const store = await redisServer();
    await store.start();
    onTestFinished(() => store.remove());
    const at = redis({ url: store.url, timeoutMs: 500 }) as { readonly kind: "redis"; readonly url: string };
    const server = await serveInference([{ name: "scale", graph: scalingGraph(2) }], {
      serving: {
        access: { anonymous: ["*"], limits: { anonymous: { perSecond: 1000, burst: 1000 }, store: at } },
        cacheStore: at,
        models: { scale: { cache: {} } },
      },
    });
    onTestFinished(() => server.close());
    const infer = () => ask(`${server.url}/v2/models/scale/infer`, floatsBody("x", [1, 2], [3, 4]));
    const unchecked = () => sample(server.url, "millwright_access_unchecked_total");
    const hits = () => sample(server.url, 'nv_cache_num_hits_per_model{model="scale",version="1"}');
    const ready = async () => (await ask(`${server.url}/health/ready`)).status;
    /** Until both work again: an answer from the cache, and no request unchecked beside it. */
    const well = () =>
      until(async () => {
        const before = [await unchecked(), await hits()];
        await infer();
        const after = [await unchecked(), await hits()];
        return before[0] === after[0] && Number(before[1]) < Number(after[1]);
      });
    await well();
    for (let outage = 0; outage < 2; outage++) {
      await store.kill();
      const before = { unchecked: Number(await unchecked()), hits: await hits() };
      for (let i = 0; i < 5; i++) expect((await infer()).status).toBe(200);
      // Scrapes pass the same gate, so there may be more.
      expect(Number(await unchecked())).toBeGreaterThanOrEqual(before.unchecked + 5);
      expect(await hits()).toBe(before.hits);
      expect(await ready()).toBe(200);
      await store.start();
      await well();
    }
  });
});

describe.skipIf(redisProgram === undefined)("features in a Redis that came back empty", () => {
  const folders = temporaryFolders();
  afterAll(() => folders.removeAll());

  test("make the server unready without a call or an event, and ready again after its restart", async () => {
    const store = await redisServer();
    await store.start();
    onTestFinished(() => store.remove());
    const named = edited(tripsConfig, "rate, t, view,", "rate, redis, t, view,");
    const models = "models: [lateTrip]";
    const config = edited(named, models, `${models}, storage: { online: redis({ url: "${store.url}" }) }`);
    const folder = await folders.project({ config });
    await runJson(folder, ["train"]);
    const serve = async () => {
      const server = await startServer(folder, "--as-of", "2024-01-20T00:00:00Z");
      onTestFinished(() => void server.running.child.kill("SIGKILL"));
      return server;
    };
    const server = await serve();
    const ready = async () => (await server.get("/health/ready")).status;
    expect(await ready()).toBe(200);
    const client = new Redis(store.url);
    onTestFinished(() => client.disconnect());
    await client.flushall();
    await until(async () => (await ready()) === 503);
    expect((await server.get("/health/ready")).body).toMatchObject({
      reasons: [expect.stringMatching(/^MW0306 /) as string],
    });
    const { at, city, vehicle, distance } = defaultTrips[defaultTrips.length - 1];
    const predict = ({ post }: Server) =>
      post<Prediction & Refused>("/v1/models/late-trip/predict", { at, city, vehicle, distance });
    expect(await predict(server)).toMatchObject({ status: 503, body: { error: { code: "MW0306" } } });
    expect(await ready()).toBe(503);
    await server.stop();

    const again = await serve();
    expect((await again.get("/health/ready")).status).toBe(200);
    expect((await predict(again)).status).toBe(200);
    await again.stop();
  });
});

const prlimit = requireProgram("prlimit", "apt-get install util-linux");

describe.skipIf(prlimit === undefined)("MillwrightNotWriting", () => {
  const folders = temporaryFolders();
  let folder = "";
  beforeAll(async () => {
    folder = await folders.project();
    await runJson(folder, ["train"]);
  });
  afterAll(() => folders.removeAll());

  test("predictions are refused while the disk is full, and logged again once there is room, without a restart", async () => {
    // A limit that the process may raise again: no file grows beyond 40 KiB until then.
    const script = `trap '' XFSZ; ulimit -S -f 40; exec "$0" "$@"`;
    const args = ["serve", "--port", "0", "--json", "--quiet"];
    const server = await listening(
      folder,
      start("bash", ["-c", script, process.execPath, commandPath, ...args], folder),
    );
    onTestFinished(() => void server.running.child.kill("SIGKILL"));
    const { at, city, vehicle, distance } = defaultTrips[defaultTrips.length - 1];
    const predict = () =>
      server.post<Prediction & Refused>("/v1/models/late-trip/predict", { at, city, vehicle, distance });
    let answered = 0;
    await until(async () => {
      const { status } = await predict();
      if (status === 200) answered++;
      return status === 507;
    });
    for (let i = 0; i < 5; i++) expect(await predict()).toMatchObject({ status: 507 });
    const refused = () => sample(server.url, 'millwright_errors_total{code="MW1003"}');
    expect(await refused()).toBe(6);
    expect((await server.get("/health/ready")).status).toBe(200);

    execFileSync(prlimit as string, ["--pid", String(server.running.child.pid), "--fsize=unlimited"]);
    for (let i = 0; i < 5; i++) expect((await predict()).status).toBe(200);
    expect(await refused()).toBe(6);
    const { code, stderr } = await server.stop();
    expect(code).toBe(0);
    const lines = stderr.split("\n").filter((line) => line.includes('"level":50'));
    expect(lines[0]).toContain("EFBIG");
    expect(await runJson(folder, ["features", "verify"])).toMatchObject({
      predictions: answered + 5,
      mismatches: 0,
    });
  });
});
