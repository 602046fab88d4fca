import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  fussyGraph,
  identityGraph,
  lookupGraph,
  textsGraph,
} from "../../src/inference/tensor-graphs.testing.js";
import { seededRng } from "../../src/kernel/index.js";
import { floatOutputs } from "../../src/serving/grpc/grpc-server.testing.js";
import {
  ask,
  floatsCall,
  serveInference,
  type Answer,
  type InferenceServer,
} from "../support/inference-server.js";

/** Inputs that fit a signature and still are out of the way, over HTTP and gRPC: no rows, and texts with NUL. */

let server: InferenceServer;

const breaker = { lastCalls: 5, minCalls: 3, openFor: "1h" } as const;
const minusOne = (shape: readonly number[]) =>
  ({ dtype: "float32", shape, data: Float32Array.of(-1) }) as const;

beforeAll(async () => {
  server = await serveInference(
    [
      { name: "same", graph: identityGraph(["n", 1]) },
      { name: "apart", graph: identityGraph(["n", 1]) },
      { name: "lookup", graph: lookupGraph([10, 20]), probes: { probes: [{ inputs: { ids: [0] } }] } },
      { name: "fussy", graph: fussyGraph(1), probes: { probes: [{ inputs: { x: [1] } }] } },
      { name: "texts", graph: textsGraph(), probes: { probes: [{ inputs: { x: ["a"] } }] } },
    ],
    {
      serving: {
        models: {
          same: { breaker, fallback: [{ default: { y: minusOne([1, 1]) } }] },
          apart: { breaker, placement: "worker" },
          lookup: { breaker, cache: {} },
          fussy: { breaker, fallback: [{ default: { y: minusOne([1]) } }] },
          texts: { breaker },
        },
      },
    },
  );
});
afterAll(() => server.close());

const infer = (model: string) => `${server.url}/v2/models/${model}/infer`;
const breakerOf = (model: string) => server.host.find(model).breakerState?.();

interface Output {
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

/** The first output of an answer, which the model itself gave. */
function ownAnswer({ status, code, body }: Answer): Output {
  expect([status, code]).toEqual([200, null]);
  expect(body.parameters ?? {}).not.toMatchObject({ millwright_origin: "fallback" });
  const [{ shape, data }] = body.outputs as readonly Output[];
  return { shape, data };
}

const column = (data: readonly number[]) => ({
  inputs: [{ name: "x", datatype: "FP32", shape: [data.length, 1], data }],
});

/** The same with the data behind the JSON, as the protocol's binary extension has it. */
function askBinary(url: string, input: object, data: Uint8Array): Promise<Answer> {
  const parameters = { binary_data_size: data.length };
  const head = Buffer.from(JSON.stringify({ inputs: [{ ...input, parameters }] }));
  const headers = {
    "content-type": "application/octet-stream",
    "inference-header-content-length": String(head.length),
  };
  return ask(url, undefined, { method: "POST", headers, body: Buffer.concat([head, data]) });
}

describe("calls without rows", () => {
  test.each(["same", "apart"])(
    "among others of %s: each gets its own rows, none and the breaker stays closed",
    async (model) => {
      const client = server.client();
      const rng = seededRng(20_010_101);
      for (let round = 0; round < 10; round++) {
        await Promise.all(
          Array.from({ length: 12 }, async () => {
            const data = Array.from({ length: rng.below(3) }, () => rng.below(100));
            const shape = [data.length, 1];
            const way = rng.below(3);
            if (way === 0) expect(ownAnswer(await ask(infer(model), column(data)))).toEqual({ shape, data });
            else if (way === 1) {
              const input = { name: "x", datatype: "FP32", shape };
              const bytes = Buffer.from(Float32Array.from(data).buffer);
              expect(ownAnswer(await askBinary(infer(model), input, bytes))).toEqual({ shape, data });
            } else {
              const outcome = await client.call("ModelInfer", floatsCall(model, ["x", shape], data));
              expect("answer" in outcome && floatOutputs(outcome.answer).y).toEqual(data);
            }
          }),
        );
      }
      expect(breakerOf(model)).toBe("closed");
    },
  );

  test("are answered beside a cache, once and again", async () => {
    const none = { inputs: [{ name: "ids", datatype: "INT64", shape: [0], data: [] }] };
    for (let i = 0; i < 4; i++)
      expect(ownAnswer(await ask(infer("lookup"), none))).toEqual({ shape: [0], data: [] });
    expect(breakerOf("lookup")).toBe("closed");
  });

  test("that a graph does not compute are the caller's: no breaker counts them and nothing stands in", async () => {
    const client = server.client();
    const body = (data: readonly number[]) => ({
      inputs: [{ name: "x", datatype: "FP32", shape: [data.length], data }],
    });
    for (let i = 0; i < 6; i++) {
      expect(await ask(infer("fussy"), body([]))).toMatchObject({
        ...{ status: 400, code: "MW0707" },
        body: { error: expect.stringContaining("at least one row") as string },
      });
      const outcome = await client.call("ModelInfer", floatsCall("fussy", ["x", [0]], []));
      expect(outcome).toMatchObject({ status: 3, code: "MW0707" });
    }
    expect(breakerOf("fussy")).toBe("closed");
    expect(ownAnswer(await ask(infer("fussy"), body([7])))).toEqual({ shape: [1], data: [7] });
  });
});

describe("a text with NUL", () => {
  const bytesOf = (texts: readonly string[]) =>
    Buffer.concat(
      texts.flatMap((text) => {
        const bytes = Buffer.from(text);
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        return [length, bytes];
      }),
    );
  const input = (shape: readonly number[]) => ({ name: "x", datatype: "BYTES", shape });
  const raw = (texts: readonly string[]) => ({
    model_name: "texts",
    ...{ inputs: [input([texts.length])], raw_input_contents: [bytesOf(texts)] },
  });
  const typed = (texts: readonly string[]) => ({
    model_name: "texts",
    inputs: [
      { ...input([texts.length]), contents: { bytes_contents: texts.map((text) => Buffer.from(text)) } },
    ],
  });

  test.each([[["admin\0x"]], [["\0"]], [["fine", "at its end\0"]]])(
    "is refused and never cut: %j",
    async (texts) => {
      const client = server.client();
      const shape = [texts.length];
      const refused = {
        ...{ status: 400, code: "MW0707" },
        body: { error: expect.stringContaining("without the character NUL") as string },
      };
      for (let i = 0; i < 3; i++) {
        expect(await ask(infer("texts"), { inputs: [{ ...input(shape), data: texts }] })).toMatchObject(
          refused,
        );
        expect(await askBinary(infer("texts"), input(shape), bytesOf(texts))).toMatchObject(refused);
        for (const call of [raw(texts), typed(texts)])
          expect(await client.call("ModelInfer", call)).toMatchObject({ status: 3, code: "MW0707" });
      }
      expect(breakerOf("texts")).toBe("closed");
    },
  );

  test("is the only one: other control characters come back", async () => {
    const data = ["", "\u0001\t\n\u007f", "é\u{1F600}"];
    const answer = await ask(infer("texts"), { inputs: [{ ...input([3]), data }] });
    expect(ownAnswer(answer)).toEqual({ shape: [3], data });
  });
});
