import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, onTestFinished, test } from "vitest";
import { redis } from "../../src/compose/index.js";
import { scalingGraph } from "../../src/inference/tensor-graphs.testing.js";
import { systemClock } from "../../src/kernel/index.js";
import { floatOutputs } from "../../src/serving/grpc/grpc-server.testing.js";
import { commandPath, runJson, start, type Running } from "../support/command.js";
import {
  ask,
  floatsBody,
  floatsCall,
  numbersOf,
  serveInference,
  until,
} from "../support/inference-server.js";
import { redisProgram, redisServer } from "../support/redis-server.js";
import { temporaryFolders } from "../support/trips.js";

/** What stands behind the inference server fails, or the date is set: y = 2x goes on. */

const graphs = [{ name: "scale", graph: scalingGraph(2) }];
const body = floatsBody("x", [1, 2], [3, 4]);
const call = floatsCall("scale", ["x", [1, 2]], [3, 4]);

describe.skipIf(redisProgram === undefined)("a Redis for rate limits and answers that is gone", () => {
  test.each(["serve", "refuse"] as const)("onFailure %s", async (onFailure) => {
    const store = await redisServer();
    await store.start();
    onTestFinished(() => store.remove());
    const at = redis({ url: store.url, timeoutMs: 500 }) as { readonly kind: "redis"; readonly url: string };
    const limits = { anonymous: { perSecond: 1000, burst: 1000 }, store: at, onFailure };
    const server = await serveInference(graphs, {
      serving: {
        access: { anonymous: ["*"], limits },
        cacheStore: at,
        models: { scale: { cache: {} } },
      },
    });
    onTestFinished(() => server.close());
    const client = server.client();
    const infer = () => ask(`${server.url}/v2/models/scale/infer`, body);
    await until(async () => {
      const { parameters } = (await infer()).body as {
        readonly parameters?: Readonly<Record<string, unknown>>;
      };
      return parameters?.millwright_origin === "cache";
    });
    for (const fail of [() => store.kill(), () => Promise.resolve(store.pause())]) {
      await fail();
      for (let i = 0; i < 4; i++) {
        const [http, grpc] = [await infer(), await client.call("ModelInfer", call)];
        if (onFailure === "serve") {
          expect([http.status, numbersOf(http, "y")]).toEqual([200, [6, 8]]);
          expect("answer" in grpc && floatOutputs(grpc.answer).y).toEqual([6, 8]);
        } else {
          expect(http).toMatchObject({ status: 503, code: "MW1614" });
          expect(http.headers.get("retry-after")).toBe("1");
          expect(grpc).toMatchObject({ status: 14, code: "MW1614" });
        }
      }
      store.resume();
      await store.kill();
      await store.start();
      await until(async () => (await infer()).status === 200);
    }
  });
});

describe("a full disk while the audit trail is written", () => {
  const folders = temporaryFolders();
  const started: Running[] = [];
  afterEach(() => {
    for (const { child } of started) child.kill("SIGKILL");
  });
  afterAll(() => folders.removeAll());

  test.each(["serve", "refuse"] as const)("onFailure %s", async (onFailure) => {
    const config = `
import { defineProject } from "millwright";
const access = { anonymous: ["*"], audit: { onFailure: "${onFailure}" } };
export default defineProject({ name: "tensors", models: [], serving: { access } });
`;
    const folder = await folders.make({ "millwright.config.ts": config });
    writeFileSync(join(folder, "scale.onnx"), scalingGraph(2));
    await runJson(folder, ["models", "import", "scale.onnx"]);
    // No file may grow beyond 40 KiB: a write stops short and the next fails. SIGXFSZ is ignored, or it would end the
    // server.
    const script = `trap '' XFSZ; ulimit -f 40; exec "$0" "$@"`;
    const args = ["serve", "--port", "0", "--json", "--quiet", "--model", "scale@1"];
    const running = start("bash", ["-c", script, process.execPath, commandPath, ...args], folder);
    started.push(running);
    const { url } = JSON.parse(await running.firstLine) as { readonly url: string };
    const seen = new Map<string, number>();
    for (let i = 0; i < 700; i++) {
      const answer = await ask(`${url}/v2/models/scale/infer`, body);
      const name = `${answer.status} ${answer.code}`;
      seen.set(name, (seen.get(name) ?? 0) + 1);
    }
    expect(seen.get("200 null") ?? 0).toBeGreaterThan(50);
    if (onFailure === "serve") expect([...seen.keys()]).toEqual(["200 null"]);
    else expect([...seen.keys()].sort()).toEqual(["200 null", "503 MW1614"]);
    expect(await ask(`${url}/health/live`)).toMatchObject({ status: 200 });
    expect(await ask(`${url}/metrics`)).toMatchObject({ status: 200 });
    running.child.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
  });
});

test("a date that is set forth and back by years changes no deadline and loses no request", async () => {
  let jumpMs = 0;
  const clock = { nowMs: () => systemClock.nowMs() + jumpMs, monotonicMs: () => systemClock.monotonicMs() };
  const server = await serveInference(graphs, {
    clock,
    serving: { models: { scale: { timeoutMs: 60_000 } } },
  });
  onTestFinished(() => server.close());
  const client = server.client();
  const yearMs = 365 * 86_400_000;
  for (const years of [0, 3, -3, 0]) {
    jumpMs = years * yearMs;
    const wishes = { parameters: { timeout: 9_000_000 } };
    const http = await ask(`${server.url}/v2/models/scale/infer`, { ...body, ...wishes });
    expect([http.status, numbersOf(http, "y")]).toEqual([200, [6, 8]]);
    const parameters = { timeout: { int64_param: 9_000_000 } };
    const grpc = await client.call("ModelInfer", { ...call, parameters }, { deadlineMs: 60_000 });
    expect("answer" in grpc && floatOutputs(grpc.answer).y).toEqual([6, 8]);
  }
});
