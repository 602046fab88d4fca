import { describe, expect, it } from "vitest";
import { onnxruntimeSessions } from "../adapters/onnxruntime/index.js";
import { writePackage, type TensorValue } from "../registry/index.js";
import { exampleContents, exampleFacts, looseBlobs, tensorContents } from "../registry/packages.testing.js";
import { loadGraph, loadModel } from "./index.js";
import { encodeGraph, sumGraph } from "./small-graphs.testing.js";
import { logarithmGraph, scalingGraph } from "./tensor-graphs.testing.js";

const signature = {
  inputs: [{ name: "x", dtype: "float32", shape: [null, 2] }],
  outputs: [
    { name: "y", dtype: "float32", shape: [null, 2] },
    { name: "sum", dtype: "float32", shape: [] },
  ],
};

/** A package whose stored probe says that the graph doubles its input. */
async function packed(graph: Uint8Array, changes: Partial<typeof signature> = {}) {
  const blobs = looseBlobs();
  const contents = tensorContents();
  const facts = { ...contents.facts, signature: { ...signature, ...changes } };
  const { id } = await writePackage({ ...contents, facts, model: graph }, blobs);
  return { id, context: { blobs, sessions: onnxruntimeSessions } };
}

const x = (shape: readonly number[], ...data: number[]): TensorValue => ({
  ...{ dtype: "float32", shape },
  data: Float32Array.from(data),
});

describe("loading a graph", () => {
  it("gives a model that computes", async () => {
    const { id, context } = await packed(scalingGraph(2));
    const graph = await loadGraph(id, context);
    expect(graph).toMatchObject({ packageId: id, signature, probeReport: { probes: 1, maxDifference: 0 } });
    expect(await graph.compute({ x: x([1, 2], 3, 4) })).toEqual({ y: x([1, 2], 6, 8), sum: x([], 14) });
    await graph.dispose();
    await graph.dispose();
    await expect(graph.compute({ x: x([1, 2], 3, 4) })).rejects.toMatchObject({ code: "MW0706" });
  });

  it.each([
    ["another graph under the same signature", scalingGraph(2.5), {}, "MW0608"],
    ["another signature", scalingGraph(2), { outputs: signature.outputs.slice(0, 1) }, "MW0702"],
    ["another input", scalingGraph(2), { inputs: [{ ...signature.inputs[0], shape: [2, 2] }] }, "MW0702"],
    ["no graph", new Uint8Array(9), {}, "MW0701"],
  ])("refuses %s", async (_what, graph, changes, code) => {
    const { id, context } = await packed(graph, changes);
    await expect(loadGraph(id, context)).rejects.toMatchObject({ code });
  });

  it("is another matter than loading a model of features, which it can stand in for", async () => {
    const { id, context } = await packed(scalingGraph(2));
    await expect(loadModel(id, context)).rejects.toMatchObject({ code: "MW0630" });
    const features = exampleFacts({
      signature: {
        inputs: [{ name: "numeric", dtype: "float32", shape: [null, 2] }],
        columns: ["a", "b"].map((name) => ({ name, kind: "number", origin: "request" })),
        outputs: [{ name: "probability", dtype: "float32", shape: [null] }],
      },
    });
    const probes = { tolerance: 0, probes: [{ numeric: [0, null], text: [], outputs: [0.5] }] };
    const contents = exampleContents({ facts: features, model: encodeGraph(sumGraph(2)), probes });
    const graph = await loadGraph((await writePackage(contents, context.blobs)).id, context);
    expect(graph.probeReport).toEqual({ probes: 1, maxDifference: 0 });
    const { probability } = await graph.compute({ numeric: x([1, 2], 0, 0) });
    expect(probability).toEqual(x([1], 0.5));
    await graph.dispose();
  });

  it("hands on what is not finite", async () => {
    const shape = {
      inputs: [{ ...signature.inputs[0], shape: [null] }],
      outputs: [{ name: "y", dtype: "float32", shape: [null] }],
    };
    const blobs = looseBlobs();
    const contents = tensorContents();
    const tensor = (...data: (number | string)[]) =>
      ({ dtype: "float32", shape: [data.length], data }) as const;
    const probes = {
      tolerance: 0,
      probes: [{ inputs: { x: tensor(-1, 0, 1) }, outputs: { y: tensor("NaN", "-Infinity", 0) } }],
    };
    const facts = { ...contents.facts, signature: shape };
    const { id } = await writePackage({ ...contents, facts, probes, model: logarithmGraph() }, blobs);
    const graph = await loadGraph(id, { blobs, sessions: onnxruntimeSessions });
    expect((await graph.compute({ x: x([1], -1) })).y.data).toEqual(Float32Array.of(NaN));
    await graph.dispose();
  });
});

describe("the inputs of a graph", () => {
  it.each<[string, unknown, string]>([
    ["nothing", {}, "nothing"],
    ["a misspelt name", { X: x([1, 2], 1, 2) }, '"X"'],
    ["another rank", { x: x([2], 1, 2) }, "float32[2]"],
    ["another size", { x: x([1, 3], 1, 2, 3) }, "float32[1,3]"],
    ["another type", { x: { dtype: "float64", shape: [1, 2], data: Float64Array.of(1, 2) } }, "float64[1,2]"],
    ["a type that there is not", { x: { dtype: "complex64", shape: [1, 2], data: [1, 2] } }, '"complex64"'],
    [
      "numbers in a list",
      { x: { dtype: "float32", shape: [1, 2], data: [1, 2] } },
      "not what float32 is kept in",
    ],
    ["too few numbers", { x: x([2, 2], 1, 2) }, "4 elements and its data 2"],
    ["a negative size", { x: x([-1, 2]) }, "its shape"],
  ])("are refused with MW0707 as %s", async (_what, inputs, found) => {
    const { id, context } = await packed(scalingGraph(2));
    const graph = await loadGraph(id, context);
    await expect(graph.compute(inputs as Record<string, TensorValue>)).rejects.toMatchObject({
      ...{ code: "MW0707", found: expect.stringContaining(found) as string },
    });
    await graph.dispose();
  });
});
