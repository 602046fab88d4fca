import { describe, expect, it } from "vitest";
import { withBulkhead } from "./bulkhead.js";
import { withCallTimeout } from "./call-timeout.js";
import { withFiniteOutputs } from "./finite-outputs.js";
import type { Infer } from "../infer.js";
import { answer, failure, fromModel, heldModel, manualTime, question, row } from "./resilience.testing.js";

describe("a bulkhead", () => {
  it("refuses one call too many, and takes it when another has ended, however it ended", async () => {
    const { clock } = manualTime();
    const { infer, calls } = heldModel();
    const limited = withBulkhead(infer, 2, clock);
    const [a, b] = [limited(question(1)), limited(question(2))];
    await expect(limited(question(3))).rejects.toMatchObject({
      code: "MW0717",
      row: { http: 429 },
      // Half of the first guess of 100 ms.
      details: { maxConcurrent: 2, retryAfterMs: 50 },
    });
    calls[0].fail(failure("MW0705"));
    await expect(a).rejects.toMatchObject({ code: "MW0705" });
    const c = limited(question(3));
    calls[1].succeed(answer(2));
    calls[2].succeed(answer(3));
    expect([(await b).outputs, (await c).outputs]).toEqual([answer(2), answer(3)]);
  });

  it("says when to try again by how long calls took", async () => {
    const time = manualTime();
    const { infer, calls } = heldModel();
    const limited = withBulkhead(infer, 1, time.clock);
    const first = limited(question(1));
    time.advance(600);
    calls[0].succeed(answer(1));
    await first;
    void limited(question(2));
    // 100 + 0.1 · (600 - 100)
    await expect(limited(question(3))).rejects.toMatchObject({ details: { retryAfterMs: 150 } });
  });
});

describe("a time limit of a call", () => {
  it("ends it and tells the call below", async () => {
    const time = manualTime();
    const { infer, calls } = heldModel({ heedsSignal: false });
    const late = withCallTimeout(infer, 20, time.timers)(question(1), { priority: 3, deadlineMs: 7 });
    expect(calls[0].options).toMatchObject({ priority: 3, deadlineMs: 7 });
    time.advance(19);
    expect(calls[0].options.signal?.aborted).toBe(false);
    time.advance(1);
    await expect(late).rejects.toMatchObject({ code: "MW0716", details: { timeoutMs: 20 } });
    expect(calls[0].options.signal?.aborted).toBe(true);
    // Nobody listens any more, and nothing breaks.
    calls[0].fail(failure("MW0705"));
  });

  it("leaves a call alone that ends before", async () => {
    const time = manualTime();
    const { infer, calls } = heldModel();
    const { signal } = new AbortController();
    const given = withCallTimeout(infer, 20, time.timers)(question(1), { signal });
    calls[0].succeed(answer(1));
    expect((await given).outputs).toEqual(answer(1));
    expect(time.pending()).toBe(0);
  });

  it("lets a caller go at once, even from a call that never ends", async () => {
    const time = manualTime();
    const { infer, calls } = heldModel({ heedsSignal: false });
    const controller = new AbortController();
    const limited = withCallTimeout(infer, 20, time.timers);
    const gone = limited(question(1), { signal: controller.signal });
    controller.abort();
    await expect(gone).rejects.toMatchObject({ code: "MW0712" });
    expect(calls[0].options.signal?.aborted).toBe(true);
    expect(time.pending()).toBe(0);
    await expect(limited(question(1), { signal: controller.signal })).rejects.toMatchObject({
      code: "MW0712",
    });
    expect(calls).toHaveLength(1);
  });
});

describe("a check of the outputs", () => {
  const checked = (outputs: Parameters<typeof fromModel>[0]) => {
    const infer: Infer = async () => fromModel(outputs);
    return withFiniteOutputs(infer)(question(1));
  };

  it.each([NaN, Infinity, -Infinity])("withholds %d", async (value) => {
    const withheld = { code: "MW0718", row: { http: 500 }, details: { output: "z", index: 1 } };
    await expect(checked({ y: row(1), z: row(0, value) })).rejects.toMatchObject(withheld);
    const wide = { dtype: "float64", shape: [2], data: Float64Array.of(0, value) } as const;
    await expect(checked({ z: wide })).rejects.toMatchObject(withheld);
  });

  it("lays what comes of no rows at the caller's door", async () => {
    const infer: Infer = async () => fromModel({ mean: row(NaN) });
    const none = { x: { dtype: "float32", shape: [0, 1], data: new Float32Array(0) } } as const;
    await expect(withFiniteOutputs(infer)(none)).rejects.toMatchObject({
      ...{ code: "MW0707", details: { input: "x" }, cause: { code: "MW0718" } },
    });
  });

  it("hands everything else on", async () => {
    const outputs = {
      y: row(1, -0, 3.4e38),
      n: { dtype: "int64", shape: [1], data: BigInt64Array.of(1n) },
      t: { dtype: "string", shape: [1], data: ["NaN"] },
    } as const;
    expect((await checked(outputs)).outputs).toBe(outputs);
  });
});
