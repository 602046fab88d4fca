import { elementTypes, type ElementData, type StoredElement, type TensorType } from "./element-type.js";
import { float16Value } from "./float16.js";
import type { Shape } from "./json-shape.js";
import type { TensorSpec } from "./manifest.js";

export type { StoredElement, TensorType };

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

/**
 * A tensor as JSON: an integer of 64 bits is its decimal digits, a float16 the number that it stands for, a float that
 * is not finite "NaN", "Infinity" or "-Infinity".
 */
export type StoredTensor = {
  readonly dtype: TensorType;
  readonly shape: readonly number[];
  readonly data: readonly StoredElement[];
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

/** A tensor of one type: what lets the compiler see that a table's entry fits the data beside it. */
interface TensorOf<Type extends TensorType> {
  readonly dtype: Type;
  readonly shape: readonly number[];
  readonly data: ElementData[Type];
}

/** The JSON of a tensor. */
export function storeTensor<Type extends TensorType>({ dtype, shape, data }: TensorOf<Type>): StoredTensor {
  return { dtype, shape, data: elementTypes[dtype].store(data) };
}

/** The tensor of a JSON that {@link storedTensor} accepted. */
export function loadTensor({ dtype, shape, data }: StoredTensor): TensorValue {
  return { dtype, shape, data: elementTypes[dtype].load(data) } as TensorValue;
}

/** A number that somebody wrote, as an element of a type is stored: rounded to a float, 64 bits as digits. */
export const writtenElement = (dtype: TensorType, value: number): StoredElement =>
  elementTypes[dtype].written(value);

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
  const [left, right] = [a, b].map(comparable);
  let largest = 0;
  for (let i = 0; i < left.length; i++) {
    const [x, y] = [left[i], right[i]];
    if (Object.is(x, y) || x === y) continue;
    // Written so that NaN on one side alone is as far apart as can be.
    const step = typeof x === "string" || a.dtype === "bool" ? Infinity : distance(x, y);
    largest = step <= largest ? largest : Number.isNaN(step) ? Infinity : step;
  }
  return largest;
}

/** Elements that can be subtracted, or texts. */
const comparable = ({ dtype, data }: TensorValue): ArrayLike<number | bigint | string> =>
  dtype === "float16" ? Float32Array.from(data, float16Value) : data;

const distance = (x: number | bigint | string, y: number | bigint | string): number =>
  typeof x === "bigint" && typeof y === "bigint" ? Math.abs(Number(x - y)) : Math.abs(Number(x) - Number(y));
