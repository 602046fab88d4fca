import { describe, expect, it } from "vitest";
import { onnxruntimeSessions } from "../adapters/onnxruntime/index.js";
import { writePackage, type FeatureFacts, type Probe, type Signature } from "../registry/index.js";
import { exampleContents, exampleFacts, looseBlobs } from "../registry/packages.testing.js";
import { loadModel } from "./index.js";
import type { SessionFactory } from "./ports.js";
import { encodeGraph, logGraph, flatteningGraph, sumGraph, textGraph } from "./small-graphs.testing.js";

const float32 = "float32";
const numericSignature = (columns: number): Signature => ({
  inputs: [{ name: "numeric", dtype: float32, shape: [null, columns] }],
  columns: Array.from({ length: columns }, (_, i) => ({ name: `f${i}`, kind: "number", origin: "window" })),
  outputs: [{ name: "probability", dtype: float32, shape: [null] }],
});
const half: Probe = { numeric: [0, null], text: [], outputs: [0.5] };

/** The real engine, which also counts the sessions that are open. */
function countingSessions(): SessionFactory & { open: SessionFactory["open"]; count: () => number } {
  let count = 0;
  return {
    engine: onnxruntimeSessions.engine,
    count: () => count,
    open: async (graph, options) => {
      const session = await onnxruntimeSessions.open(graph, options);
      count++;
      const dispose = async () => {
        count--;
        await session.dispose();
      };
      return { ...session, dispose };
    },
  };
}

async function packed(graph: Uint8Array, signature: Signature, probes: readonly Probe[]) {
  const blobs = looseBlobs();
  const facts: FeatureFacts = exampleFacts({ signature });
  const contents = exampleContents({ facts, model: graph, probes: { tolerance: 0, probes } });
  const sessions = countingSessions();
  return { blobs, sessions, ...(await writePackage(contents, blobs)) };
}

const sumPackage = () => packed(encodeGraph(sumGraph(2)), numericSignature(2), [half]);

describe("loading", () => {
  it("gives a model that predicts", async () => {
    const { id, modelHash, manifest, ...context } = await sumPackage();
    const model = await loadModel(id, context);
    expect(model).toMatchObject({ packageId: id, modelHash, manifest });
    expect(model.probeReport).toEqual({ probes: 1, maxDifference: 0 });
    const output = await model.predict(new Float32Array([0, NaN, 1, Math.log(3) - 1]), 2);
    expect(output[0]).toBe(0.5);
    expect(output[1]).toBeCloseTo(0.75, 6);
    await model.dispose();
  });

  it("fills both inputs in the order of their columns", async () => {
    const signature = exampleFacts().signature;
    const probe: Probe = { numeric: [1, 2], text: ["AA"], outputs: [7] };
    const { id, ...context } = await packed(encodeGraph(textGraph(2, { AA: 4 })), signature, [probe]);
    const model = await loadModel(id, context);
    expect([...(await model.predict(new Float32Array([1, 1, 2, 2]), 2, ["x", "AA"]))]).toEqual([2, 8]);
    // The engine would read "AA".
    await expect(model.predict(new Float32Array([1, 1, 2, 2]), 2, ["x", "AA\0"])).rejects.toMatchObject({
      ...{ code: "MW0707", expected: expect.stringContaining("NUL") as string },
    });
    await model.dispose();
  });

  it.each<[what: string, code: string, graph: Uint8Array, signature: Signature, probe: Probe]>([
    [
      "a wrong stored output",
      "MW0608",
      encodeGraph(sumGraph(2)),
      numericSignature(2),
      { ...half, outputs: [0.4] },
    ],
    [
      "a probe of the wrong width",
      "MW0704",
      encodeGraph(sumGraph(2)),
      numericSignature(2),
      { ...half, numeric: [0] },
    ],
    [
      "a graph that was cut off",
      "MW0701",
      encodeGraph(sumGraph(2)).subarray(0, -1),
      numericSignature(2),
      half,
    ],
    ["a graph of another width", "MW0702", encodeGraph(sumGraph(3)), numericSignature(2), half],
    ["a graph with another input", "MW0702", encodeGraph(textGraph(2, {})), numericSignature(2), half],
    [
      "columns that do not fill the inputs",
      "MW0702",
      encodeGraph(sumGraph(2)),
      { ...numericSignature(2), columns: numericSignature(1).columns },
      half,
    ],
    [
      "another output",
      "MW0702",
      encodeGraph(sumGraph(2)),
      { ...numericSignature(2), outputs: [{ name: "score", dtype: float32, shape: [null] }] },
      half,
    ],
    [
      "a graph that does not give one output per row",
      "MW0705",
      encodeGraph(flatteningGraph(2)),
      numericSignature(2),
      half,
    ],
    ["a probe whose output is not finite", "MW0703", encodeGraph(logGraph(2)), numericSignature(2), half],
  ])("loads nothing for %s", async (_what, code, graph, signature, probe) => {
    const { id, sessions, blobs } = await packed(graph, signature, [
      { ...probe, numeric: probe.numeric.map((v) => v ?? 0) },
    ]);
    await expect(loadModel(id, { sessions, blobs })).rejects.toMatchObject({ code });
    expect(sessions.count()).toBe(0);
  });

  it("opens nothing of a package that was tampered with", async () => {
    const { id, manifest, blobs, sessions } = await sumPackage();
    const { sha256 } = manifest.files["model.onnx"];
    blobs.bytes.set(sha256, encodeGraph(sumGraph(3)));
    await expect(loadModel(id, { sessions, blobs })).rejects.toMatchObject({ code: "MW0604" });
    expect(sessions.count()).toBe(0);
  });
});

describe("predicting", () => {
  it("refuses inputs of the wrong size", async () => {
    const { id, ...context } = await sumPackage();
    const model = await loadModel(id, context);
    await expect(model.predict(new Float32Array(3), 2)).rejects.toMatchObject({
      code: "MW0704",
      details: { input: "numeric", expected: 4, found: 3 },
    });
    await expect(model.predict(new Float32Array(2), 1, ["x"])).rejects.toMatchObject({ code: "MW0704" });
    await model.dispose();
  });

  it("withholds an output that is not finite and names its row", async () => {
    const one: Probe = { numeric: [0.5, 0.5], text: [], outputs: [0] };
    const { id, ...context } = await packed(encodeGraph(logGraph(2)), numericSignature(2), [one]);
    const model = await loadModel(id, context);
    await expect(model.predict(new Float32Array([1, 0, 0, 0]), 2)).rejects.toMatchObject({
      code: "MW0703",
      found: "-Infinity for row 1",
    });
    await model.dispose();
  });
});

describe("disposing", () => {
  it("finishes predictions under way, takes no more, and frees the session once", async () => {
    const { id, blobs, sessions } = await sumPackage();
    const model = await loadModel(id, { blobs, sessions });
    const underWay = Array.from({ length: 5 }, () => model.predict(new Float32Array(2), 1));
    const disposal = model.dispose();
    await expect(model.predict(new Float32Array(2), 1)).rejects.toMatchObject({ code: "MW0706" });
    expect(sessions.count()).toBe(1);
    expect((await Promise.all(underWay)).map(([value]) => value)).toEqual([0.5, 0.5, 0.5, 0.5, 0.5]);
    await disposal;
    await model.dispose();
    expect(sessions.count()).toBe(0);
  });
});
