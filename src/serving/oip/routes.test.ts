import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { MillwrightError } from "../../kernel/index.js";
import { serveOip, type OipServer } from "./oip-server.testing.js";
import { oipRoutes } from "./route-table.js";

const json = { "content-type": "application/json" };

async function get({ url }: OipServer, path: string) {
  const response = await fetch(url + path);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function post({ url }: OipServer, path: string, body: unknown, headers: Record<string, string> = json) {
  const sent = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await fetch(url + path, { method: "POST", body: sent, headers });
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  const parsed: unknown = isJson ? JSON.parse(bytes.toString()) : undefined;
  return { status: response.status, headers: response.headers, bytes, body: parsed };
}

const rows = (...data: number[]) => ({
  inputs: [{ name: "x", shape: [data.length / 2, 2], datatype: "FP32", data }],
});

describe("a caller that gives less time than the server", () => {
  it("is answered when it is over, and what would come later is dropped", async () => {
    const server = await serveOip();
    let go = (): void => undefined;
    const waits = new Promise<void>((resolve) => (go = resolve));
    server.host.before = () => waits;
    const late = { ...rows(1, 2), parameters: { timeout: 30_000 } };
    const answer = await post(server, "/v2/models/scale/infer", late);
    expect(answer).toMatchObject({
      status: 503,
      body: { error: expect.stringMatching(/^MW0808 .*within 30 ms/) as string },
    });
    go();
    server.host.before = () => undefined;
    expect((await post(server, "/v2/models/scale/infer", rows(1, 2))).status).toBe(200);
    expect(server.answered).toHaveLength(1);
  });
});

describe("the server", () => {
  it("tells what it is and which extensions work", async () => {
    const server = await serveOip();
    expect(await get(server, "/v2")).toMatchObject({
      status: 200,
      body: {
        name: "millwright",
        version: "1.2.3",
        extensions: expect.arrayContaining(["binary_tensor_data"]) as unknown,
      },
    });
  });

  it("is live, and ready when it is", async () => {
    const server = await serveOip();
    expect(await get(server, "/v2/health/live")).toMatchObject({ status: 200, body: { live: true } });
    expect(await get(server, "/v2/health/ready")).toMatchObject({ status: 200, body: { ready: true } });
    const busy = await serveOip({
      readiness: () => ({ ready: false, reasons: ["it warms up", "it waits"] }),
    });
    expect(await get(busy, "/v2/health/ready")).toMatchObject({
      ...{ status: 503, body: { ready: false, error: "it warms up; it waits" } },
    });
  });
});

describe("a model", () => {
  it("tells its signature, with the ready versions", async () => {
    const server = await serveOip();
    const { body } = await get(server, "/v2/models/scale");
    expect(body).toEqual({
      name: "scale",
      versions: ["1", "2"],
      platform: "onnxruntime_onnx",
      inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
      outputs: [
        { name: "y", datatype: "FP32", shape: [-1, 2] },
        { name: "sum", datatype: "FP32", shape: [] },
      ],
    });
    expect(await get(server, "/v2/models/scale/versions/1")).toMatchObject({ body: { versions: ["1"] } });
  });

  it("tells its configuration; shapes are those of one row where it batches", async () => {
    const server = await serveOip();
    expect(await get(server, "/v2/models/scale/config")).toMatchObject({
      body: {
        name: "scale",
        backend: "onnxruntime",
        max_batch_size: 8,
        input: [{ name: "x", data_type: "TYPE_FP32", dims: [2] }],
        output: [{ name: "y", dims: [2] }, { name: "sum" }],
      },
    });
    expect(await get(server, "/v2/models/steps/config")).toMatchObject({
      body: { max_batch_size: 0, input: [{ dims: [-1, 1] }, { dims: [-1, 1] }, { data_type: "TYPE_INT64" }] },
    });
    expect(await get(server, "/v2/models/types/versions/1/config")).toMatchObject({
      body: {
        input: expect.arrayContaining<unknown>([
          expect.objectContaining({ name: "string", data_type: "TYPE_STRING" }),
        ]) as unknown,
      },
    });
  });

  it("is ready, unready or unknown", async () => {
    const server = await serveOip();
    expect(await get(server, "/v2/models/log/ready")).toMatchObject({
      ...{ status: 200, body: { name: "log", ready: true } },
    });
    await server.host.unload("log");
    const unready = await get(server, "/v2/models/log/versions/1/ready");
    expect(unready).toMatchObject({ status: 503, body: { name: "log", ready: false } });
    expect(unready.headers.get("millwright-code")).toBe("MW1161");
    expect(await get(server, "/v2/models/nobody/ready")).toMatchObject({ status: 404 });
  });

  it("counts in nanoseconds", async () => {
    const server = await serveOip();
    await post(server, "/v2/models/scale/infer", rows(1, 2, 3, 4));
    await post(server, "/v2/models/scale/infer", { inputs: [] });
    const twoMs = { count: 1, ns: 2_000_000 };
    const { body } = await get(server, "/v2/models/scale/versions/2/stats");
    expect(body).toMatchObject({
      model_stats: [
        {
          ...{ name: "scale", version: "2", last_inference: 1_700_000_000_000 },
          ...{ inference_count: 2, execution_count: 1 },
          inference_stats: {
            ...{ success: twoMs, fail: twoMs, queue: twoMs, compute_infer: twoMs },
            ...{ compute_input: { count: 1, ns: 0 }, cache_hit: { count: 0, ns: 0 } },
          },
          batch_stats: [{ batch_size: 1, compute_infer: twoMs }],
        },
      ],
    });
    const names = async (path: string) =>
      (
        (await get(server, path)).body as { model_stats: { name: string; version: string }[] }
      ).model_stats.map(({ name, version }) => name + version);
    expect(await names("/v2/models/scale/stats")).toEqual(["scale1", "scale2"]);
    expect(await names("/v2/models/stats")).toEqual([
      "scale1",
      "scale2",
      "types1",
      "half1",
      "log1",
      "steps1",
    ]);
  });
});

describe("the repository", () => {
  it("lists, unloads and loads", async () => {
    const server = await serveOip();
    const index = async (body: unknown) => (await post(server, "/v2/repository/index", body)).body;
    expect(await index("")).toContainEqual({ name: "log", version: "1", state: "READY", reason: "" });
    expect(await post(server, "/v2/repository/models/log/unload", "")).toMatchObject({ status: 200 });
    expect(await index({})).toContainEqual({
      name: "log",
      version: "1",
      state: "UNAVAILABLE",
      reason: "unloaded",
    });
    expect(await index({ ready: true })).not.toContainEqual(expect.objectContaining({ name: "log" }));
    expect(await post(server, "/v2/models/log/infer", rows(1, 2))).toMatchObject({ status: 503 });
    expect(await post(server, "/v2/repository/models/log/load", "")).toMatchObject({
      ...{ status: 200, body: { name: "log", version: "1", state: "READY" } },
    });
    const one = { parameters: { version: "1" } };
    expect(await post(server, "/v2/repository/models/scale/load", one)).toMatchObject({
      body: { version: "1" },
    });
  });

  it("takes no configuration from a caller, and knows no other models", async () => {
    const server = await serveOip();
    const config = { parameters: { config: "{}" } };
    expect(await post(server, "/v2/repository/models/log/load", config)).toMatchObject({ status: 400 });
    expect(await post(server, "/v2/repository/models/nobody/load", "{}")).toMatchObject({ status: 404 });
    expect(await post(server, "/v2/repository/models/nobody/unload", "")).toMatchObject({ status: 404 });
    expect(await post(server, "/v2/repository/index", { ready: 1 })).toMatchObject({ status: 400 });
  });
});

describe("an inference", () => {
  it("is answered as JSON, whatever the content type", async () => {
    const server = await serveOip();
    for (const headers of [json, { "content-type": "application/octet-stream" }, { "content-type": "x/y" }]) {
      const answer = await post(server, "/v2/models/scale/infer", { ...rows(1, 2), id: "a" }, headers);
      expect(answer).toMatchObject({ status: 200 });
      expect(answer.headers.get("content-type")).toContain("application/json");
      expect(answer.body).toEqual({
        ...{ model_name: "scale", model_version: "2", id: "a" },
        outputs: [
          { name: "y", datatype: "FP32", shape: [1, 2], data: [3, 6] },
          { name: "sum", datatype: "FP32", shape: [], data: [9] },
        ],
      });
    }
    expect(server.answered).toHaveLength(3);
    expect(await post(server, "/v2/models/scale/versions/1/infer", rows(1, 2))).toMatchObject({
      body: { model_version: "1", outputs: [{ data: [2, 4] }, { data: [6] }] },
    });
  });

  it("is answered without a content type", async () => {
    const server = await serveOip();
    const body = JSON.stringify(rows(1, 2));
    const request = `POST /v2/models/scale/infer HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    expect(await exchange(server, request)).toContain('"data":[3,6]');
  });

  it("is answered in binary for a raw body, and compressed when it is large and may be", async () => {
    const server = await serveOip();
    const data = Float32Array.from({ length: 20_000 }, (_, i) => i % 7);
    const headers = { "inference-header-content-length": "0", "accept-encoding": "gzip" };
    const body = gzipSync(new Uint8Array(data.buffer));
    const answer = await fetch(`${server.url}/v2/models/scale/infer`, {
      ...{ method: "POST", headers: { ...headers, "content-encoding": "gzip" }, body },
    });
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    const jsonBytes = Number(answer.headers.get("inference-header-content-length"));
    // fetch has decompressed it.
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(JSON.parse(bytes.toString("utf8", 0, jsonBytes))).toMatchObject({
      outputs: [{ shape: [10_000, 2], parameters: { binary_data_size: 80_000 } }, { name: "sum" }],
    });
    expect(bytes.readFloatLE(jsonBytes + 4 * 6)).toBe(18);
    expect(bytes).toHaveLength(jsonBytes + 80_004);
  });

  it("hands priority, deadline and signal on", async () => {
    const server = await serveOip({ clock: { monotonicMs: () => 5000 }, requestTimeoutMs: 1000 });
    await post(server, "/v2/models/scale/infer", {
      ...rows(1, 2),
      parameters: { priority: 3, timeout: 250_000 },
    });
    await post(server, "/v2/models/scale/infer", { ...rows(1, 2), parameters: { timeout: 9_000_000 } });
    expect(server.host.calls).toMatchObject([
      { priority: 2, deadlineMs: 5250 },
      { priority: 0, deadlineMs: 6000 },
    ]);
    // An answered call is not a cancelled one.
    expect(server.host.calls.map(({ signal }) => signal?.aborted)).toEqual([false, false]);
  });

  it("is given up when its caller hangs up", async () => {
    const server = await serveOip();
    const begun = deferred<AbortSignal>();
    server.host.before = ({ signal }) => {
      if (signal === undefined) return;
      begun.resolve(signal);
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    };
    const body = JSON.stringify(rows(1, 2));
    const head = `POST /v2/models/scale/infer HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`;
    const socket = await open(server, head + body);
    const signal = await begun.promise;
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
    socket.destroy();
    await aborted;
    expect(signal.aborted).toBe(true);
  });
});

describe("what is refused", () => {
  const cases: [what: string, path: string, body: unknown, status: number, code: string][] = [
    ["malformed JSON", "/v2/models/scale/infer", "{", 400, "MW0817"],
    ["no body", "/v2/models/scale/infer", "", 400, "MW0817"],
    ["an unknown model", "/v2/models/nobody/infer", rows(1, 2), 404, "MW1160"],
    ["an unknown version", "/v2/models/scale/versions/9/infer", rows(1, 2), 404, "MW1160"],
    ["tensors that are not the model's", "/v2/models/log/infer", rows(1, 2), 400, "MW0707"],
    [
      "a float16 output as JSON",
      "/v2/models/half/infer",
      { inputs: [{ ...rows(1, 2).inputs[0], shape: [2] }] },
      400,
      "MW0821",
    ],
    ["a stream of a model that has none", "/v2/models/scale/generate", rows(1, 2), 400, "MW0822"],
  ];
  it.each(cases)("%s", async (...given) => {
    const [, path, body, status, code] = given;
    const server = await serveOip();
    const answer = await post(server, path, body);
    expect(answer).toMatchObject({ status, body: { error: expect.stringContaining(code) as string } });
    expect(answer.headers.get("millwright-code")).toBe(code);
    expect(server.refused.map((error) => error.code)).toEqual([code]);
  });

  it.each<[what: string, inputs: readonly object[], text: string]>([
    [
      "a size",
      [{ ...rows(1, 2).inputs[0], shape: [2, 1] }],
      'expected input "x" with datatype FP32 and shape [-1,2]; found datatype FP32 and shape [2,1]. Send name, datatype,',
    ],
    [
      "a datatype",
      [{ name: "x", datatype: "INT64", shape: [1, 2], data: [1, 2] }],
      'expected input "x" with datatype FP32 and shape [-1,2]; found datatype INT64 and shape [1,2].',
    ],
    ["no input", [], 'expected input "x" with datatype FP32 and shape [-1,2]; found no such input.'],
    [
      "a name",
      [{ ...rows(1, 2).inputs[0], name: "X" }],
      'expected the inputs x; found input "X". Did you mean "x"?',
    ],
  ])("%s that the model does not have, in the protocol's words", async (_what, inputs, text) => {
    const server = await serveOip();
    const { body } = await post(server, "/v2/models/scale/infer", { inputs });
    expect(body).toEqual({ error: expect.stringContaining(text) as string });
  });

  it("a bomb", async () => {
    const server = await serveOip();
    const headers = { ...json, "content-encoding": "gzip" };
    const answer = await post(server, "/v2/models/scale/infer", gzipSync(Buffer.alloc(5_000_000)), headers);
    expect(answer).toMatchObject({
      status: 413,
      body: { error: expect.stringContaining("MW0806") as string },
    });
  });

  it("what came too late is 503, as Triton has it", async () => {
    const server = await serveOip();
    server.host.before = () => {
      const facts = { expected: "time", found: "none", remedy: "Wait." };
      throw new MillwrightError("MW0708", { title: "late", exit: 3, http: 504, about: "" }, facts);
    };
    expect(await post(server, "/v2/models/scale/infer", rows(1, 2))).toMatchObject({ status: 503 });
  });
});

it("enters every route of the table through the door, before its body is read", async () => {
  const entered: string[] = [];
  const server = await serveOip({
    enter: (route) => (_request, reply) => {
      entered.push(`${route.method} ${route.path} ${route.scope}`);
      void reply.code(401).send({ error: "no" });
    },
  });
  for (const { method, path } of oipRoutes) {
    const response = await fetch(server.url + path.replaceAll(/\{\w+\}/g, "x"), { method });
    expect(response.status).toBe(401);
  }
  expect(entered).toEqual(oipRoutes.map(({ method, path, scope }) => `${method} ${path} ${scope}`));
});

function open({ url }: OipServer, text: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text, () => resolve(socket)));
    socket.once("error", reject);
  });
}

async function exchange(server: OipServer, text: string): Promise<string> {
  let received = "";
  for await (const chunk of await open(server, text)) received += String(chunk);
  return received;
}

function deferred<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve: (value: Value) => resolve(value) };
}
