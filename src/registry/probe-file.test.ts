import { describe, expect, it } from "vitest";
import { parseProbeFile } from "./probe-file.js";

const signature = {
  inputs: [
    { name: "x", dtype: "float32", shape: [null, 2] },
    { name: "ids", dtype: "int64", shape: [null] },
  ],
  outputs: [{ name: "y", dtype: "float64", shape: [null] }],
};
const read = (value: unknown) =>
  parseProbeFile(
    new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)),
    signature,
  );
const inputs = { x: [[1, 0.1]], ids: [7] };

describe("a probe file", () => {
  it("gives tensors of the signature's types, as the lists are nested", () => {
    expect(
      read({
        probes: [{ inputs }, { inputs: { x: [], ids: ["9223372036854775807"] }, outputs: { y: ["NaN"] } }],
      }),
    ).toEqual({
      tolerance: 0,
      probes: [
        {
          inputs: {
            x: { dtype: "float32", shape: [1, 2], data: Float32Array.of(1, Math.fround(0.1)) },
            ids: { dtype: "int64", shape: [1], data: BigInt64Array.of(7n) },
          },
        },
        {
          inputs: {
            x: { dtype: "float32", shape: [0], data: new Float32Array(0) },
            ids: { dtype: "int64", shape: [1], data: BigInt64Array.of(2n ** 63n - 1n) },
          },
          outputs: { y: { dtype: "float64", shape: [1], data: Float64Array.of(NaN) } },
        },
      ],
    });
    expect(read({ probes: [{ inputs: { ...inputs, ids: 3 } }], tolerance: 0.5 })).toMatchObject({
      ...{ tolerance: 0.5, probes: [{ inputs: { ids: { shape: [], data: BigInt64Array.of(3n) } } }] },
    });
  });

  it.each<[unknown, string]>([
    ["{", "JSON"],
    [[], "the file as an object"],
    [{ probes: [{ inputs }], tolerence: 1 }, "probes and tolerance in the file"],
    [{ probes: [{ inputs }], tolerance: -1 }, "a tolerance from 0 on"],
    [{ probes: [] }, "a list of at least one"],
    [{ probes: [7] }, "probes[0] as an object"],
    [{ probes: [{ inputs: { x: [[1, 2]] } }] }, "probes[0].inputs.ids, int64[*]"],
    [{ probes: [{ inputs: { ...inputs, z: 1 } }] }, "x and ids in probes[0].inputs"],
    [
      { probes: [{ inputs: { ...inputs, x: [[1, 2], [3]] } }] },
      "probes[0].inputs.x with lists of 2 at depth 2",
    ],
    [{ probes: [{ inputs: { ...inputs, x: [[1, [2]]] } }] }, "a float32"],
    [{ probes: [{ inputs: { ...inputs, x: [[1e39, 1]] } }] }, "a float32"],
    [{ probes: [{ inputs: { ...inputs, ids: [0.5] } }] }, "the digits of a whole number"],
    [{ probes: [{ inputs: { ...inputs, ids: [2 ** 60] } }] }, "the digits of a whole number"],
    [
      `{"probes":[{"inputs":{"ids":1,"x":${"[".repeat(1000)}1${"]".repeat(1000)}}}]}`,
      "probes[0].inputs.x of at most 16 dimensions",
    ],
    [{ probes: [{ inputs, outputs: {} }] }, "an output in probes[0].outputs"],
    [{ probes: [{ inputs, outputs: { z: 1 } }] }, "y in probes[0].outputs"],
  ])("is refused as %j", (value, expected) => {
    expect(() => read(value)).toThrow(
      expect.objectContaining({
        code: "MW0633",
        expected: expect.stringContaining(expected) as string,
      }) as Error,
    );
  });
});
