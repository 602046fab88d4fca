import fc from "fast-check";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Tensors, TensorValue } from "../../registry/index.js";
import { questionKey } from "./canonical-input.js";
import { anyTensors, row, spelledOut } from "./resilience.testing.js";

const floats = (...words: number[]): Tensors => ({
  x: { dtype: "float32", shape: [words.length], data: new Float32Array(Uint32Array.from(words).buffer) },
});
const texts = (...data: string[]): Tensors => ({ x: { dtype: "string", shape: [data.length], data } });

describe("the name of a question", () => {
  it("is one for equal tensors alone, bit by bit", () => {
    fc.assert(
      fc.property(anyTensors, anyTensors, fc.boolean(), (a, b, sameVersion) => {
        const equal = sameVersion && spelledOut(a) === spelledOut(b);
        expect(questionKey("one", a) === questionKey(sameVersion ? "one" : "two", b)).toBe(equal);
      }),
      { numRuns: 600 },
    );
  });

  it("does not depend on the order of names or on where the elements lie", () => {
    fc.assert(
      fc.property(anyTensors, (tensors) => {
        const moved = Object.entries(tensors).map(([name, value]) => {
          const { data } = value;
          if (!ArrayBuffer.isView(data)) return [name, { ...value, data: [...data] }] as const;
          const room = new Uint8Array(data.byteLength + 24);
          const own = new (data.constructor as new (b: ArrayBuffer, at: number, n: number) => typeof data)(
            ...([room.buffer, 16, data.length] as const),
          );
          room.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 16);
          return [name, { ...value, data: own } as TensorValue] as const;
        });
        expect(questionKey("v", Object.fromEntries(moved.reverse()) as Tensors)).toBe(
          questionKey("v", tensors),
        );
      }),
    );
  });

  it.each([
    ["zero and minus zero", floats(0), floats(0x8000_0000)],
    ["two kinds of NaN", floats(0x7fc0_0000), floats(0x7fc0_0001)],
    ["unpaired surrogates and what UTF-8 writes for them", texts("\ud800"), texts("\ufffd")],
    ["texts that are cut elsewhere", texts("a", "b"), texts("ab", "")],
    ["texts with what separates them", texts('a","b'), texts("a", "b")],
    ["shapes", { x: { ...row(1, 2), shape: [2, 1] } as TensorValue }, { x: row(1, 2) }],
  ])("tells %s apart", (_what, a, b) => {
    expect(questionKey("v", a)).not.toBe(questionKey("v", b));
  });

  it.each([2, 5000])("is the SHA-256 of version, header and elements, for %i elements", (length) => {
    const x: TensorValue = { dtype: "int32", shape: [length], data: new Int32Array(length).fill(258) };
    const expected = createHash("sha256")
      .update(`"v"\n[["x","int32",[${length}],${4 * length}]]\n`)
      .update(Buffer.from("02010000".repeat(length), "hex"))
      .digest("hex");
    expect(questionKey("v", { x })).toBe(expected);
  });

  it("is missing for what is no tensor", () => {
    expect(questionKey("v", { x: { ...row(1, 2), shape: [3] } })).toBeUndefined();
    expect(questionKey("v", { x: { ...row(1), data: Uint8Array.of(0) } as TensorValue })).toBeUndefined();
  });
});
