import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../kernel/index.js";
import { floatOutputs, scaleRequest, serveForAll } from "./grpc-server.testing.js";
import type { InferRequest } from "./messages.js";
import { inferenceService } from "./protocol.js";
import { readInputs } from "./read-request.js";

const grpc = serveForAll();

describe("inference over gRPC", () => {
  it("answers raw contents with raw contents", async () => {
    const answer = await grpc.answerOf("ModelInfer", scaleRequest([1, 2, 3, 4], { id: "a-7" }));
    expect(answer).toMatchObject({ model_name: "scale", model_version: "1", id: "a-7" });
    expect(answer.outputs).toMatchObject([
      { name: "y", datatype: "FP32", shape: ["2", "2"] },
      { name: "sum", datatype: "FP32", shape: [] },
    ]);
    expect(floatOutputs(answer)).toEqual({ y: [2, 4, 6, 8], sum: [20] });
    expect(grpc.inferred.at(-1)).toMatchObject({
      id: "a-7",
      model: { name: "scale" },
      call: { method: "ModelInfer", verb: "predict", model: "scale", rows: 2 },
    });
  });

  it("takes every type in its own field", () => {
    const contents = {
      float32: ["FP32", { fp32_contents: [0.5, -1] }],
      float64: ["FP64", { fp64_contents: [0.1, 1e300] }],
      int8: ["INT8", { int_contents: [-128, 127] }],
      int16: ["INT16", { int_contents: [-32_768, 32_767] }],
      int32: ["INT32", { int_contents: [-5, 2 ** 31 - 1] }],
      int64: ["INT64", { int64_contents: ["-9007199254740993", "9223372036854775807"] }],
      uint8: ["UINT8", { uint_contents: [0, 255] }],
      uint16: ["UINT16", { uint_contents: [0, 65_535] }],
      uint32: ["UINT32", { uint_contents: [0, 2 ** 32 - 1] }],
      uint64: ["UINT64", { uint64_contents: ["0", "18446744073709551615"] }],
      string: ["BYTES", { bytes_contents: [Buffer.from("hé"), Buffer.from("")] }],
      bool: ["BOOL", { bool_contents: [true, false] }],
    } as const;
    const inputs = Object.entries(contents).map(([name, [datatype, values]]) => ({
      ...{ name, datatype, shape: [2], contents: values },
    }));
    const { requestSerialize, requestDeserialize } = inferenceService.ModelInfer;
    const tensors = readInputs(requestDeserialize(requestSerialize({ inputs })) as InferRequest);
    expect(tensors).toEqual({
      float32: { dtype: "float32", shape: [2], data: Float32Array.of(0.5, -1) },
      float64: { dtype: "float64", shape: [2], data: Float64Array.of(0.1, 1e300) },
      int8: { dtype: "int8", shape: [2], data: Int8Array.of(-128, 127) },
      int16: { dtype: "int16", shape: [2], data: Int16Array.of(-32_768, 32_767) },
      int32: { dtype: "int32", shape: [2], data: Int32Array.of(-5, 2 ** 31 - 1) },
      int64: { dtype: "int64", shape: [2], data: BigInt64Array.of(-9007199254740993n, 2n ** 63n - 1n) },
      uint8: { dtype: "uint8", shape: [2], data: Uint8Array.of(0, 255) },
      uint16: { dtype: "uint16", shape: [2], data: Uint16Array.of(0, 65_535) },
      uint32: { dtype: "uint32", shape: [2], data: Uint32Array.of(0, 2 ** 32 - 1) },
      uint64: { dtype: "uint64", shape: [2], data: BigUint64Array.of(0n, 2n ** 64n - 1n) },
      string: { dtype: "string", shape: [2], data: ["hé", ""] },
      bool: { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) },
    });
  });

  it("gives the outputs that are asked for, in their order", async () => {
    const outputs = [{ name: "sum" }, { name: "y" }];
    const answer = await grpc.answerOf("ModelInfer", scaleRequest([1, 2], { outputs }));
    expect(Object.keys(floatOutputs(answer))).toEqual(["sum", "y"]);
  });

  it.each([
    [{}, 0],
    [{ priority: { int64_param: "1" } }, 0],
    [{ priority: { uint64_param: "3" } }, 2],
    [{ priority: { uint64_param: "10" } }, 9],
    [{ priority: { int64_param: "0" }, mine: { double_param: 1 } }, 0],
  ])("hands priorities of %j on", async (parameters, priority) => {
    await grpc.answerOf("ModelInfer", scaleRequest([1, 2], { parameters }));
    expect(grpc.seen.at(-1)?.priority).toBe(priority);
  });

  it("hands the earliest deadline on", async () => {
    const parameters = { timeout: { int64_param: "2000000" } };
    const beforeMs = systemClock.monotonicMs();
    await grpc.answerOf("ModelInfer", scaleRequest([1, 2], { parameters }));
    const leftMs = (grpc.seen.at(-1)?.deadlineMs ?? NaN) - beforeMs;
    expect(leftMs).toBeGreaterThanOrEqual(2000);
    expect(leftMs).toBeLessThan(10_000);
  });

  const y = { name: "x", datatype: "FP32", shape: [1, 2] };
  it.each([
    [
      "fewer bytes than the shape says",
      scaleRequest([1, 2], { inputs: [{ ...y, shape: [2, 2] }] }),
      "MW0819",
    ],
    ["raw and typed contents", scaleRequest([1, 2], { inputs: [{ ...y, contents: {} }] }), "MW0823"],
    ["raw contents for another number of inputs", scaleRequest([1, 2], { inputs: [] }), "MW0823"],
    ["an input twice", scaleRequest([1, 2], { inputs: [y, y], raw_input_contents: [] }), "MW0823"],
    ["no input", { model_name: "scale" }, "MW0707"],
    ["an unknown input", scaleRequest([1, 2], { inputs: [{ ...y, name: "__proto__" }] }), "MW0707"],
    ["an unknown datatype", scaleRequest([1, 2], { inputs: [{ ...y, datatype: "BF16" }] }), "MW0823"],
    ["another datatype", scaleRequest([1, 2], { inputs: [{ ...y, datatype: "INT32" }] }), "MW0707"],
    ["a negative shape", scaleRequest([1, 2], { inputs: [{ ...y, shape: [-1, -2] }] }), "MW0823"],
    ["2^40 elements", scaleRequest([1, 2], { inputs: [{ ...y, shape: ["1099511627776", 2] }] }), "MW0819"],
    [
      "2^63 - 1 elements",
      scaleRequest([1, 2], { inputs: [{ ...y, shape: [`${2n ** 63n - 1n}`] }] }),
      "MW0823",
    ],
    ["too many dimensions", scaleRequest([1, 2], { inputs: [{ ...y, shape: Array(40).fill(1) }] }), "MW0823"],
    ["FP16 in a field", { model_name: "scale", inputs: [{ ...y, datatype: "FP16" }] }, "MW0823"],
    [
      "fewer elements",
      { model_name: "scale", inputs: [{ ...y, contents: { fp32_contents: [1] } }] },
      "MW0823",
    ],
    ["another field", { model_name: "scale", inputs: [{ ...y, contents: { int_contents: [1] } }] }, "MW0823"],
    [
      "elements that do not fit",
      { model_name: "every", inputs: [{ ...y, datatype: "UINT8", contents: { uint_contents: [1, 256] } }] },
      "MW0823",
    ],
    ["an unknown output", scaleRequest([1, 2], { outputs: [{ name: "z" }] }), "MW0823"],
    ["an output twice", scaleRequest([1, 2], { outputs: [{ name: "y" }, { name: "y" }] }), "MW0823"],
    [
      "a priority of text",
      scaleRequest([1, 2], { parameters: { priority: { string_param: "x" } } }),
      "MW0823",
    ],
    [
      "a priority beyond the last",
      scaleRequest([1, 2], { parameters: { priority: { uint64_param: "11" } } }),
      "MW0823",
    ],
    ["bytes that are no message", Buffer.from("ff07", "hex"), "MW0824"],
  ])("refuses %s", async (_what, message, code) => {
    expect(await grpc.client.call("ModelInfer", message)).toMatchObject({ status: 3, code });
  });

  it("says that it does not know a model", async () => {
    const message = scaleRequest([1, 2], { model_name: "scal\ud800" });
    expect(await grpc.client.call("ModelInfer", message)).toMatchObject({ status: 5, code: "MW1160" });
    expect(await grpc.client.call("ModelMetadata", { name: "scale", version: "9" })).toMatchObject({
      status: 5,
    });
  });

  it.each([
    ["shared memory", { inputs: [{ ...y, parameters: { shared_memory_region: { string_param: "r" } } }] }],
    ["classification", { outputs: [{ name: "y", parameters: { classification: { int64_param: 2 } } }] }],
  ])("does not offer %s", async (_what, more) => {
    const outcome = await grpc.client.call("ModelInfer", scaleRequest([1, 2], more));
    expect(outcome).toMatchObject({ status: 12, code: "MW0825" });
  });

  it("refuses a message that is too large, and keeps the connection", async () => {
    const large = scaleRequest(Array<number>(30_000).fill(1));
    expect(await grpc.client.call("ModelInfer", large)).toMatchObject({ status: 8 });
    expect(floatOutputs(await grpc.answerOf("ModelInfer", scaleRequest([1, 2])))).toMatchObject({ sum: [6] });
  });

  it("survives any bytes", async () => {
    const tensor = fc.record({
      name: fc.constantFrom("x", "y", ""),
      datatype: fc.constantFrom("FP32", "INT64", "BYTES", "BOOL", "?"),
      shape: fc.array(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String), { maxLength: 3 }),
    });
    const shaped = fc.record({
      model_name: fc.constantFrom("scale", "every", "?"),
      inputs: fc.array(tensor, { maxLength: 3 }),
      raw_input_contents: fc.array(
        fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
        {
          maxLength: 3,
        },
      ),
    });
    const bytes = fc.uint8Array({ maxLength: 200 }).map((all) => Buffer.from(all));
    await fc.assert(
      fc.asyncProperty(fc.oneof(shaped, bytes), async (message) => {
        const outcome = await grpc.client.call("ModelInfer", message);
        if ("answer" in outcome) return;
        expect([3, 5, 12]).toContain(outcome.status);
        expect(outcome.code).toMatch(/^MW\d{4}$/);
      }),
      { numRuns: 150 },
    );
    expect(floatOutputs(await grpc.answerOf("ModelInfer", scaleRequest([1, 2])))).toMatchObject({ sum: [6] });
  });
});
