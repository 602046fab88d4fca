import { tensorProblem, type Tensors, type TensorValue } from "../../registry/index.js";

/** What tensors are as bytes: a header of text, and the bits of each tensor in the header's order. */
export interface TensorParts {
  readonly header: string;
  readonly data: readonly Uint8Array[];
}

type HeaderRow = readonly [name: string, dtype: string, shape: readonly number[], sizeBytes: number];

/**
 * Equal parts mean equal tensors, bit by bit: names in code unit order, type, shape, and the elements as the machine
 * keeps them, so that 0 and -0 differ and so do two NaNs. Texts are a JSON list, which writes an unpaired surrogate
 * as an escape; as UTF-8 alone two of them would be one.
 */
export function tensorParts(tensors: Tensors): TensorParts {
  const names = Object.keys(tensors).sort();
  const data = names.map((name) => elementBytes(tensors[name]));
  const rows = names.map((name, i): HeaderRow => {
    const { dtype, shape } = tensors[name];
    return [name, dtype, shape, data[i].length];
  });
  return { header: JSON.stringify(rows), data };
}

function elementBytes({ data }: TensorValue): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(JSON.stringify(data));
}

/** Tensors in one run of bytes: the header's length in four bytes, the header, the elements. Little-endian. */
export function encodeTensors(tensors: Tensors): Buffer {
  const { header, data } = tensorParts(tensors);
  const head = Buffer.from(header);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, ...data]);
}

/** Tensors in memory of their own; undefined for bytes that {@link encodeTensors} did not write. */
export function decodeTensors(bytes: Uint8Array): Tensors | undefined {
  if (bytes.length < 4) return undefined;
  const start = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (start > bytes.length) return undefined;
  const rows = headerRows(bytes.subarray(4, start));
  if (rows === undefined) return undefined;
  const tensors: [string, TensorValue][] = [];
  let at = start;
  for (const [name, dtype, shape, sizeBytes] of rows) {
    // Not `slice`: that of a Buffer shares its memory.
    const own = new Uint8Array(bytes.subarray(at, at + sizeBytes));
    const value = { dtype, shape, data: elements(dtype, own) } as TensorValue;
    if (tensorProblem(value) !== undefined) return undefined;
    tensors.push([name, value]);
    at += sizeBytes;
  }
  return at === bytes.length ? Object.fromEntries(tensors) : undefined;
}

function headerRows(bytes: Uint8Array): readonly HeaderRow[] | undefined {
  const rows = parsed(bytes);
  if (!Array.isArray(rows)) return undefined;
  return rows.every(isHeaderRow) ? rows : undefined;
}

const isHeaderRow = (row: unknown): row is HeaderRow =>
  Array.isArray(row) &&
  row.length === 4 &&
  typeof row[0] === "string" &&
  typeof row[1] === "string" &&
  Number.isSafeInteger(row[3]) &&
  row[3] >= 0;

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
  } catch {
    return undefined;
  }
}

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
} as const;

/** The elements in a copy of their bytes, which starts where any array may start; undefined for a torn one. */
function elements(dtype: string, own: Uint8Array<ArrayBuffer>): unknown {
  if (dtype === "string") return parsed(own);
  if (!Object.hasOwn(arrays, dtype)) return own;
  const kind = arrays[dtype as keyof typeof arrays];
  if (own.length % kind.BYTES_PER_ELEMENT !== 0) return undefined;
  return new kind(own.buffer, 0, own.length / kind.BYTES_PER_ELEMENT);
}

/** The same tensors in memory of their own. */
export const copyTensors = (tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, copyTensor(value)]));

const copyTensor = (value: TensorValue): TensorValue =>
  ({ dtype: value.dtype, shape: value.shape.slice(), data: value.data.slice() }) as TensorValue;

/** What objects, arrays and the key of a tensor take beside its elements, about. */
const overheadBytes = 256;

/** Memory that tensors take, about. */
export function sizeOfTensors(tensors: Tensors): number {
  let sizeBytes = 0;
  for (const name of Object.keys(tensors)) {
    const { data } = tensors[name];
    sizeBytes += overheadBytes + 2 * name.length;
    if (ArrayBuffer.isView(data)) sizeBytes += data.byteLength;
    else for (const text of data) sizeBytes += 24 + 2 * text.length;
  }
  return sizeBytes;
}
