import { beforeAll, describe, expect, it } from "vitest";
import { onnxruntimeSessions } from "../../adapters/onnxruntime/index.js";
import { manualClock } from "../../kernel/index.js";
import type { Tensors } from "../../registry/index.js";
import type { Infer } from "../infer.js";
import type { Session } from "../ports.js";
import { stepGraph } from "./step-graphs.testing.js";
import { stepStream, type StepOptions, type StreamSpec } from "./step-stream.js";

let session: Session;
beforeAll(async () => {
  session = await onnxruntimeSessions.open(stepGraph(), { threads: 1 });
  return () => session.dispose();
});

const spec: StreamSpec = {
  ...{ steps: 50, feed: { next: "state", count: "turn" } },
  ...{ emit: ["next", "count"], stop: "done" },
};

/** States of so many rows, all 3, doubled by each step. */
const start = (rows = 1): Tensors => ({
  state: { dtype: "float32", shape: [rows, 1], data: new Float32Array(rows).fill(3) },
  factor: { dtype: "float32", shape: [rows, 1], data: new Float32Array(rows).fill(2) },
  turn: { dtype: "int64", shape: [1], data: BigInt64Array.of(0n) },
});

const infer: Infer = async (inputs) => ({
  outputs: await session.compute(inputs),
  origin: { kind: "model" },
});

interface Run {
  readonly spec?: Partial<StreamSpec>;
  readonly infer?: Infer;
  readonly inputs?: Tensors;
  readonly options?: Partial<StepOptions>;
}

const open = (run: Run = {}) =>
  stepStream({ ...spec, ...run.spec }, session).run(run.infer ?? infer, run.inputs ?? start(), {
    ...{ clock: manualClock(), stepTimeoutMs: 1000 },
    ...run.options,
  });

async function states(run: Run = {}): Promise<number[]> {
  const found: number[] = [];
  for await (const { outputs } of open(run)) found.push(Number(outputs.next.data[0]));
  return found;
}

describe("a stream of steps", () => {
  it("feeds outputs to inputs until the output that tells the end does", async () => {
    expect(await states()).toEqual([6, 12, 24, 48, 96, 192]);
    let last: Tensors = {};
    for await (const { outputs } of open()) last = outputs;
    expect(last).toEqual({
      next: { dtype: "float32", shape: [1, 1], data: Float32Array.of(192) },
      count: { dtype: "int64", shape: [1], data: BigInt64Array.of(6n) },
    });
  });

  it("ends after the most steps of the model, or after fewer that were asked for", async () => {
    expect(await states({ spec: { steps: 2 } })).toEqual([6, 12]);
    expect(await states({ options: { steps: 3 } })).toEqual([6, 12, 24]);
    expect(await states({ spec: { steps: 2 }, options: { steps: 3 } })).toEqual([6, 12]);
  });

  it("computes a step when it is asked for, and none after the reader stopped", async () => {
    let computed = 0;
    const counting: Infer = (inputs) => {
      computed++;
      return infer(inputs);
    };
    const steps = open({ infer: counting });
    expect(computed).toBe(0);
    await steps.next();
    await steps.next();
    expect(computed).toBe(2);
    await steps.return();
    expect(await steps.next()).toEqual({ done: true, value: undefined });
    expect(computed).toBe(2);
  });

  it("is cancelled before its next step, and hands the signal and the priority on", async () => {
    const controller = new AbortController();
    const given: unknown[] = [];
    const steps = open({
      infer: (inputs, options) => {
        given.push(options?.signal, options?.priority);
        return infer(inputs);
      },
      options: { signal: controller.signal, priority: 4 },
    });
    await steps.next();
    expect(given).toEqual([controller.signal, 4]);
    controller.abort();
    await expect(steps.next()).rejects.toMatchObject({ code: "MW0105" });
    expect(given).toHaveLength(2);
  });

  it("gives each step its time, and all of them the deadline's", async () => {
    const clock = manualClock(1000);
    const deadlines: unknown[] = [];
    const steps = open({
      infer: (inputs, options) => {
        deadlines.push(options?.deadlineMs);
        clock.advance(60);
        return infer(inputs);
      },
      options: { clock, stepTimeoutMs: 70, deadlineMs: 1100 },
    });
    await steps.next();
    await steps.next();
    await expect(steps.next()).rejects.toMatchObject({ code: "MW0722", details: { step: 3 } });
    expect(deadlines).toEqual([1070, 1100]);
  });

  it("does not guess whether to go on when the end is told for several rows", async () => {
    const steps = open({ inputs: start(2) });
    await steps.next();
    await expect(steps.next()).rejects.toMatchObject({ code: "MW0721" });
  });
});

describe("the declaration of a stream", () => {
  it.each<[string, Partial<StreamSpec>, string]>([
    ["no such output", { feed: { nex: "state" } }, 'Did you mean "next"?'],
    ["no such input", { feed: { next: "stat" } }, 'Did you mean "state"?'],
    ["another type", { feed: { count: "state" } }, "count int64[1]"],
    ["an input fed twice", { feed: { next: "state", done: "state" } }, "done bool[*,1]"],
    ["nothing to emit", { emit: [] }, "none"],
    ["an unknown output to emit", { emit: ["donne"] }, 'Did you mean "done"?'],
    ["a float as end", { stop: "next" }, "next float32[*,1]"],
  ])("is refused for %s", (_what, changes, found) => {
    expect(() => stepStream({ ...spec, ...changes }, session)).toThrow(found);
    expect(() => stepStream({ ...spec, ...changes }, session)).toThrow("MW0720");
  });

  it("is refused for two outputs of one input", () => {
    const outputs = [...session.outputs, { name: "again", dtype: "float32", shape: [null, 1] }];
    const twice = { ...spec, feed: { next: "state", again: "state" } };
    expect(() => stepStream(twice, { inputs: session.inputs, outputs })).toThrow("state, fed by two");
  });

  it("is refused for options out of range or unknown", () => {
    expect(() => stepStream({ ...spec, steps: 0 }, session)).toThrow("MW0104");
    expect(() => stepStream({ ...spec, ...{ stpes: 1 } }, session)).toThrow("MW0103");
  });
});
