import { describe, expect, it } from "vitest";
import { checkProbes, probeBatch, type ProbeSet } from "./probe.js";

const set: ProbeSet = {
  tolerance: 0,
  probes: [
    { numeric: [1.5, null], text: ["AA"], outputs: [0.25] },
    { numeric: [-2, 0], text: [""], outputs: [0.5] },
    { numeric: [null, 3], text: ["表"], outputs: [Math.fround(0.1)] },
  ],
};
const giving =
  (...outputs: number[]) =>
  async () =>
    new Float32Array(outputs);

describe("probes", () => {
  it("become one row-major batch in which NaN is missing", () => {
    expect(probeBatch(set)).toEqual({
      rows: 3,
      numeric: new Float32Array([1.5, NaN, -2, 0, NaN, 3]),
      text: ["AA", "", "表"],
    });
  });

  it("pass when every output has the stored bits", async () => {
    expect(await checkProbes(set, giving(0.25, 0.5, 0.1))).toEqual({ probes: 3, maxDifference: 0 });
  });

  it("name the first that differs by a single bit", async () => {
    // 0.5 + 2^-24: the next float32 above 0.5 is 2^-24 away.
    const next = 0.5 + 2 ** -24;
    await expect(checkProbes(set, giving(0.25, next, 0.7))).rejects.toMatchObject({
      code: "MW0608",
      expected: "0.5 for probe 1",
      found: String(next),
      details: { probe: 1, expected: 0.5, found: next },
    });
  });

  it("fail on NaN and on outputs that are not there", async () => {
    await expect(checkProbes(set, giving(NaN, 0.5, 0.1))).rejects.toMatchObject({
      code: "MW0608",
      found: "NaN",
    });
    await expect(checkProbes(set, giving(0.25, 0.5))).rejects.toMatchObject({
      code: "MW0608",
      found: "undefined",
    });
  });

  it("allow the tolerance that the set states, and no more", async () => {
    const tolerant = { ...set, tolerance: 0.125 };
    expect(await checkProbes(tolerant, giving(0.375, 0.5, 0.1))).toEqual({ probes: 3, maxDifference: 0.125 });
    await expect(checkProbes(tolerant, giving(0.376, 0.5, 0.1))).rejects.toMatchObject({
      code: "MW0608",
      expected: "0.25 for probe 0 ± 0.125",
    });
  });
});
