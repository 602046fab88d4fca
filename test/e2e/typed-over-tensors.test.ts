import { afterAll, beforeAll, expect, test } from "vitest";
import { openProject } from "../../src/compose/index.js";
import { systemClock } from "../../src/kernel/index.js";
import {
  hostModels,
  openLiveProject,
  train,
  type LiveProject,
  type ModelHost,
  type Prediction,
  type Project,
} from "../../src/lifecycle/index.js";
import { PlainClient } from "../../src/serving/grpc/grpc-server.testing.js";
import { startServers, type Servers } from "../../src/serving/index.js";
import { ask } from "../support/inference-server.js";
import { edited, temporaryFolders, tripsConfig } from "../support/trips.js";

/** Models of features over the tensor protocols: what they answer is what the typed API answers. */

const model = (name: string, options: string) => `
model("${name}", {
  matureAfter: "1d",
  spine: trips.at("at"),
  features: { request: { at: t.timestamp(), distance: t.int().between(1, 500), rain: t.float().optional() } },
  split: byTime({ trainShare: 0.7 }),
  trainer: gbdt({ trees: 4, leaves: 4 }),
  ${options}
})`;
const models = [
  model("late", 'task: "binary", label: (f) => f.delay.gt(5), sets: sure, gates: [atLeast("auc", 0.01)],'),
  model("delay", 'task: "regression", label: (f) => f.delay, intervals: sure, gates: [atMost("rmse", 1e9)],'),
  model(
    "vehicle",
    `task: "multiclass", label: (f) => f.vehicle, classes: ["bike", "truck", "van"], sets: sure,
     gates: [atLeast("accuracy", 0.01)],`,
  ),
  model("plain", 'task: "regression", label: (f) => f.delay, gates: [atMost("rmse", 1e9)],'),
  model("wet", 'task: "regression", label: (f) => f.delay, gates: [atMost("rmse", 1e9)],').replace(
    ".optional()",
    "",
  ),
];
const serving = `
  serving: {
    models: {
      late: { pricePerPrediction: 0.25 },
      plain: { timeoutMs: 1000, maxConcurrent: 1, fallback: [{ default: { value: 7 } }] },
    },
  },`;
const config = edited(
  edited(tripsConfig, "models: [lateTrip]", `models: [${models.join(",")}],${serving}`),
  "atLeast, byTime,",
  "atLeast, atMost, byTime, conformal,",
).replace("export default", "const sure = conformal({ coverage: 0.8 });\nexport default");

const folders = temporaryFolders();
let project: Project;
let live: LiveProject;
let host: ModelHost;
let servers: Servers;
let client: PlainClient;

beforeAll(async () => {
  project = await openProject(await folders.project({ config }));
  for (const { name } of project.models) await train(project, name);
  live = await openLiveProject(project, { live: "default" });
  host = await hostModels(project, live);
  const quiet = { info: () => undefined, error: () => undefined };
  servers = await startServers(
    { live, host, gate: undefined, server: project.producer },
    { http: { clock: systemClock, log: quiet }, grpcPort: 0 },
  );
  client = new PlainClient(servers.grpcUrl ?? "");
});
afterAll(async () => {
  client.close();
  await servers.close();
  await host.close();
  await live.close();
  await project.close();
  await folders.removeAll();
});

const rows = [
  { at: "2024-01-20T09:00:00Z", distance: 10, rain: 2.5 },
  { at: "2024-01-20T21:00:00Z", distance: 400, rain: 7.5 },
  { at: "2024-01-20T14:00:00Z", distance: 200, rain: 0 },
];

/** The typed API's answers. */
async function typed(name: string): Promise<readonly Prediction[]> {
  const { status, body } = await ask(
    `${servers.url}/v1/models/${name}/predict`,
    { rows },
    { headers: { "content-type": "application/json" }, method: "POST", body: JSON.stringify({ rows }) },
  );
  expect(status).toBe(200);
  return body.predictions as readonly Prediction[];
}

const tensorBody = {
  inputs: [
    { name: "at", datatype: "BYTES", shape: [rows.length], data: rows.map(({ at }) => at) },
    { name: "distance", datatype: "INT64", shape: [rows.length], data: rows.map(({ distance }) => distance) },
    { name: "rain", datatype: "FP64", shape: [rows.length], data: rows.map(({ rain }) => rain) },
  ],
};
const tensorMessage = (name: string) => ({
  model_name: name,
  inputs: [
    { ...tensorBody.inputs[0], contents: { bytes_contents: rows.map(({ at }) => Buffer.from(at)) } },
    { ...tensorBody.inputs[1], contents: { int64_contents: rows.map(({ distance }) => distance) } },
    { ...tensorBody.inputs[2], contents: { fp64_contents: rows.map(({ rain }) => rain) } },
  ].map(({ name: input, datatype, shape, contents }) => ({ name: input, datatype, shape, contents })),
});

type Spec = Readonly<Record<"name" | "datatype", string>> & { readonly shape: readonly (number | string)[] };
type Column = readonly unknown[];

/** Outputs over HTTP, each as its elements. */
async function overHttp(name: string): Promise<Readonly<Record<string, Column>>> {
  const { status, body } = await ask(`${servers.url}/v2/models/${name}/infer`, tensorBody);
  expect(status).toBe(200);
  const outputs = body.outputs as readonly (Spec & { readonly data: Column })[];
  return Object.fromEntries(outputs.map((output) => [output.name, output.data]));
}

/** The same over gRPC, from their bytes. */
async function overGrpc(name: string): Promise<Readonly<Record<string, Column | "texts">>> {
  const outcome = await client.call("ModelInfer", tensorMessage(name));
  if (!("answer" in outcome)) throw new Error(outcome.text);
  const { outputs, raw_output_contents: raw } = outcome.answer as {
    readonly outputs: readonly Spec[];
    readonly raw_output_contents: readonly Buffer[];
  };
  return Object.fromEntries(
    outputs.map((output, i): [string, Column | "texts"] => {
      const bytes = Uint8Array.from(raw[i]);
      if (output.datatype === "FP32") return [output.name, [...new Float32Array(bytes.buffer)]];
      if (output.datatype === "BOOL") return [output.name, [...bytes].map((byte) => byte === 1)];
      return [output.name, "texts"];
    }),
  );
}

async function metadata(name: string): Promise<{ readonly http: unknown; readonly grpc: unknown }> {
  const http = (await ask(`${servers.url}/v2/models/${name}`)).body.outputs;
  const outcome = await client.call("ModelMetadata", { name });
  const outputs = ("answer" in outcome ? outcome.answer.outputs : []) as readonly Spec[];
  return { http, grpc: outputs.map((output) => ({ ...output, shape: output.shape.map(Number) })) };
}

const vehicles = ["bike", "truck", "van"];

test.each<[name: string, certainty: Spec, columns: (prediction: Prediction) => readonly unknown[]]>([
  [
    "late",
    { name: "set", datatype: "BOOL", shape: [-1, 2] },
    ({ set = [] }) => [set.includes(false), set.includes(true)],
  ],
  ["delay", { name: "interval", datatype: "FP32", shape: [-1, 2] }, ({ interval = [] }) => [...interval]],
  [
    "vehicle",
    { name: "set", datatype: "BOOL", shape: [-1, 3] },
    ({ set = [] }) => vehicles.map((vehicle) => set.includes(vehicle)),
  ],
])("%s says how sure it is as the typed API does, over HTTP and gRPC", async (name, certainty, columns) => {
  const told = await metadata(name);
  expect(told.http).toContainEqual(certainty);
  expect(told.grpc).toEqual(told.http);
  const predictions = await typed(name);
  const expected = predictions.flatMap(columns);
  expect(expected).toHaveLength(rows.length * Number(certainty.shape[1]));
  for (const outputs of [await overHttp(name), await overGrpc(name)]) {
    expect(outputs[certainty.name]).toEqual(expected);
    if (name === "delay") expect(outputs.value).toEqual(predictions.map(({ value }) => value));
  }
});

test("a model that declares nothing has no such output", async () => {
  const { http } = await metadata("plain");
  expect((http as readonly Spec[]).map(({ name }) => name)).toEqual(["value", "prediction_id"]);
});

test("metadata, configuration and statistics are the same over both protocols", async () => {
  const { body: server } = await ask(`${servers.url}/v2`);
  expect(await client.call("ServerMetadata", {})).toEqual({ answer: server });
  const { body: config } = await ask(`${servers.url}/v2/models/late/config`);
  expect(config).toMatchObject({ version_policy: { specific: { versions: [1] } } });
  expect(await client.call("ModelConfig", { name: "late" })).toMatchObject({
    answer: { config: { name: "late", version_policy: { specific: { versions: ["1"] } } } },
  });
  const { body } = await ask(`${servers.url}/v2/models/late/stats`);
  const [{ inference_count: count }] = body.model_stats as readonly { readonly inference_count: number }[];
  expect(await client.call("ModelStatistics", { name: "late" })).toMatchObject({
    answer: { model_stats: [{ inference_count: String(count) }] },
  });
});

test("cost, and what stood in, are counted whichever way a model was asked", async () => {
  const figure = async (line: string): Promise<number> => {
    const text = await (await fetch(`${servers.url}/metrics`)).text();
    return Number(
      text
        .split("\n")
        .find((one) => one.startsWith(`${line} `))
        ?.split(" ")
        .at(-1) ?? 0,
    );
  };
  const asked = (protocol: string) =>
    figure(`millwright_predictions_total{model="late",version="1",protocol="${protocol}"}`);
  const [v1, v2, grpc] = await Promise.all(["v1", "v2", "grpc"].map(asked));
  const cost = 'millwright_prediction_cost_total{model="late",version="1"}';
  const before = await figure(cost);
  await typed("late");
  expect(await figure(cost)).toBeCloseTo(before + 0.25 * rows.length);
  await overHttp("late");
  await overGrpc("late");
  expect(await figure(cost)).toBeCloseTo(before + 3 * 0.25 * rows.length);
  // Rows, whether they came one by one or as tensors.
  expect(await Promise.all(["v1", "v2", "grpc"].map(asked))).toEqual([
    ...[v1 + rows.length, v2 + rows.length, grpc + rows.length],
  ]);

  // One call at once: of three rows two are refused, and the default answers.
  const fallbacks = 'millwright_fallbacks_total{model="plain",version="1",because="MW0717"}';
  const predictions = await typed("plain");
  const stoodIn = predictions.filter(({ fallback }) => fallback?.by === "default").length;
  expect(stoodIn).toBeGreaterThan(0);
  expect(await figure(fallbacks)).toBe(stoodIn);
  await overHttp("plain");
  await overGrpc("plain");
  expect(await figure(fallbacks)).toBe(stoodIn + 2);
});

test("refusals over gRPC are counted among the errors", async () => {
  const count = async () =>
    Number(
      /millwright_errors_total\{code="MW1160"\} (\d+)/.exec(
        await (await fetch(`${servers.url}/metrics`)).text(),
      )?.[1] ?? 0,
    );
  const before = await count();
  const nobody = { model_name: "nobody" };
  expect(await client.call("ModelInfer", nobody)).toMatchObject({ status: 5, code: "MW1160" });
  expect(await client.call("ModelMetadata", { name: "nobody" })).toMatchObject({ code: "MW1160" });
  expect(await client.call("RepositoryModelLoad", nobody)).toMatchObject({ code: "MW1160" });
  expect(await count()).toBe(before + 3);
});

const problem = async (name: string, input: object, of = "late") => {
  const inputs = tensorBody.inputs.map((one) => (one.name === name ? { ...one, ...input } : one));
  const { body } = await ask(`${servers.url}/v2/models/${of}/infer`, { inputs });
  return String(body.error);
};

test("what a model of features does not take is told in the protocol's words, over both protocols", async () => {
  const text = 'expected input "rain" with datatype FP64 and shape [-1]; found datatype INT64 and shape [3].';
  expect(await problem("rain", { datatype: "INT64", data: [1, 2, 3] })).toContain(text);
  expect(await problem("rain", { name: "rains" })).toContain('found input "rains". Did you mean "rain"?');
  expect(await problem("rain", { shape: [1], data: [1] })).toContain(
    'expected input "rain" with datatype FP64 and shape [3]; found datatype FP64 and shape [1].',
  );
  const outcome = await client.call("ModelInfer", {
    model_name: "late",
    inputs: [{ name: "rain", datatype: "INT64", shape: [3], contents: { int64_contents: [1, 2, 3] } }],
  });
  expect("text" in outcome ? outcome.text : "").toContain(
    'expected input "at" with datatype BYTES and shape [-1]; found no such input.',
  );
});

test("NaN and Infinity are told as such", async () => {
  expect(await problem("rain", { data: [1, "NaN", 3] }, "wet")).toContain(
    "rain: expected a finite number, found NaN",
  );
  expect(await problem("rain", { data: [1, "-Infinity", 3] })).toContain("found -Infinity");
});

test("bytes that do not fit are explained without a word of HTTP", async () => {
  const [input] = tensorBody.inputs;
  const outcome = await client.call("ModelInfer", {
    model_name: "late",
    inputs: [{ name: input.name, datatype: "FP32", shape: [2] }],
    raw_input_contents: [Buffer.alloc(3)],
  });
  expect(outcome).toMatchObject({ status: 3, code: "MW0819" });
  expect("text" in outcome ? outcome.text : "").toMatch(/8 bytes.*Send each input's bytes/s);
  expect("text" in outcome ? outcome.text : "").not.toMatch(/header|JSON/i);
});
