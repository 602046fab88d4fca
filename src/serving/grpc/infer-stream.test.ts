import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { Infer } from "../../inference/index.js";
import {
  doorOf,
  floatOutputs,
  hostOf,
  refusal,
  scaleModel,
  scaleRequest,
  served,
  serveForAll,
} from "./grpc-server.testing.js";

const grpc = serveForAll();

describe("a stream over gRPC", () => {
  it("answers in order, errors among the answers, and lives on", async () => {
    const stream = grpc.client.stream();
    const answers: Readonly<Record<string, unknown>>[] = [];
    stream.on("data", (answer: Readonly<Record<string, unknown>>) => answers.push(answer));
    for (let i = 0; i < 40; i++) stream.write(scaleRequest([i, 0], { id: `${i}` }));
    stream.write(scaleRequest([1, 2], { id: "bad", model_name: "none" }));
    stream.write(Buffer.from("ff07", "hex"));
    stream.write(scaleRequest([40, 0], { id: "40" }));
    stream.end();
    await once(stream, "end");
    const responses = answers.map(({ infer_response: response }) => response as Record<string, unknown>);
    expect(responses.map(({ id }) => id)).toEqual([
      ...Array.from({ length: 40 }, (_, i) => `${i}`),
      "bad",
      "",
      "40",
    ]);
    expect(answers.map(({ error_message: text }) => String(text).slice(0, 6)).filter(Boolean)).toEqual([
      "MW1160",
      "MW0824",
    ]);
    expect(floatOutputs(responses[39])).toMatchObject({ sum: [78] });
    expect(responses[39].parameters).toEqual({ triton_final_response: { bool_param: true } });
  });
});

describe("time over gRPC", () => {
  /** A host whose model waits until it is cancelled. */
  async function stuck() {
    const model = await scaleModel();
    const signals: AbortSignal[] = [];
    let begun = () => {};
    const started = new Promise<void>((resolve) => (begun = resolve));
    const infer: Infer = (_inputs, { signal } = {}) =>
      new Promise((_resolve, reject) => {
        if (signal !== undefined) signals.push(signal);
        signal?.addEventListener("abort", () => reject(refusal(499)));
        begun();
      });
    return { host: hostOf({ ...model, infer }), signals, started };
  }

  it("answers late calls itself and cancels their work", async () => {
    const { host, signals } = await stuck();
    await served(
      doorOf(host),
      async (caller) => {
        const parameters = { timeout: { int64_param: "2000" } };
        const own = await caller.call("ModelInfer", scaleRequest([1, 2], { parameters }));
        expect(own).toMatchObject({ status: 4, code: "MW0808" });
        const servers = await caller.call("ModelInfer", scaleRequest([1, 2]));
        expect(servers).toMatchObject({ status: 4, code: "MW0808" });
        expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
      },
      { requestTimeoutMs: 50 },
    );
  });

  it("cancels the work of a client that is gone", async () => {
    const { host, signals, started } = await stuck();
    await served(doorOf(host), async (caller) => {
      const stream = caller.stream();
      stream.on("error", () => undefined);
      stream.write(scaleRequest([1, 2]));
      await started;
      stream.cancel();
      if (!signals[0].aborted) await once(signals[0], "abort");
      expect(signals[0].aborted).toBe(true);
    });
  });

  it("refuses more inferences than it admits", async () => {
    const { host, started } = await stuck();
    await served(
      doorOf(host),
      async (caller) => {
        const first = caller.call("ModelInfer", scaleRequest([1, 2]));
        await started;
        expect(await caller.call("ModelInfer", scaleRequest([1, 2]))).toMatchObject({
          status: 14,
          code: "MW0807",
        });
        expect(await first).toMatchObject({ status: 4 });
      },
      { maxInFlight: 1, requestTimeoutMs: 300 },
    );
  });

  it("answers what is in flight before it closes, and ends streams", async () => {
    const model = await scaleModel();
    let go = () => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    let begun = 0;
    let both = () => {};
    const started = new Promise<void>((resolve) => (both = resolve));
    const infer: Infer = async (inputs, options) => {
      if (++begun === 2) both();
      await gate;
      return model.infer(inputs, options);
    };
    await served(doorOf(hostOf({ ...model, infer })), async (caller, own) => {
      const stream = caller.stream();
      const answers: unknown[] = [];
      stream.on("data", (answer) => answers.push(answer));
      const ended = once(stream, "error") as Promise<unknown> as Promise<[{ code: number }]>;
      stream.write(scaleRequest([1, 2]));
      const answer = caller.call("ModelInfer", scaleRequest([1, 2]));
      await started;
      const closed = own.close();
      go();
      await closed;
      expect(await answer).toHaveProperty("answer");
      expect(await ended.catch((error: unknown) => [error])).toMatchObject([{ code: 14 }]);
      expect(answers).toHaveLength(1);
    });
  });
});
