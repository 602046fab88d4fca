import type { Tensors, TensorType, TensorValue } from "../../registry/index.js";

/**
 * What goes through the pipe to a session's process and back, either way: the length of a header in four bytes, little
 * endian, the header as JSON, and the blocks of bytes whose lengths the header lists. Both ends are this program on
 * this machine, so that numbers travel in their own byte order.
 */
export interface Frame {
  readonly message: unknown;
  readonly blocks: readonly Uint8Array[];
}

interface Header {
  readonly message: unknown;
  readonly sizes: readonly number[];
}

/** A frame as the pieces to write, one after another; the blocks are not copied. */
export function framePieces({ message, blocks }: Frame): Uint8Array[] {
  const header: Header = { message, sizes: blocks.map(({ length }) => length) };
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(4 + text.length);
  head.writeUInt32LE(text.length);
  text.copy(head, 4);
  return [head, ...blocks.filter(({ length }) => length > 0)];
}

/** Asks for one part of a frame after another, each an array to fill, and returns the frame. */
export function* frameParts(): Generator<Uint8Array, Frame, undefined> {
  const size = Buffer.alloc(4);
  yield size;
  const header = Buffer.alloc(size.readUInt32LE());
  yield header;
  const { message, sizes } = JSON.parse(header.toString()) as Header;
  // Each in memory of its own: whoever gets a tensor may transfer it.
  const blocks = sizes.map((length) => new Uint8Array(length));
  for (const block of blocks) if (block.length > 0) yield block;
  return { message, blocks };
}

/** Takes bytes as they come and hands on whole frames. */
export function frameReader(onFrame: (frame: Frame) => void): (chunk: Uint8Array) => void {
  let parts = frameParts();
  let part = parts.next();
  let filled = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length;) {
      if (part.done === true) throw new Error("a frame that ended takes no bytes");
      const taken = chunk.subarray(at, at + part.value.length - filled);
      part.value.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled < part.value.length) return;
      filled = 0;
      part = parts.next();
      if (part.done !== true) continue;
      onFrame(part.value);
      parts = frameParts();
      part = parts.next();
    }
  };
}

/** Name, type and shape of a tensor whose elements are in a block. */
export interface PackedTensor {
  readonly name: string;
  readonly dtype: TensorType;
  readonly shape: readonly number[];
}

export interface Packed {
  readonly tensors: readonly PackedTensor[];
  readonly blocks: readonly Uint8Array[];
}

/** Tensors as blocks: views of their elements, and texts as JSON. */
export function packTensors(values: Tensors): Packed {
  const entries = Object.entries(values);
  return {
    tensors: entries.map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    blocks: entries.map(([, { data, dtype }]) =>
      dtype === "string"
        ? Buffer.from(JSON.stringify(data))
        : new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    ),
  };
}

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const satisfies Record<Exclude<TensorType, "string">, unknown>;

/** The tensors of blocks that {@link frameParts} made: no byte is copied. */
export function unpackTensors({ tensors, blocks }: Packed): Tensors {
  return Object.fromEntries(
    tensors.map(({ name, dtype, shape }, i) => {
      const data =
        dtype === "string"
          ? (JSON.parse(Buffer.from(blocks[i]).toString()) as string[])
          : new arrays[dtype](blocks[i].buffer as ArrayBuffer);
      return [name, { dtype, shape, data } as TensorValue];
    }),
  );
}
