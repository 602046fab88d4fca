import { describe, expect, it } from "vitest";
import { onnxruntimeSessions } from "../../adapters/onnxruntime/index.js";
import { manualClock, systemClock } from "../../kernel/index.js";
import type { Tensors, TensorValue } from "../../registry/index.js";
import { compileBatching } from "./batching.js";
import { answerTo, handDriven, pairs, rowsOfCall, settle } from "./hand-driven-session.testing.js";
import { inferenceErrors } from "../errors.js";
import type { InferOptions } from "../infer.js";
import type { Session } from "../ports.js";
import { serveGraph } from "./served-graph.js";
import { encodeGraph, flatteningGraph, sumGraph } from "../small-graphs.testing.js";
import { lookupGraph, scalingGraph } from "../tensor-graphs.testing.js";

const call = (id: number, rows = 1): Tensors => ({ x: rowsOfCall(id, rows) });

function served({ instances = 1, ...options } = {}) {
  const clock = manualClock();
  const driven = handDriven(instances);
  const batching = compileBatching(options);
  const graph = serveGraph(driven.sessions, pairs, {
    ...{ clock, batching, placement: "worker", independentRows: true },
  });
  /** Lets what one session computes take so long. */
  const take = async (ms: number) => {
    await settle();
    clock.advance(ms);
    await driven.running[0].succeed();
  };
  return { clock, driven, graph, take };
}

/** Its batches take 5 ms and 5 ms for every row, as far as it knows; one of a row is under way. */
async function busy(options = {}) {
  const all = served(options);
  const first = all.graph.infer(call(1));
  await all.take(10);
  await first;
  const underWay = all.graph.infer(call(2));
  await settle();
  return { ...all, underWay };
}

describe("a served graph", () => {
  it("hands the tensors of a call that is alone on, and its outputs back, as they are", async () => {
    const { driven, graph, clock } = served();
    const inputs = call(1, 3);
    const outputs = { y: answerTo(9, 3) };
    clock.advance(5);
    const answer = graph.infer(inputs);
    await settle();
    clock.advance(7);
    expect(driven.running[0].inputs).toBe(inputs);
    await driven.running[0].succeed(outputs);
    const { outputs: found, ...rest } = await answer;
    expect(found).toBe(outputs);
    const passage = { queuedMs: 5, startedMs: 5, finishedMs: 12, batch: 1, batchRows: 3 };
    expect(rest).toEqual({ origin: { kind: "model" }, passage });
    const once = (totalMs: number) => ({ count: 1, totalMs });
    expect(graph.statistics()).toMatchObject({
      ...{ inferenceCount: 3, executionCount: 1, lastInferenceMs: 12, success: once(7), queue: once(0) },
      ...{ compute: once(7), batches: new Map([[3, once(7)]]), cacheHit: { count: 0 }, pending: 0 },
    });
  });

  it("shares what waits among its idle sessions", async () => {
    const { driven, graph } = served({ instances: 2 });
    const answers = [1, 2, 3].map((id) => graph.infer(call(id)));
    await settle();
    expect(driven.running.map(({ ids }) => ids)).toEqual([[1, 2], [3]]);
    for (const running of [...driven.running]) await running.succeed();
    expect((await Promise.all(answers)).map(({ outputs }) => outputs)).toEqual(
      [1, 2, 3].map((id) => ({ y: answerTo(id, 1) })),
    );
  });

  it("answers the others of a batch when one is cancelled while it is computed", async () => {
    const { driven, graph } = await busy();
    const controller = new AbortController();
    const given = graph.infer(call(3), { signal: controller.signal });
    const kept = graph.infer(call(4, 2));
    await driven.running[0].succeed();
    expect(driven.running[0].ids).toEqual([3, 4]);
    controller.abort(new Error("the client left"));
    await expect(given).rejects.toMatchObject({ code: "MW0712", cause: { message: "the client left" } });
    await driven.running[0].succeed();
    expect((await kept).outputs).toEqual({ y: answerTo(4, 2) });
  });

  it("lets no small call overtake one that does not fit any more", async () => {
    const { driven, graph } = await busy();
    const answers = [60, 10, 2].map((rows, i) => graph.infer(call(3 + i, rows)));
    await driven.running[0].succeed();
    expect(driven.running[0].ids).toEqual([3]);
    await driven.running[0].succeed();
    expect(driven.running[0].ids).toEqual([4, 5]);
    await driven.running[0].succeed();
    await Promise.all(answers);
  });

  it("computes what no other row can join by itself", async () => {
    const { driven, graph } = await busy();
    const answers = [call(3, 0), call(4)].map((inputs) => graph.infer(inputs));
    await driven.running[0].succeed();
    expect(driven.running[0].rows).toBe(0);
    await driven.running[0].succeed({ y: { dtype: "float32", shape: [1, 2], data: new Float32Array(2) } });
    await driven.running[0].succeed();
    await Promise.all(answers);
    expect(graph.statistics().executionCount).toBe(4);
  });

  it("outlives a session that throws at once, and one that cannot be freed", async () => {
    const { driven } = served();
    const session: Session = {
      ...driven.sessions[0],
      compute: () => {
        throw new RangeError("no");
      },
      dispose: () => Promise.reject(new Error("stuck")),
    };
    const options = { clock: systemClock, batching: compileBatching(), placement: "inline" } as const;
    const graph = serveGraph([session], pairs, { ...options, independentRows: true });
    const calls = [graph.infer(call(1)), graph.infer(call(2)), graph.infer(call(3))];
    for (const answer of await Promise.allSettled(calls))
      expect(answer).toMatchObject({ status: "rejected", reason: { message: "no" } });
    await expect(graph.dispose()).rejects.toThrow("stuck");
    await expect(graph.dispose()).rejects.toThrow("stuck");
  });

  it("computes a call of a batch that ended its process once more, and not a third time", async () => {
    const { driven, graph } = await busy();
    const died = inferenceErrors.error("MW0709", { expected: "a", found: "b", remedy: "c" });
    const answers = Promise.allSettled([3, 4].map((id) => graph.infer(call(id))));
    await driven.running[0].succeed();
    await driven.running[0].fail(died);
    expect(driven.running[0].ids).toEqual([3]);
    await driven.running[0].fail(died);
    expect(driven.running[0].ids).toEqual([4]);
    await driven.running[0].succeed();
    const [lost, kept] = await answers;
    expect(lost).toEqual({ status: "rejected", reason: died });
    expect(kept).toMatchObject({ value: { passage: { batch: 5, batchRows: 1 } } });
    expect(driven.running).toEqual([]);
  });
});

describe("a call is refused", () => {
  it("when the queue is full, with the time in which it drains", async () => {
    const { graph, take } = await busy({ maxQueuedRows: 3 });
    const waiting = graph.infer(call(3, 3));
    // 10 ms for the row under way, 5 + 3 · 5 ms for those that wait.
    await expect(graph.infer(call(4))).rejects.toMatchObject({
      code: "MW0710",
      row: { http: 429 },
      details: { reason: "queue full", retryAfterMs: 30 },
    });
    await take(1);
    await take(1);
    await waiting;
  });

  it("not when what fills the queue has expired", async () => {
    const { graph, clock } = await busy({ maxQueuedRows: 1 });
    const late = Promise.allSettled([graph.infer(call(3), { deadlineMs: clock.monotonicMs() + 50 })]);
    clock.advance(50);
    void graph.infer(call(4));
    expect(await late).toMatchObject([{ reason: { code: "MW0711" } }]);
    expect(graph.statistics()).toMatchObject({ pending: 1, failures: { rejected: 0 } });
  });

  it("when it would be answered after its deadline, not when it goes before others", async () => {
    const { graph, clock } = await busy();
    void graph.infer(call(3), { priority: 1 });
    // It waits 10 ms for the row under way and 10 for the other; its own takes 10.
    const deadlineMs = clock.monotonicMs() + 25;
    await expect(graph.infer(call(4), { priority: 1, deadlineMs })).rejects.toMatchObject({
      code: "MW0710",
      details: { reason: "deadline", retryAfterMs: 5 },
    });
    void graph.infer(call(5), { priority: 0, deadlineMs });
    void graph.infer(call(6), { priority: 1, deadlineMs: deadlineMs + 30 });
    expect(graph.statistics()).toMatchObject({ pending: 3, failures: { rejected: 1 } });
  });

  it("not by a prediction alone: an idle session computes, and so mends it", async () => {
    const { graph, clock, take } = served();
    const slow = graph.infer(call(1));
    await take(5000);
    await slow;
    const quick = graph.infer(call(2), { deadlineMs: clock.monotonicMs() + 100 });
    await take(10);
    expect((await quick).outputs).toEqual({ y: answerTo(2, 1) });
  });

  it("as what is wrong with it says", async () => {
    const { graph, clock } = served();
    clock.advance(100);
    const cases: [Tensors, InferOptions, object][] = [
      [call(1), { deadlineMs: 100 }, { code: "MW0711", row: { http: 504 } }],
      [call(1), { signal: AbortSignal.abort() }, { code: "MW0712", row: { http: 499 } }],
      [call(1), { priority: 10 }, { code: "MW0104" }],
      [{ z: rowsOfCall(1, 1) }, {}, { code: "MW0707" }],
    ];
    for (const [inputs, options, error] of cases)
      await expect(graph.infer(inputs, options)).rejects.toMatchObject(error);
    expect(graph.statistics()).toMatchObject({ executionCount: 0, fail: { count: 4 } });
  });

  it("when its deadline passes while it waits, uncomputed", async () => {
    const { graph, clock, driven, take, underWay } = await busy();
    const waiting = Promise.allSettled([graph.infer(call(3), { deadlineMs: clock.monotonicMs() + 50 })]);
    await take(50);
    await underWay;
    expect(await waiting).toMatchObject([{ reason: { code: "MW0711" } }]);
    expect(driven.running).toEqual([]);
    expect(graph.statistics()).toMatchObject({ pending: 0, executionCount: 2, failures: { cancelled: 1 } });
  });
});

async function onEngine(bytes: Uint8Array, options = {}) {
  const session = await onnxruntimeSessions.open(bytes, { threads: 1 });
  const { inputs, outputs } = session;
  const batching = compileBatching(options);
  return serveGraph(
    [session],
    { inputs, outputs },
    {
      ...{ clock: systemClock, batching, placement: "inline", independentRows: true },
    },
  );
}

const floats = (shape: readonly number[], ...data: number[]): TensorValue => ({
  ...{ dtype: "float32", shape },
  data: Float32Array.from(data),
});
const ids = (...data: bigint[]): TensorValue => ({
  ...{ dtype: "int64", shape: [data.length] },
  data: BigInt64Array.from(data),
});

describe("on ONNX Runtime", () => {
  it("computes calls together and gives each its rows", async () => {
    const graph = await onEngine(encodeGraph(sumGraph(2)));
    const logit = (x: number) => Math.fround(1 / (1 + Math.exp(-x)));
    const sums = Array.from({ length: 40 }, (_, i) => i / 8 - 2);
    const answers = await Promise.all(sums.map((sum) => graph.infer({ numeric: floats([1, 2], sum, 0) })));
    for (const [i, { outputs }] of answers.entries()) {
      expect(outputs.probability.shape).toEqual([1]);
      expect(outputs.probability.data[0]).toBeCloseTo(logit(sums[i]), 6);
    }
    expect(graph.statistics().batches).toEqual(new Map([[40, expect.anything()]]));
    await graph.dispose();
    await expect(graph.infer({ numeric: floats([1, 2], 1, 2) })).rejects.toMatchObject({ code: "MW0706" });
  });

  it("gives the error of a poisoned row to its call alone", async () => {
    const graph = await onEngine(lookupGraph([10, 20, 30]));
    const answers = await Promise.allSettled(
      [ids(0n, 1n), ids(99n), ids(2n)].map((value) => graph.infer({ ids: value })),
    );
    expect(answers).toMatchObject([
      { status: "fulfilled", value: { outputs: { found: floats([2], 10, 20) } } },
      { status: "rejected", reason: { code: "MW0705" } },
      { status: "fulfilled", value: { outputs: { found: floats([1], 30) } } },
    ]);
    await graph.dispose();
  });

  it("does not cut outputs that have other rows", async () => {
    const graph = await onEngine(encodeGraph(flatteningGraph(2)));
    const numeric = floats([1, 2], 1, 2);
    for (const answer of await Promise.allSettled([graph.infer({ numeric }), graph.infer({ numeric })]))
      expect(answer).toMatchObject({
        status: "rejected",
        reason: { code: "MW0713", details: { output: "probability", rows: 1 } },
      });
    await graph.dispose();
    const alone = await onEngine(encodeGraph(flatteningGraph(2)), { maxBatchRows: 1 });
    expect((await alone.infer({ numeric })).outputs).toEqual({ probability: floats([2], 1, 2) });
    await alone.dispose();
  });

  it("computes calls one by one where an output has no rows", async () => {
    const graph = await onEngine(scalingGraph(2));
    expect(graph.maxBatchRows).toBe(1);
    const both = await Promise.all([1, 2].map((n) => graph.infer({ x: floats([1, 2], n, n) })));
    expect(both.map(({ outputs }) => outputs.sum.data[0])).toEqual([4, 8]);
    expect(graph.statistics()).toMatchObject({ inferenceCount: 2, executionCount: 2 });
    await graph.dispose();
  });
});
