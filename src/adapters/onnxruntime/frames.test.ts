import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TensorValue, Tensors } from "../../registry/index.js";
import { framePieces, frameReader, packTensors, unpackTensors, type Frame } from "./frames.js";

const frames = fc.array(
  fc.record({
    message: fc.jsonValue(),
    blocks: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 4 },
);

describe("frames", () => {
  it("come back in their order, wherever the stream of bytes is cut", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (sent, cuts) => {
        const bytes = Buffer.concat(sent.flatMap(framePieces));
        const received: Frame[] = [];
        const receive = frameReader((frame) => received.push(frame));
        for (let at = 0, cut = 0; at < bytes.length; at += cuts[cut++ % cuts.length])
          receive(bytes.subarray(at, at + cuts[cut % cuts.length]));
        // JSON has no -0.
        const plain = (frame: Frame) => ({ ...frame, message: JSON.stringify(frame.message) });
        expect(received.map(plain)).toEqual(sent.map(plain));
      }),
    );
  });

  it("carry tensors of any offset and text, each in memory of its own", () => {
    const bytes = Uint8Array.of(9, 1, 2, 3);
    const values: Tensors = {
      bytes: { dtype: "uint8", shape: [3], data: bytes.subarray(1) },
      // A lone half of a pair is a text too.
      texts: { dtype: "string", shape: [2], data: ["表", "\ud800"] },
      none: { dtype: "float64", shape: [0, 2], data: new Float64Array(0) },
    } satisfies Record<string, TensorValue>;
    const packed = packTensors(values);
    let found: Tensors = {};
    const receive = frameReader(({ blocks }) => (found = unpackTensors({ tensors: packed.tensors, blocks })));
    for (const piece of framePieces({ message: null, blocks: packed.blocks })) receive(piece);
    expect(found).toEqual(values);
    expect((found.bytes.data as Uint8Array).buffer.byteLength).toBe(3);
  });
});
