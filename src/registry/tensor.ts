import type { Shape } from "./json-shape.js";
import type { TensorSpec } from "./manifest.js";

/** What the elements of a tensor are kept in, by ONNX element type. A `bool` is a byte, 0 or 1. */
interface ElementData {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly int32: Int32Array;
  readonly int64: BigInt64Array;
  readonly uint8: Uint8Array;
  readonly bool: Uint8Array;
  readonly string: readonly string[];
}

/** Element types that models take and give. */
export type TensorType = keyof ElementData;

/** A tensor: its elements row-major, as many as the product of its shape; `[]` is the shape of a single value. */
export type TensorValue = {
  [Type in TensorType]: {
    readonly dtype: Type;
    readonly shape: readonly number[];
    readonly data: ElementData[Type];
  };
}[TensorType];

/** Tensors by the name of the graph's input or output. */
export type Tensors = Readonly<Record<string, TensorValue>>;

/** A tensor as JSON: an int64 is its decimal digits, a float that is not finite "NaN", "Infinity" or "-Infinity". */
export type StoredTensor = {
  readonly dtype: TensorType;
  readonly shape: readonly number[];
  readonly data: readonly StoredElement[];
};

export type StoredElement = number | string | boolean;

interface ElementType {
  readonly expected: string;
  /** Whether a JSON value is an element, exactly as it is stored. */
  readonly holds: (value: unknown) => boolean;
  /** Whether data in memory is of the type that {@link ElementData} says. */
  readonly inMemory: (data: unknown) => boolean;
}

const isFloat = (value: unknown, round: (value: number) => number): boolean =>
  typeof value === "number"
    ? Number.isFinite(value) && Object.is(round(value), value)
    : value === "NaN" || value === "Infinity" || value === "-Infinity";
const isWhole = (value: unknown, low: number, high: number): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= low && value <= high;
const isInt64 = (value: unknown): boolean =>
  typeof value === "string" &&
  /^(0|-?[1-9]\d{0,18})$/.test(value) &&
  BigInt.asIntN(64, BigInt(value)) === BigInt(value);

const elementTypes: Readonly<Record<TensorType, ElementType>> = {
  float32: {
    expected: "a float32 or the text NaN, Infinity or -Infinity",
    holds: (value) => isFloat(value, Math.fround),
    inMemory: (data) => data instanceof Float32Array,
  },
  float64: {
    expected: "a number or the text NaN, Infinity or -Infinity",
    holds: (value) => isFloat(value, (same) => same),
    inMemory: (data) => data instanceof Float64Array,
  },
  int32: {
    expected: "a whole number of 32 bits",
    holds: (value) => isWhole(value, -(2 ** 31), 2 ** 31 - 1),
    inMemory: (data) => data instanceof Int32Array,
  },
  int64: {
    expected: "the digits of a whole number of 64 bits",
    holds: isInt64,
    inMemory: (data) => data instanceof BigInt64Array,
  },
  uint8: {
    expected: "a whole number from 0 to 255",
    holds: (value) => isWhole(value, 0, 255),
    inMemory: (data) => data instanceof Uint8Array,
  },
  bool: {
    expected: "true or false",
    holds: (value) => typeof value === "boolean",
    inMemory: (data) => data instanceof Uint8Array && data.every((byte) => byte <= 1),
  },
  string: {
    expected: "a text",
    holds: (value) => typeof value === "string",
    inMemory: (data) => Array.isArray(data) && data.every((text) => typeof text === "string"),
  },
};

export const tensorTypes = Object.keys(elementTypes) as readonly TensorType[];

export const isTensorType = (dtype: string): dtype is TensorType => Object.hasOwn(elementTypes, dtype);

/** What an element of a type looks like in JSON, for messages. */
export const elementText = (dtype: TensorType): string => elementTypes[dtype].expected;

/** Whether a JSON value is an element of a type, exactly as it is stored. */
export const isElement = (dtype: TensorType, value: unknown): value is StoredElement =>
  elementTypes[dtype].holds(value);

/** Elements of a shape. */
export const elementCount = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** `float32[*,4]`; a free dimension is a star. */
export const tensorText = ({ dtype, shape }: Pick<TensorSpec, "dtype" | "shape">): string =>
  `${dtype}[${shape.map((size) => size ?? "*").join(",")}]`;

/** What is wrong with a tensor in memory, by itself; undefined when nothing is. */
export function tensorProblem({ dtype, shape, data }: TensorValue): string | undefined {
  if (!isTensorType(dtype)) return `its type ${JSON.stringify(dtype)} is none of ${tensorTypes.join(", ")}`;
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    return "its shape is not a list of whole numbers from 0 on";
  if (!elementTypes[dtype].inMemory(data)) return `its data is not what ${dtype} is kept in`;
  if (data.length === elementCount(shape)) return undefined;
  return `its shape has ${elementCount(shape)} elements and its data ${data.length}`;
}

/** The JSON of a tensor. */
export function storeTensor({ dtype, shape, data }: TensorValue): StoredTensor {
  switch (dtype) {
    case "float32":
    case "float64":
      return {
        dtype,
        shape,
        data: Array.from(data, (value) => (Number.isFinite(value) ? value + 0 : String(value))),
      };
    case "int64":
      return { dtype, shape, data: Array.from(data, String) };
    case "bool":
      return { dtype, shape, data: Array.from(data, (byte) => byte === 1) };
    default:
      return { dtype, shape, data: Array.from<number | string>(data) };
  }
}

/** The tensor of a JSON that {@link storedTensor} accepted. */
export function loadTensor({ dtype, shape, data }: StoredTensor): TensorValue {
  switch (dtype) {
    case "float32":
      return { dtype, shape, data: Float32Array.from(data, Number) };
    case "float64":
      return { dtype, shape, data: Float64Array.from(data, Number) };
    case "int32":
      return { dtype, shape, data: Int32Array.from(data, Number) };
    case "int64":
      return { dtype, shape, data: BigInt64Array.from(data, BigInt) };
    case "string":
      return { dtype, shape, data: data.map(String) };
    default:
      return { dtype, shape, data: Uint8Array.from(data, Number) };
  }
}

/** The JSON of a tensor: every element of its type, as many as its shape says. */
export const storedTensor: Shape<StoredTensor> = (value, at, problems): value is StoredTensor => {
  const { dtype, shape, data, ...others } = (value ?? {}) as Partial<StoredTensor>;
  const known =
    typeof dtype === "string" &&
    isTensorType(dtype) &&
    Array.isArray(shape) &&
    shape.every((size) => Number.isSafeInteger(size) && size >= 0) &&
    Array.isArray(data) &&
    Object.keys(others).length === 0;
  if (!known) {
    problems.push(`${at} is not a tensor of dtype, shape and data`);
    return false;
  }
  if (data.length !== elementCount(shape))
    problems.push(`${at} has ${data.length} elements for ${tensorText({ dtype, shape })}`);
  const strange = data.findIndex((element) => !isElement(dtype, element));
  if (strange >= 0) problems.push(`${at}.data[${strange}] is not ${elementText(dtype)}`);
  return data.length === elementCount(shape) && strange < 0;
};

/** Largest absolute difference of two tensors; Infinity where they differ in type, shape, text or finiteness. */
export function tensorDifference(a: TensorValue, b: TensorValue): number {
  if (a.dtype !== b.dtype || tensorText(a) !== tensorText(b)) return Infinity;
  let largest = 0;
  for (const [i, x] of a.data.entries()) {
    const y = b.data[i];
    if (Object.is(x, y) || x === y) continue;
    // Written so that NaN on one side alone is as far apart as can be.
    const step = typeof x === "string" || a.dtype === "bool" ? Infinity : distance(x, y);
    largest = step <= largest ? largest : Number.isNaN(step) ? Infinity : step;
  }
  return largest;
}

const distance = (x: number | bigint | string, y: number | bigint | string): number =>
  typeof x === "bigint" && typeof y === "bigint" ? Math.abs(Number(x - y)) : Math.abs(Number(x) - Number(y));
