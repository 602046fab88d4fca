import { describe, expect, it } from "vitest";
import type { Tensors, TensorSignature } from "../../registry/index.js";
import { withFallback, type FallbackModel, type StandInPlan } from "./fallback.js";
import { rejectFallbackCycles } from "./fallback-cycles.js";
import type { InferStep } from "./infer-steps.js";
import {
  answer,
  failure,
  fromModel,
  manualTime,
  question,
  row,
  signature,
  type FailureCode,
} from "./resilience.testing.js";
import { compileResilience } from "./resilience-options.js";

const lastKnown: StandInPlan = { kind: "last known", limits: { entries: 2, sizeBytes: 9999 }, maxAgeMs: 100 };
const simple: StandInPlan = { kind: "model", model: "simple" };
const simpler: StandInPlan = { kind: "model", model: "simpler" };
const byDefault: StandInPlan = { kind: "default", outputs: answer(7) };

/** A model that is well or fails, and others by name. */
function setUp(plans: readonly StandInPlan[], models: Readonly<Record<string, FallbackModel["infer"]>> = {}) {
  const time = manualTime();
  const health: { failing?: FailureCode } = {};
  const next: InferStep = async ({ inputs }) => {
    if (health.failing !== undefined) throw failure(health.failing);
    return fromModel({ y: row(10 * Number(inputs["x"].data[0])) });
  };
  const { infer, statistics } = withFallback(next, plans, {
    ...{ clock: time.clock, signature },
    fallbackModel(model) {
      if (!Object.hasOwn(models, model)) throw failure("MW0706");
      return { name: `${model}@3`, infer: models[model] };
    },
  });
  const ask = (value: number, inputs: Tensors = question(value), options = {}) =>
    infer({ inputs, options, key: String(value) });
  return { time, health, ask, statistics };
}

const failing = (code: FailureCode) => async () => Promise.reject(failure(code));

describe("fallbacks", () => {
  it("are not asked while the model answers", async () => {
    const { ask, statistics } = setUp([byDefault]);
    expect(await ask(1)).toEqual({ outputs: answer(10), origin: { kind: "model" } });
    expect(statistics().size).toBe(0);
  });

  it("are asked in their order, and the answer says who gave it and why", async () => {
    const well = async () => fromModel(answer(5));
    const models = { simple: failing("MW0705"), simpler: well };
    const { ask, health, statistics } = setUp([simple, simpler, byDefault], models);
    health.failing = "MW0703";
    expect(await ask(1)).toEqual({
      outputs: answer(5),
      origin: { kind: "fallback", by: "simpler@3", because: "MW0703" },
    });
    expect(statistics()).toEqual(new Map([["simpler@3", 1]]));
  });

  it("pass by a model that is not loaded, and end with the default, once for every row", async () => {
    const { ask, health } = setUp([simple, byDefault]);
    health.failing = "MW0705";
    const inputs: Tensors = { x: { dtype: "float32", shape: [3, 1], data: new Float32Array(3) } };
    expect(await ask(1, inputs)).toEqual({
      outputs: { y: { dtype: "float32", shape: [3, 1], data: Float32Array.of(7, 7, 7) } },
      origin: { kind: "fallback", by: "default", because: "MW0705" },
    });
  });

  it("name what really answered when a simpler model was itself stood in for", async () => {
    const origin = { kind: "fallback", by: "default", because: "MW0703" } as const;
    const { ask, health } = setUp([simple], { simple: async () => ({ outputs: answer(5), origin }) });
    health.failing = "MW0705";
    expect((await ask(1)).origin).toEqual({ ...origin, because: "MW0705" });
  });

  it("know the last answers to the same questions, for a time", async () => {
    const { ask, health, time } = setUp([lastKnown]);
    for (const value of [1, 2, 3]) ((await ask(value)).outputs["y"].data as Float32Array).fill(0);
    health.failing = "MW0705";
    const known = { kind: "fallback", by: "last known", because: "MW0705" };
    expect(await ask(3)).toEqual({ outputs: answer(30), origin: known });
    // Two are kept.
    await expect(ask(1)).rejects.toMatchObject({ code: "MW0705" });
    time.advance(100);
    await expect(ask(3)).rejects.toMatchObject({ code: "MW0705" });
  });

  it("that all fail leave the model's own error", async () => {
    const { ask, health } = setUp([simple, simpler], {
      simple: failing("MW0706"),
      simpler: failing("MW0704"),
    });
    health.failing = "MW0703";
    await expect(ask(1)).rejects.toMatchObject({ code: "MW0703" });
  });

  it.each<FailureCode>(["MW0704", "MW0707", "MW0706"])("do not stand in after %s", async (code) => {
    const { ask, health } = setUp([byDefault]);
    health.failing = code;
    await expect(ask(1)).rejects.toMatchObject({ code });
  });

  it("do not stand in for a call that is over", async () => {
    const { ask, health, time } = setUp([byDefault]);
    health.failing = "MW0705";
    const late = ask(1, question(1), { deadlineMs: time.clock.monotonicMs() });
    await expect(late).rejects.toMatchObject({ code: "MW0705" });
    const gone = ask(1, question(1), { signal: AbortSignal.abort() });
    await expect(gone).rejects.toMatchObject({ code: "MW0705" });
  });

  it("do not answer nonsense, even if the model did not see it", async () => {
    const { ask, health } = setUp([byDefault]);
    health.failing = "MW0798";
    await expect(ask(1, { x: row(1, 2) })).rejects.toMatchObject({ code: "MW0707" });
  });
});

describe("a declared default", () => {
  const plan = (outputs: Tensors, of: TensorSignature = signature) =>
    withFallback(async () => Promise.reject(failure("MW0705")), [{ kind: "default", outputs }], {
      ...{ clock: manualTime().clock, signature: of },
      fallbackModel: () => {
        throw failure("MW0706");
      },
    });

  it.each<[string, Tensors]>([
    ["of another shape", { y: row(1, 2) }],
    ["of another type", { y: { dtype: "float64", shape: [1, 1], data: Float64Array.of(1) } }],
    ["with two rows", { y: { dtype: "float32", shape: [2, 1], data: new Float32Array(2) } }],
    ["that is no tensor", { y: { dtype: "float32", shape: [1, 1], data: new Float32Array(2) } }],
    ["without an output", {}],
    ["with a stranger", { y: row(1), z: row(1) }],
  ])("%s is refused", (_what, outputs) => {
    expect(() => plan(outputs)).toThrowError(expect.objectContaining({ code: "MW0719" }));
  });

  it("gives texts for every row, and what has no rows as it is", async () => {
    const of = {
      inputs: signature.inputs,
      outputs: [
        { name: "label", dtype: "string", shape: [null] },
        { name: "scale", dtype: "float32", shape: [2] },
      ],
    };
    const scale = { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) } as const;
    const { infer } = plan({ label: { dtype: "string", shape: [1], data: ["no"] }, scale }, of);
    const inputs: Tensors = { x: { dtype: "float32", shape: [2, 1], data: new Float32Array(2) } };
    const { outputs } = await infer({ inputs, options: {}, key: undefined });
    expect(outputs).toEqual({ label: { dtype: "string", shape: [2], data: ["no", "no"] }, scale });
  });

  it("does not answer a billion rows that have no elements", async () => {
    const of = { ...signature, inputs: [{ name: "x", dtype: "float32", shape: [null, null] }] };
    const inputs: Tensors = { x: { dtype: "float32", shape: [1e9, 0], data: new Float32Array(0) } };
    const given = plan(answer(7), of).infer({ inputs, options: {}, key: undefined });
    await expect(given).rejects.toMatchObject({ code: "MW0705" });
  });
});

describe("fallbacks of models", () => {
  const project = (fallbacks: Readonly<Record<string, readonly string[]>>) =>
    new Map(
      Object.entries(fallbacks).map(([name, models]) => {
        const options = { fallback: models.map((model) => ({ model })) };
        return [name, compileResilience(options, { where: name, rejectNaN: false })] as const;
      }),
    );

  it("may share a model and end in one that has none", () => {
    expect(() => rejectFallbackCycles(project({ a: ["b", "c"], b: ["c@2"], c: ["d"] }))).not.toThrow();
  });

  it.each([
    [{ a: ["a"] }, "a → a"],
    [{ a: ["a@2"] }, "a → a"],
    [{ x: ["a"], a: ["y", "b@champion"], b: ["c"], c: ["a@1"] }, "a → b → c → a"],
  ])("that lead back are refused: %j", (fallbacks, found) => {
    expect(() => rejectFallbackCycles(project(fallbacks))).toThrowError(
      expect.objectContaining({ code: "MW0719", found }),
    );
  });
});
