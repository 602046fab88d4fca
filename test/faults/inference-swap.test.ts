import { afterAll, beforeAll, expect, test } from "vitest";
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scalingGraph } from "../../src/inference/tensor-graphs.testing.js";
import { stepGraph } from "../../src/inference/stream/step-graphs.testing.js";
import { floatOutputs } from "../../src/serving/grpc/grpc-server.testing.js";
import {
  ask,
  floatsBody,
  floatsCall,
  numbersOf,
  serveInference,
  until,
  type InferenceServer,
} from "../support/inference-server.js";

/** Versions that come and go under load. Version v of `scale` multiplies by v + 1, so that an answer tells its version. */

let server: InferenceServer;
const streamSteps = 3000;
const stream = {
  ...{ steps: streamSteps, feed: { next: "state", count: "turn" } },
  ...{ emit: ["next", "count"], stop: "done" },
} as const;

beforeAll(async () => {
  const scales = [2, 3, 4].map((scale) => ({ name: "scale", graph: scalingGraph(scale) }));
  const steps = [stepGraph(100), stepGraph(200)].map((graph) => ({ name: "steps", graph }));
  server = await serveInference([...scales, ...steps], { serving: { models: { steps: { stream } } } });
});
afterAll(() => server.close());

/** One answer: the factor that it was computed with, by its outputs, and the version that it names. */
interface Seen {
  readonly factors: readonly number[];
  readonly version: unknown;
}

const values = [1, 2, 3, 4, 5, 6] as const;
const total = 21;

const factorsOf = (y: readonly (number | null)[], sum: readonly (number | null)[]): number[] => [
  ...y.map((value, i) => (value ?? NaN) / values[i]),
  (sum[0] ?? NaN) / total,
];

async function overHttp(): Promise<Seen | string> {
  const answer = await ask(`${server.url}/v2/models/scale/infer`, floatsBody("x", [3, 2], values));
  if (answer.status !== 200) return `${answer.status} ${answer.code}`;
  const factors = factorsOf(numbersOf(answer, "y") ?? [], numbersOf(answer, "sum") ?? []);
  return { factors, version: answer.body.model_version };
}

async function overGrpc(client: ReturnType<InferenceServer["client"]>): Promise<Seen | string> {
  const outcome = await client.call("ModelInfer", floatsCall("scale", ["x", [3, 2]], values));
  if (!("answer" in outcome)) return `${outcome.status} ${outcome.code}`;
  const { y, sum } = floatOutputs(outcome.answer);
  return { factors: factorsOf(y, sum), version: outcome.answer.model_version };
}

/** Callers that ask one request after another, until told to stop; what they were answered. */
function hammer(count = 16) {
  let stopped = false;
  const seen: (Seen | string)[] = [];
  const client = server.client();
  const callers = Array.from({ length: count }, async (_, i) => {
    while (!stopped) seen.push(await (i % 2 === 0 ? overHttp() : overGrpc(client)));
  });
  return {
    seen,
    async stop() {
      stopped = true;
      await Promise.all(callers);
      return seen;
    },
  };
}

const load = (model: string, version: string) =>
  ask(`${server.url}/v2/repository/models/${model}/load`, { parameters: { version } });

/** No answer is of two versions, and each names its own. */
function expectWhole(seen: readonly (Seen | string)[]): void {
  const wrong = seen.filter(
    (one) => typeof one === "string" || one.factors.some((factor) => factor !== Number(one.version) + 1),
  );
  expect(wrong).toEqual([]);
}

test("a swap under load over HTTP and gRPC fails no request, and every answer is of one version", async () => {
  const load1 = hammer();
  for (let round = 0; round < 4; round++) {
    const before = load1.seen.length;
    await until(() => load1.seen.length > before + 60);
    const version = String(1 + (round % 3));
    expect(await load("scale", version)).toMatchObject({ status: 200, body: { version } });
    // Only one is left: what was replaced is out of memory.
    expect(server.host.ready().filter(({ name }) => name === "scale")).toHaveLength(1);
  }
  const seen = await load1.stop();
  expectWhole(seen);
  const versions = new Set(seen.map((one) => (typeof one === "string" ? one : one.version)));
  expect(versions).toEqual(new Set(["1", "2", "3"]));
});

test("what a replaced version held is disposed: who kept hold of it is told", async () => {
  await load("scale", "1");
  const old = server.host.find("scale");
  await load("scale", "2");
  const x = { dtype: "float32", shape: [1, 2], data: Float32Array.of(1, 2) } as const;
  await expect(old.infer({ x })).rejects.toMatchObject({ code: "MW0706" });
});

test("a stream that a swap finds under way goes on to its end with the version it began with", async () => {
  const answer = await fetch(`${server.url}/v2/models/steps/generate_stream`, {
    method: "POST",
    body: JSON.stringify({ state: 1, factor: 1, turn: 0 }),
  });
  const counts: unknown[] = [];
  let swap: ReturnType<typeof load> | undefined;
  let countAtSwap = Infinity;
  let text = "";
  for await (const bytes of answer.body as ReadableStream<Uint8Array>) {
    text += new TextDecoder().decode(bytes);
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const step = JSON.parse(event.slice("data: ".length)) as {
        readonly count: unknown;
        readonly model_version: unknown;
      };
      expect(step).toMatchObject({ model_version: "1" });
      counts.push(step.count);
    }
    swap ??= load("steps", "2");
    if (server.host.find("steps").version === "2") countAtSwap = Math.min(countAtSwap, counts.length);
  }
  expect(counts).toEqual(Array.from({ length: streamSteps }, (_, i) => i + 1));
  expect(countAtSwap).toBeLessThan(streamSteps);
  expect(await swap).toMatchObject({ status: 200 });
});

test("unloading under load: requests are answered or refused with a code, and none hangs", async () => {
  const { seen, stop } = hammer(6);
  for (let round = 0; round < 2; round++) {
    const before = seen.length;
    await until(() => seen.length > before + 60);
    expect(await ask(`${server.url}/v2/repository/models/scale/unload`, {})).toMatchObject({ status: 200 });
    const refused = () => seen.slice(before).filter((one) => typeof one === "string").length;
    await until(() => refused() > 20);
    expect(await load("scale", "1")).toMatchObject({ status: 200 });
  }
  const all = await stop();
  expectWhole(all.filter((one) => typeof one !== "string"));
  // UNAVAILABLE is 14 over gRPC.
  expect(new Set(all.filter((one) => typeof one === "string"))).toEqual(new Set(["503 MW1161", "14 MW1161"]));
});

test("a version whose package is damaged does not load, and everything is as before", async () => {
  await load("scale", "1");
  const { packageId } = await server.project.registry.resolve("scale", "3");
  const manifest = JSON.parse(new TextDecoder().decode(await server.project.blobs.get(packageId))) as object;
  const hash = /"model\.onnx":\{?[^}]*?([0-9a-f]{64})/.exec(JSON.stringify(manifest))?.[1] ?? "";
  const file = await blobFile(hash);
  const whole = await readFile(file);
  await chmod(file, 0o600);
  await writeFile(
    file,
    whole.map((byte, i) => (i === whole.length - 1 ? byte ^ 1 : byte)),
  );
  const { seen, stop } = hammer();
  try {
    for (let round = 0; round < 3; round++) {
      const answer = await load("scale", "3");
      expect([answer.status >= 400, answer.code]).toEqual([true, expect.stringMatching(/^MW06/) as string]);
    }
    await until(() => seen.length > 60);
  } finally {
    await writeFile(file, whole);
  }
  const all = await stop();
  expectWhole(all);
  expect(new Set(all.map((one) => (typeof one === "string" ? one : one.version)))).toEqual(new Set(["1"]));
  expect(await load("scale", "3")).toMatchObject({ status: 200, body: { version: "3" } });
});

async function blobFile(hash: string): Promise<string> {
  const root = join(server.folder, ".millwright", "blobs");
  const files = (await readdir(root, { recursive: true })).filter((name) =>
    name.replaceAll("/", "").includes(hash),
  );
  if (files.length !== 1) throw new Error(`${files.length} files hold ${hash}`);
  return join(root, files[0]);
}
