import { describe, expect, it } from "vitest";
import { tensorContents } from "./packages.testing.js";
import { checkTensorProbes } from "./tensor-probe.js";
import { tensorSignature } from "./tensor-signature.js";
import type { Tensors } from "./tensor.js";

const { probes: set } = tensorContents();
const doubled =
  (error = 0) =>
  (inputs: Tensors) =>
    Promise.resolve<Tensors>({
      y: {
        dtype: "float32",
        shape: [1, 2],
        data: Float32Array.from(Array.from<unknown>(inputs.x.data), (v) => 2 * Number(v) + error),
      },
    });

describe("checking the probes of a graph", () => {
  it("says how far the outputs were", async () => {
    expect(await checkTensorProbes(set, doubled())).toEqual({ probes: 1, maxDifference: 0 });
    expect(await checkTensorProbes({ ...set, tolerance: 0.5 }, doubled(0.25))).toEqual({
      ...{ probes: 1, maxDifference: 0.25 },
    });
  });

  it("refuses outputs beyond the tolerance, and outputs that are missing", async () => {
    await expect(checkTensorProbes(set, doubled(0.25))).rejects.toMatchObject({
      code: "MW0608",
      expected: "the stored y of probe 0, float32[1,2] of 2, 4",
      found: "float32[1,2] of 2.25, 4.25, up to 0.25 away",
    });
    await expect(checkTensorProbes(set, () => Promise.resolve({}))).rejects.toMatchObject({
      ...{ code: "MW0608", found: "no such output" },
    });
    await expect(checkTensorProbes({ ...set, tolerance: 9 }, doubled(NaN))).rejects.toMatchObject({
      code: "MW0608",
    });
  });
});

describe("the signature of a graph", () => {
  const x = { name: "x", dtype: "float32", shape: [null] } as const;
  it.each([
    ["no inputs", { inputs: [], outputs: [x] }, "MW0632"],
    ["no outputs", { inputs: [x], outputs: [] }, "MW0632"],
    ["a map", { inputs: [x], outputs: [x, { ...x, dtype: "not a tensor" }] }, "MW0631"],
    ["a name that writes on terminals", { inputs: [{ ...x, name: "\u001b[2J" }], outputs: [x] }, "MW0631"],
    ["a name of a million letters", { inputs: [{ ...x, name: "x".repeat(1e6) }], outputs: [x] }, "MW0631"],
    ["brain floats", { inputs: [{ ...x, dtype: "bfloat16" }], outputs: [x] }, "MW0631"],
  ])("is none with %s", (_what, signature, code) => {
    expect(() => tensorSignature(signature)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
