import type { Tensors, TensorSpec, TensorType, TensorValue } from "../../registry/index.js";

/** Whether the first dimension of every tensor is free, so that it can count rows. */
export const haveFreeRows = (specs: readonly TensorSpec[]): boolean =>
  specs.every(({ shape }) => shape[0] === null);

/** The first dimension that all tensors share; undefined when one has none or another. */
export function rowsOf(tensors: Tensors): number | undefined {
  let rows: number | undefined;
  for (const name in tensors) {
    const first = tensors[name].shape.at(0);
    if (first === undefined || (rows !== undefined && first !== rows)) return undefined;
    rows = first;
  }
  return rows;
}

/** Whether rows of both can stand in one batch: equal names, types and shapes beyond the first dimension. */
export function areOfOneKind(a: Tensors, b: Tensors): boolean {
  for (const name in b) if (!Object.hasOwn(a, name)) return false;
  for (const name in a) if (!Object.hasOwn(b, name) || !haveEqualRows(a[name], b[name])) return false;
  return true;
}

function haveEqualRows(a: TensorValue, b: TensorValue): boolean {
  if (a.dtype !== b.dtype || a.shape.length !== b.shape.length) return false;
  for (let i = 1; i < a.shape.length; i++) if (a.shape[i] !== b.shape[i]) return false;
  return true;
}

/** One batch of the rows of several tensors of one kind, in their order. Copies. */
export function joinRows(parts: readonly Tensors[]): Tensors {
  const joined: Record<string, TensorValue> = {};
  for (const name of Object.keys(parts[0])) joined[name] = joinTensors(parts.map((part) => part[name]));
  return joined;
}

/** Rows `from` (inclusive) to `to` (exclusive) of tensors that have as many rows as `rowsOf` says. Copies. */
export function sliceRows(tensors: Tensors, from: number, to: number): Tensors {
  const slices: Record<string, TensorValue> = {};
  for (const name of Object.keys(tensors)) {
    const { dtype, shape, data } = tensors[name];
    const width = data.length / shape[0];
    const rows = data.slice(from * width, to * width);
    slices[name] = { dtype, shape: shape.with(0, to - from), data: rows } as TensorValue;
  }
  return slices;
}

const numberArrays: Readonly<Record<Exclude<TensorType, "string">, NumberArray>> = {
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

type NumberArray = new (length: number) => Exclude<TensorValue["data"], readonly string[]>;

function joinTensors(parts: readonly TensorValue[]): TensorValue {
  const { dtype, shape } = parts[0];
  const rows = parts.reduce((sum, part) => sum + part.shape[0], 0);
  return { dtype, shape: [rows, ...shape.slice(1)], data: joinData(dtype, parts) } as TensorValue;
}

function joinData(dtype: TensorValue["dtype"], parts: readonly TensorValue[]): TensorValue["data"] {
  if (dtype === "string") return parts.flatMap(({ data }) => data as readonly string[]);
  const length = parts.reduce((sum, { data }) => sum + data.length, 0);
  const joined = new numberArrays[dtype](length);
  let at = 0;
  for (const { data } of parts) {
    // Parts of one kind are of one type, which the compiler does not follow through the union.
    (joined as Float32Array).set(data as Float32Array, at);
    at += data.length;
  }
  return joined;
}
