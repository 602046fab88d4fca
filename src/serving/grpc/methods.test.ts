import { describe, expect, it } from "vitest";
import type { GrpcDoor } from "./door.js";
import {
  doorOf,
  hostOf,
  refusal,
  scaleModel,
  scaleRequest,
  served,
  serveForAll,
} from "./grpc-server.testing.js";
import { missingMethods } from "./protocol.js";
import { startGrpcServer } from "./server.js";

const grpc = serveForAll();

describe("everything else over gRPC", () => {
  it("tells of itself and its models", async () => {
    expect(await grpc.answerOf("ServerLive", {})).toEqual({ live: true });
    expect(await grpc.answerOf("ServerReady", {})).toEqual({ ready: true });
    expect(await grpc.answerOf("ModelReady", { name: "scale", version: "1" })).toEqual({ ready: true });
    expect(await grpc.answerOf("ModelReady", { name: "scales" })).toEqual({ ready: false });
    expect(await grpc.answerOf("ServerMetadata", {})).toMatchObject({ name: "millwright", version: "1.2.3" });
    expect(await grpc.answerOf("ModelMetadata", { name: "scale" })).toEqual({
      ...{ name: "scale", versions: ["1"], platform: "onnxruntime_onnx" },
      inputs: [{ name: "x", datatype: "FP32", shape: ["-1", "2"] }],
      outputs: [
        { name: "y", datatype: "FP32", shape: ["-1", "2"] },
        { name: "sum", datatype: "FP32", shape: [] },
      ],
    });
    const { config } = await grpc.answerOf("ModelConfig", { name: "scale" });
    expect(config).toMatchObject({ max_batch_size: 8, input: [{ name: "x", data_type: 11, dims: ["2"] }] });
  });

  it("counts", async () => {
    await grpc.answerOf("ModelInfer", scaleRequest([1, 2]));
    const statisticsOf = async (request: object) =>
      (await grpc.answerOf("ModelStatistics", request)).model_stats;
    expect(await statisticsOf({})).toMatchObject([{ name: "scale" }, { name: "every" }]);
    const [{ inference_count: count, inference_stats: stats }] = (await statisticsOf({
      name: "scale",
      version: "1",
    })) as { inference_count: string; inference_stats: object }[];
    expect(stats).toMatchObject({ success: { count, ns: `${Number(count)}000000` }, fail: { count: "0" } });
  });

  it("loads, unloads and lists", async () => {
    expect(await grpc.answerOf("RepositoryModelUnload", { model_name: "every" })).toEqual({});
    expect(await grpc.answerOf("ModelReady", { name: "every" })).toEqual({ ready: false });
    const { models } = await grpc.answerOf("RepositoryIndex", {});
    expect(models).toMatchObject([
      { name: "scale", version: "1", state: "READY", reason: "" },
      { name: "every", version: "1", state: "UNAVAILABLE", reason: "unloaded" },
    ]);
    expect((await grpc.answerOf("RepositoryIndex", { ready: true })).models).toHaveLength(1);
    const parameters = { version: { string_param: "1" } };
    expect(await grpc.answerOf("RepositoryModelLoad", { model_name: "every", parameters })).toEqual({});
    expect(await grpc.answerOf("ModelReady", { name: "every" })).toEqual({ ready: true });
  });

  const notOffered: readonly (readonly [string, object])[] = [
    ["RepositoryModelLoad", { model_name: "scale", parameters: { config: { string_param: "{}" } } }],
    ["RepositoryModelLoad", { model_name: "scale", repository_name: "other" }],
    ...missingMethods.map((method) => [method, {}] as const),
  ];
  it.each(notOffered)("does not offer %s %j", async (method, message) => {
    expect(await grpc.client.call(method, message)).toMatchObject({ status: 12, code: "MW0825" });
  });

  it.each([
    [400, 3],
    [401, 16],
    [403, 7],
    [404, 5],
    [405, 12],
    [408, 4],
    [409, 6],
    [413, 8],
    [422, 3],
    [429, 8],
    [499, 1],
    [500, 13],
    [501, 12],
    [503, 14],
    [504, 4],
  ])("answers what is %i over HTTP with the status %i", async (http, status) => {
    const authenticate = () => Promise.reject(refusal(http, { retryAfterMs: 2500 }));
    await served(doorOf(hostOf(), { authenticate }), async (caller) => {
      const outcome = await caller.call("ServerMetadata", {});
      expect(outcome).toMatchObject({ status, code: "MW1199" });
      const after = "after" in outcome ? outcome.after : undefined;
      expect(after).toBe(http === 429 || http === 503 ? "3" : undefined);
      expect(await caller.call("ServerLive", {})).toEqual({ answer: { live: true } });
    });
  });

  it("asks who calls, with what", async () => {
    const asked: unknown[] = [];
    const authenticate: GrpcDoor["authenticate"] = async ({ header, peer, ...call }) => {
      asked.push({ ...call, key: header("x-api-key"), local: peer.startsWith("127.0.0.1") });
      return "key:1";
    };
    await served(doorOf(hostOf(await scaleModel()), { authenticate }), async (caller) => {
      await caller.call("ModelInfer", scaleRequest([1, 2, 3, 4]));
      await caller.call("RepositoryModelUnload", { model_name: "scale" });
    });
    expect(asked).toEqual([
      { method: "ModelInfer", verb: "predict", model: "scale", rows: 2, local: true },
      { method: "RepositoryModelUnload", verb: "manage", model: "scale", rows: 1, local: true },
    ]);
  });

  it("explains a fault, and what a listener throws changes no answer", async () => {
    const explained: unknown[] = [];
    const host = hostOf(await scaleModel());
    const plain = doorOf(host);
    const door = doorOf(host, {
      explain: (error, method) => {
        explained.push(error);
        return plain.explain(error, method);
      },
      onInferred: () => {
        throw new Error("listener");
      },
    });
    await served(door, async (caller) => {
      expect(await caller.call("ModelInfer", scaleRequest([1, 2]))).toHaveProperty("answer");
    });
    expect(explained).toEqual([new Error("listener")]);
  });

  it("cannot listen twice on one port", async () => {
    await expect(startGrpcServer(doorOf(hostOf()), { port: grpc.server.port })).rejects.toMatchObject({
      code: "MW0815",
    });
    await expect(startGrpcServer(doorOf(hostOf()), { port: -1 })).rejects.toMatchObject({ code: "MW0104" });
    const signal = AbortSignal.abort();
    await expect(startGrpcServer(doorOf(hostOf()), {}, signal)).rejects.toMatchObject({ code: "MW0105" });
  });
});
