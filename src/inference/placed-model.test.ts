import { describe, expect, it } from "vitest";
import { onnxruntimeSessions } from "../adapters/onnxruntime/index.js";
import { systemClock } from "../kernel/index.js";
import { writePackage, type Probe, type Signature, type TensorValue } from "../registry/index.js";
import { exampleContents, exampleFacts, looseBlobs } from "../registry/packages.testing.js";
import { compileModelServing, openPlacedModel, type ModelServingOptions } from "./index.js";
import type { SessionFactory, SessionOptions } from "./ports.js";
import { encodeGraph, logGraph, sumGraph } from "./small-graphs.testing.js";

const signature = (columns: number): Signature => ({
  inputs: [{ name: "numeric", dtype: "float32", shape: [null, columns] }],
  columns: Array.from({ length: columns }, (_, i) => ({ name: `f${i}`, kind: "number", origin: "window" })),
  outputs: [{ name: "probability", dtype: "float32", shape: [null] }],
});
// 1 / (1 + e^-x) of the sum: 0.5 at 0 and 0.75 at ln 3.
const half: Probe = { numeric: [0, null], text: [], outputs: [0.5] };
const more: Probe = { numeric: [Math.fround(Math.log(3)), null], text: [], outputs: [0.75] };

const row = (...values: number[]): { numeric: TensorValue } => ({
  numeric: { dtype: "float32", shape: [values.length / 2, 2], data: Float32Array.from(values) },
});

/** The real engine, and what is open of it. */
async function placed(options: ModelServingOptions, graph = encodeGraph(sumGraph(2)), probes = [half, more]) {
  const blobs = looseBlobs();
  const columns = probes[0].numeric.length;
  const facts = exampleFacts({ signature: signature(columns) });
  const { id } = await writePackage(
    exampleContents({ facts, model: graph, probes: { tolerance: 1e-6, probes } }),
    blobs,
  );
  const open = new Map<object, SessionOptions>();
  const sessions: SessionFactory = {
    engine: onnxruntimeSessions.engine,
    async open(bytes, how) {
      const session = await onnxruntimeSessions.open(bytes, how);
      const key = {};
      open.set(key, how);
      const dispose = async () => {
        open.delete(key);
        await session.dispose();
      };
      return { ...session, dispose };
    },
  };
  const serving = compileModelServing(options, { model: "m", rejectNaN: true });
  const model = await openPlacedModel(id, { blobs, sessions, clock: systemClock }, serving);
  return { model, open };
}

describe("a placed model of features", () => {
  it("computes in this thread with nothing in between, and through tensors alike", async () => {
    const { model, open } = await placed({ batching: { instances: 3 } });
    expect(model).toMatchObject({ placement: "inline", signature: { outputs: [{ name: "probability" }] } });
    expect(open.size).toBe(1);
    expect([...((await model.predict?.(Float32Array.of(0, NaN), 1)) ?? [])]).toEqual([0.5]);
    const { outputs, origin, passage } = await model.infer(row(0, NaN, 0, NaN));
    const data = Float32Array.of(0.5, 0.5);
    expect(outputs).toEqual({ probability: { dtype: "float32", shape: [2], data } });
    expect(origin).toEqual({ kind: "model" });
    expect(passage).toMatchObject({ batch: 0, batchRows: 2 });
    await model.dispose();
    expect(open.size).toBe(0);
    await expect(model.infer(row(0, 0))).rejects.toMatchObject({ code: "MW0706" });
  });

  it("computes apart, behind a queue, where it is told to", async () => {
    const { model, open } = await placed({
      placement: "worker",
      batching: { instances: 2 },
      limitMs: 20_000,
    });
    expect(model.placement).toBe("worker");
    expect(model.predict).toBeUndefined();
    expect([...open.values()].map(({ apart }) => apart)).toEqual([{ limitMs: 20_000 }, { limitMs: 20_000 }]);
    const answers = await Promise.all([0, 1, 2, 3].map(() => model.infer(row(0, NaN))));
    expect(answers.map(({ outputs }) => outputs.probability.data[0])).toEqual([0.5, 0.5, 0.5, 0.5]);
    const gone = model.infer(row(0, 0), { signal: AbortSignal.abort() });
    await expect(gone).rejects.toMatchObject({ code: "MW0712" });
    await model.dispose();
    expect(open.size).toBe(0);
  });

  it.each(["inline", "worker"] as const)("withholds what is not finite: %s", async (placement) => {
    // log 1 = 0, log 0 = −∞.
    const probe: Probe = { numeric: [1], text: [], outputs: [0] };
    const { model } = await placed({ placement }, encodeGraph(logGraph(1)), [probe]);
    const zero: TensorValue = { dtype: "float32", shape: [1, 1], data: Float32Array.of(0) };
    await expect(model.infer({ numeric: zero })).rejects.toMatchObject({ code: "MW0703" });
    await model.dispose();
  });

  it("does not compute what nobody waits for", async () => {
    const { model } = await placed({});
    const gone = model.infer(row(0, 0), { signal: AbortSignal.abort() });
    await expect(gone).rejects.toMatchObject({ code: "MW0712" });
    await expect(model.infer(row(0, 0), { deadlineMs: 0 })).rejects.toMatchObject({ code: "MW0711" });
    await model.dispose();
  });

  it("leaves nothing open when its probes fail", async () => {
    const wrong = { ...half, outputs: [0.4] };
    await expect(placed({}, encodeGraph(sumGraph(2)), [wrong])).rejects.toMatchObject({ code: "MW0608" });
  });
});
