import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tensorProblem, type Tensors } from "../../registry/index.js";
import { anyTensors, row, spelledOut } from "./resilience.testing.js";
import { copyTensors, decodeTensors, encodeTensors, sizeOfTensors } from "./tensor-bytes.js";

const decoded = (bytes: Uint8Array): Tensors => decodeTensors(bytes) ?? { lost: row() };

describe("tensors as bytes", () => {
  it("come back bit by bit, wherever the bytes lie", () => {
    fc.assert(
      fc.property(anyTensors, fc.nat(9), (tensors, at) => {
        const bytes = encodeTensors(tensors);
        const moved = new Uint8Array(bytes.length + at);
        moved.set(bytes, at);
        expect(spelledOut(decoded(moved.subarray(at)))).toBe(spelledOut(tensors));
      }),
      { numRuns: 300 },
    );
  });

  it("keep nothing of the bytes they were read from", () => {
    const bytes = encodeTensors({ x: row(1, 2) });
    const tensors = decoded(bytes);
    bytes.fill(0);
    expect(tensors).toEqual({ x: row(1, 2) });
  });

  it("that are torn or damaged are nothing, or tensors, and never an error", () => {
    fc.assert(
      fc.property(anyTensors, fc.nat(), fc.nat(255), fc.boolean(), (tensors, at, byte, cut) => {
        const whole = Uint8Array.from(encodeTensors(tensors));
        whole[at % whole.length] = byte;
        const found = decodeTensors(cut ? whole.subarray(0, at % whole.length) : whole) ?? {};
        for (const tensor of Object.values(found)) expect(tensorProblem(tensor)).toBeUndefined();
      }),
      { numRuns: 600 },
    );
  });

  it.each([
    ["nothing", []],
    ["less than a length", [1, 0, 0]],
    ["a header that is not there", [200, 0, 0, 0, 1]],
    ["a header that is no JSON", [1, 0, 0, 0, 1]],
    ["a header that is no list", [2, 0, 0, 0, 0x7b, 0x7d]],
    ["a list of something else", [3, 0, 0, 0, 0x5b, 0x31, 0x5d]],
    ["bytes after the end", [2, 0, 0, 0, 0x5b, 0x5d, 0]],
  ])("reads nothing from %s", (_what, bytes) => {
    expect(decodeTensors(Uint8Array.from(bytes))).toBeUndefined();
  });

  it("copies share nothing", () => {
    fc.assert(
      fc.property(anyTensors, (tensors) => {
        const copy = copyTensors(tensors);
        expect(spelledOut(copy)).toBe(spelledOut(tensors));
        for (const [name, { shape, data }] of Object.entries(copy)) {
          expect(shape).not.toBe(tensors[name].shape);
          expect(data).not.toBe(tensors[name].data);
          if (ArrayBuffer.isView(data) && ArrayBuffer.isView(tensors[name].data))
            expect(data.buffer).not.toBe(tensors[name].data.buffer);
        }
      }),
    );
  });

  it("take as much memory as their elements, and some more for each tensor", () => {
    const plain = sizeOfTensors({ x: row() });
    expect(sizeOfTensors({ x: row(1, 2, 3) }) - plain).toBe(12);
    expect(sizeOfTensors({ x: { dtype: "string", shape: [1], data: ["abc"] } }) - plain).toBe(24 + 6);
  });
});
