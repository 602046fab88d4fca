import { isUtf8 } from "node:buffer";
import type { Datatype, Elements } from "./datatypes.js";
import { badBinary, shown } from "./refusals.js";

/** An input whose elements stand in the binary part. */
export interface BinaryTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

const lengthBytes = 4;

/**
 * The elements of an input from its bytes: little-endian, row-major, without gaps; BYTES are a uint32 length and so
 * many bytes of UTF-8 each. A view of the body where its alignment allows, else a copy. Throws MW0819.
 *
 * Numbers are read as this machine keeps them, and the engine runs on little-endian machines alone.
 */
export function readBinaryData(tensor: BinaryTensor, bytes: Uint8Array, count: number): Elements {
  const { datatype } = tensor;
  if (datatype.kind === "text") return readTexts(tensor, bytes, count);
  const { array } = datatype;
  if (bytes.length !== count * array.BYTES_PER_ELEMENT) throw wrongSize(tensor, count, bytes.length);
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer, aligned.byteOffset, count);
}

function readTexts(tensor: BinaryTensor, bytes: Uint8Array, count: number): readonly string[] {
  const { buffer, byteOffset, length } = bytes;
  const view = Buffer.from(buffer, byteOffset, length);
  const texts: string[] = [];
  let at = 0;
  while (at + lengthBytes <= length && texts.length < count) {
    const end = at + lengthBytes + view.readUInt32LE(at);
    if (end > length) break;
    texts.push(textOf(tensor, view.subarray(at + lengthBytes, end)));
    at = end;
  }
  if (at === length && texts.length === count) return texts;
  throw badBinary(
    `${count} lengths with as many bytes in input ${shown(tensor.name)}`,
    `${texts.length} in ${at} of ${length} bytes`,
  );
}

/** A text of an element's bytes. Throws MW0819 where they are not UTF-8: the engine's texts cannot hold them. */
export function textOf({ name }: Pick<BinaryTensor, "name">, bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  throw badBinary(`texts of UTF-8 in input ${shown(name)}`, "bytes that are not");
}

function wrongSize({ name, shape, datatype }: BinaryTensor, count: number, found: number) {
  const size = datatype.kind === "text" ? 0 : datatype.array.BYTES_PER_ELEMENT;
  return badBinary(
    `${count * size} bytes for ${datatype.name}[${shape.join(",")}] of input ${shown(name)}`,
    `${found}`,
  );
}

/** The bytes of elements as they go over the wire; those of numbers are shared with the elements. */
export function binaryOf(elements: Elements): Uint8Array {
  if (!isTexts(elements)) return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
  const sizes = elements.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, lengthBytes * sizes.length));
  let at = 0;
  for (const [i, text] of elements.entries()) {
    at = bytes.writeUInt32LE(sizes[i], at);
    at += bytes.write(text, at);
  }
  return bytes;
}

const isTexts = (elements: Elements): elements is readonly string[] => Array.isArray(elements);
