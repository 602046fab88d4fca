import type { TensorValue } from "../../registry/index.js";

export type FloatArray = Float32Array | Float64Array;
export type WholeArray = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;
export type LongArray = BigInt64Array | BigUint64Array;
/** Elements of numbers in memory: FP16 as its bits, BOOL as bytes of 0 and 1. */
export type NumberArray = FloatArray | WholeArray | LongArray;
export type Elements = NumberArray | readonly string[];

interface ArrayType<View> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): View;
}

interface Named {
  /** The protocol's name, e.g. `FP32`. */
  readonly name: string;
  /** The name in a model's signature, e.g. `float32`. */
  readonly dtype: string;
  /** The name in a model's configuration, e.g. `TYPE_FP32`. */
  readonly configName: string;
}

/** A datatype of the protocol. `bits` are FP16, which has no JSON form. */
export type Datatype = Named &
  (
    | { readonly kind: "float"; readonly array: ArrayType<FloatArray> }
    | { readonly kind: "whole"; readonly array: ArrayType<WholeArray> }
    | { readonly kind: "long"; readonly array: ArrayType<LongArray> }
    | { readonly kind: "bits"; readonly array: ArrayType<Uint16Array> }
    | { readonly kind: "bool"; readonly array: ArrayType<Uint8Array> }
    | { readonly kind: "text" }
  );

const named = (name: string, dtype: string): Named => ({ name, dtype, configName: `TYPE_${name}` });

/** Every datatype that has a counterpart in ONNX; which of them a model takes, its signature says. */
const all: readonly Datatype[] = [
  { ...named("BOOL", "bool"), kind: "bool", array: Uint8Array },
  { ...named("UINT8", "uint8"), kind: "whole", array: Uint8Array },
  { ...named("UINT16", "uint16"), kind: "whole", array: Uint16Array },
  { ...named("UINT32", "uint32"), kind: "whole", array: Uint32Array },
  { ...named("UINT64", "uint64"), kind: "long", array: BigUint64Array },
  { ...named("INT8", "int8"), kind: "whole", array: Int8Array },
  { ...named("INT16", "int16"), kind: "whole", array: Int16Array },
  { ...named("INT32", "int32"), kind: "whole", array: Int32Array },
  { ...named("INT64", "int64"), kind: "long", array: BigInt64Array },
  { ...named("FP16", "float16"), kind: "bits", array: Uint16Array },
  { ...named("FP32", "float32"), kind: "float", array: Float32Array },
  { ...named("FP64", "float64"), kind: "float", array: Float64Array },
  { ...named("BYTES", "string"), configName: "TYPE_STRING", kind: "text" },
];

const byName = new Map(all.map((datatype) => [datatype.name, datatype]));
const byDtype = new Map(all.map((datatype) => [datatype.dtype, datatype]));

export const datatypeNames: readonly string[] = Object.freeze([...byName.keys()]);

/** The datatype that the protocol calls so. */
export const datatypeNamed = (name: unknown): Datatype | undefined =>
  typeof name === "string" ? byName.get(name) : undefined;

/** The datatype of a model's signature. */
export const datatypeOf = (dtype: string): Datatype | undefined => byDtype.get(dtype);

/**
 * Room for elements, which hold anything until they are written. Small ones share the memory of Node's pool of buffers:
 * memory of their own costs as much as the parsing of a row.
 */
export function roomFor<View>(array: ArrayType<View>, count: number): View {
  const { buffer, byteOffset } = Buffer.allocUnsafe(count * array.BYTES_PER_ELEMENT);
  return new array(buffer, byteOffset, count);
}

/** A tensor of a datatype. Elements are those of the datatype; the session port checks them against the signature. */
export const tensorOf = ({ dtype }: Datatype, shape: readonly number[], data: Elements): TensorValue =>
  ({ dtype, shape, data }) as TensorValue;
