import { describe, expect, it } from "vitest";
import { boundedAnswers } from "./bounded-answers.js";
import type { ResponseCache } from "./cache-port.js";
import type { Infer } from "../infer.js";
import { protect, type ProtectionPorts } from "./protected.js";
import {
  answer,
  failure,
  fromModel,
  heldModel,
  manualTime,
  question,
  row,
  signature,
} from "./resilience.testing.js";
import { settled } from "./resilience.testing.js";
import { compileResilience, type ResilienceOptions } from "./resilience-options.js";

const defaults = { where: "resilience of model m", rejectNaN: false };

/** A cache in memory that answers at once, or on the next turn as one far away does. */
function cacheOf(time: ReturnType<typeof manualTime>, far: boolean): ResponseCache {
  const answers = boundedAnswers({ entries: 10, sizeBytes: 99_999 }, time.clock);
  return {
    get: (key) => (far ? Promise.resolve(answers.get(key)) : answers.get(key)),
    set: (key, outputs, ttlMs) => void answers.set(key, outputs, ttlMs),
    statistics: () => ({ failures: 0, skipped: 0 }),
    close: async () => undefined,
  };
}

function portsOf(time: ReturnType<typeof manualTime>, far = false): ProtectionPorts {
  return {
    ...{ clock: time.clock, timers: time.timers, signature, versionId: "m@1" },
    openCache: () => cacheOf(time, far),
    fallbackModel: () => {
      throw failure("MW0706");
    },
  };
}

function setUp(options: ResilienceOptions, far = false) {
  const time = manualTime();
  const { infer, calls } = heldModel({ heedsSignal: false });
  return { time, calls, ...protect(infer, compileResilience(options, defaults), portsOf(time, far)) };
}

describe("a protected model", () => {
  it("is the model itself when nothing is configured", () => {
    const infer: Infer = async () => fromModel(answer(1));
    const guarded = protect(infer, compileResilience({}, defaults), portsOf(manualTime()));
    expect(guarded.infer).toBe(infer);
    expect(guarded.breakerState()).toBeUndefined();
    const nothing = { count: 0, totalMs: 0 };
    expect(guarded.statistics()).toEqual({
      ...{ cacheHit: nothing, cacheMiss: nothing },
      ...{ joined: 0, fallbacks: new Map() },
    });
  });

  it.each([false, true])("answers equal questions once, with a cache far away: %s", async (far) => {
    const { infer, calls, statistics, time } = setUp({ cache: { ttl: "10ms" } }, far);
    const both = [infer(question(1)), infer(question(1))];
    await settled();
    expect(calls).toHaveLength(1);
    calls[0].succeed(answer(10));
    const given = await Promise.all(both);
    expect(given.map(({ origin }) => origin.kind)).toEqual(["model", "model"]);
    // Whatever they do with their answers.
    for (const { outputs } of given) (outputs["y"].data as Float32Array).fill(0);
    const hit = await infer(question(1));
    expect(hit).toEqual({ outputs: answer(10), origin: { kind: "cache" } });
    (hit.outputs["y"].data as Float32Array).fill(0);
    expect((await infer(question(1))).outputs).toEqual(answer(10));
    const { cacheHit, cacheMiss, joined } = statistics();
    expect([cacheHit.count, cacheMiss.count, joined]).toEqual([2, 2, 1]);
    time.advance(10);
    void infer(question(1));
    await settled();
    expect(calls).toHaveLength(2);
  });

  it("does not keep failures or stand-ins", async () => {
    const { infer, calls, statistics } = setUp({ cache: {}, fallback: [{ default: answer(7) }] });
    for (const turn of [1, 2]) {
      const given = infer(question(1));
      expect(calls).toHaveLength(turn);
      calls[turn - 1].fail(failure("MW0705"));
      const origin = { kind: "fallback", by: "default", because: "MW0705" };
      expect(await given).toEqual({ outputs: answer(7), origin });
    }
    expect(statistics()).toMatchObject({ cacheHit: { count: 0 }, fallbacks: new Map([["default", 2]]) });
  });

  it("gives kept answers while its breaker is open, and a stand-in for the others", async () => {
    const options = { breaker: { lastCalls: 2 }, cache: {}, fallback: [{ default: answer(7) }] };
    const { infer, calls, breakerState } = setUp(options);
    const kept = infer(question(1));
    calls[0].succeed(answer(10));
    await kept;
    for (const turn of [1, 2]) {
      const failing = infer(question(2));
      calls[turn].fail(failure("MW0705"));
      await failing;
    }
    expect(breakerState()).toBe("open");
    expect((await infer(question(1))).origin).toEqual({ kind: "cache" });
    expect((await infer(question(3))).origin).toMatchObject({ by: "default", because: "MW0715" });
    expect(calls).toHaveLength(3);
  });

  it("counts late and not finite answers as failures of the model, and its own refusals not", async () => {
    const options = {
      ...{ maxConcurrent: 1, timeoutMs: 5, rejectNaN: true },
      breaker: { lastCalls: 2, minCalls: 2 },
    };
    const { infer, calls, breakerState, time } = setUp(options);
    const late = infer(question(1));
    for (let i = 0; i < 5; i++) await expect(infer(question(2))).rejects.toMatchObject({ code: "MW0717" });
    time.advance(5);
    await expect(late).rejects.toMatchObject({ code: "MW0716" });
    expect(breakerState()).toBe("closed");
    // The call hangs on and keeps its place, although its caller was answered.
    await expect(infer(question(2))).rejects.toMatchObject({ code: "MW0717" });
    calls[0].succeed(answer(1));
    await settled();
    const strange = infer(question(2));
    calls[1].succeed({ y: row(NaN) });
    await expect(strange).rejects.toMatchObject({ code: "MW0718" });
    expect(breakerState()).toBe("open");
  });

  it("hands what is no tensor to the model, which refuses it", async () => {
    const { infer, calls } = setUp({ cache: {} });
    const given = infer({ x: { dtype: "float32", shape: [3], data: Float32Array.of(1) } });
    calls[0].fail(failure("MW0707"));
    await expect(given).rejects.toMatchObject({ code: "MW0707" });
  });

  it("knows its last answers without a cache", async () => {
    const { infer, calls } = setUp({ fallback: [{ lastKnown: {} }] });
    const first = infer(question(1));
    calls[0].succeed(answer(10));
    await first;
    const second = infer(question(1));
    calls[1].fail(failure("MW0705"));
    expect((await second).outputs).toEqual(answer(10));
  });
});

describe("options", () => {
  const compile = (options: object) => () => compileResilience(options, defaults);

  it("have defaults where they are given at all", () => {
    expect(compileResilience({}, { ...defaults, rejectNaN: true })).toEqual({
      rejectNaN: true,
      fallback: [],
    });
    const given = compileResilience(
      { cache: {}, breaker: {}, rejectNaN: true, fallback: [{ lastKnown: {} }, { model: "a@2" }] },
      defaults,
    );
    expect(given).toEqual({
      cache: { entries: 10_000, sizeBytes: 67_108_864, ttlMs: 300_000 },
      breaker: { failureShare: 0.5, lastCalls: 20, minCalls: 10, openMs: 10_000 },
      timeoutMs: 30_000,
      rejectNaN: true,
      fallback: [
        { kind: "last known", limits: { entries: 1000, sizeBytes: 16_777_216 }, maxAgeMs: 86_400_000 },
        { kind: "model", model: "a@2" },
      ],
    });
  });

  it.each([
    [{ cahce: {} }, "MW0103"],
    [{ cache: { ttlMs: 5 } }, "MW0103"],
    [{ cache: { ttl: "5 minutes" } }, "MW0101"],
    [{ cache: { entries: 0 } }, "MW0104"],
    [{ cache: { sizeBytes: 1.5 } }, "MW0104"],
    [{ timeoutMs: 2 ** 31 }, "MW0104"],
    [{ maxConcurrent: 0 }, "MW0104"],
    [{ breaker: { threshold: 1 } }, "MW0103"],
    [{ breaker: { failureShare: 1 } }, "MW0104"],
    [{ breaker: { lastCalls: 5, minCalls: 6 } }, "MW0104"],
    [{ fallback: [{ modle: "a" }] }, "MW0103"],
    [{ fallback: [{ model: "a", default: {} }] }, "MW0103"],
    [{ fallback: [{ model: "a@" }] }, "MW0618"],
    [{ fallback: [{ lastKnown: { ttl: "1d" } }] }, "MW0103"],
  ])("%j are refused with %s", (options, code) => {
    expect(compile(options)).toThrowError(expect.objectContaining({ code }));
  });
});
