import { float16Bits, float16Value } from "./float16.js";

/** What the elements of a tensor are kept in, by ONNX element type. */
export interface ElementData {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  /** Bit patterns of IEEE 754 binary16. */
  readonly float16: Uint16Array;
  readonly int8: Int8Array;
  readonly int16: Int16Array;
  readonly int32: Int32Array;
  readonly int64: BigInt64Array;
  readonly uint8: Uint8Array;
  readonly uint16: Uint16Array;
  readonly uint32: Uint32Array;
  readonly uint64: BigUint64Array;
  /** A byte each, 0 or 1. */
  readonly bool: Uint8Array;
  readonly string: readonly string[];
}

/** Element types that models take and give. */
export type TensorType = keyof ElementData;

export type StoredElement = number | string | boolean;

interface ElementType<Data> {
  /** What an element looks like in JSON, for messages. */
  readonly expected: string;
  /** Whether a JSON value is an element, exactly as it is stored. */
  readonly holds: (value: unknown) => boolean;
  /** Whether data in memory is of the type that {@link ElementData} says. */
  readonly inMemory: (data: unknown) => boolean;
  readonly store: (data: Data) => readonly StoredElement[];
  readonly load: (stored: readonly StoredElement[]) => Data;
  /** A number as somebody writes it, as it is stored: rounded to a float, an integer of 64 bits as its digits. */
  readonly written: (value: number) => StoredElement;
}

const notFinite: readonly unknown[] = ["NaN", "Infinity", "-Infinity"];

const floats = <Data extends Float32Array | Float64Array | Uint16Array>(
  what: string,
  kind: { new (length: number): Data; from(values: readonly number[]): Data },
  bits: {
    readonly round: (value: number) => number;
    readonly of: (n: number) => number;
    readonly value: (n: number) => number;
  },
): ElementType<Data> => ({
  expected: `${what} or the text NaN, Infinity or -Infinity`,
  holds: (value) =>
    typeof value === "number"
      ? Number.isFinite(value) && Object.is(bits.round(value), value)
      : notFinite.includes(value),
  inMemory: (data) => data instanceof kind,
  store: (data) =>
    Array.from(data, (element) => {
      const value = bits.value(element);
      // 0 without its sign, which JSON would lose.
      return Number.isFinite(value) ? value + 0 : String(value);
    }),
  load: (stored) => kind.from(stored.map((value) => bits.of(Number(value)))),
  written: bits.round,
});

const same = (value: number): number => value;

type Wholes = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

const wholes = <Data extends Wholes>(
  expected: string,
  kind: { new (length: number): Data; from(values: readonly number[]): Data },
  [low, high]: readonly [number, number],
): ElementType<Data> => ({
  expected,
  holds: (value) => typeof value === "number" && Number.isInteger(value) && value >= low && value <= high,
  inMemory: (data) => data instanceof kind,
  store: (data) => Array.from(data),
  load: (stored) => kind.from(stored.map(Number)),
  written: same,
});

const digits = <Data extends BigInt64Array | BigUint64Array>(
  expected: string,
  kind: { new (length: number): Data; from(values: readonly bigint[]): Data },
  wrapped: (value: bigint) => bigint,
): ElementType<Data> => ({
  expected,
  holds: (value) =>
    typeof value === "string" &&
    /^(0|-?[1-9]\d{0,19})$/.test(value) &&
    wrapped(BigInt(value)) === BigInt(value),
  inMemory: (data) => data instanceof kind,
  store: (data) => Array.from<bigint, string>(data, String),
  load: (stored) => kind.from(stored.map(BigInt)),
  written: (value) => (Number.isSafeInteger(value) ? String(value) : value),
});

const bits = (count: number) => `a whole number of ${count} bits`;
const signed = (count: number) => [-(2 ** (count - 1)), 2 ** (count - 1) - 1] as const;
const unsigned = (count: number) => [0, 2 ** count - 1] as const;

export const elementTypes: { readonly [Type in TensorType]: ElementType<ElementData[Type]> } = {
  float32: floats<Float32Array>("a float32", Float32Array, { round: Math.fround, of: same, value: same }),
  float64: floats<Float64Array>("a number", Float64Array, { round: same, of: same, value: same }),
  float16: floats<Uint16Array>("a float16", Uint16Array, {
    round: (value) => float16Value(float16Bits(value)),
    of: float16Bits,
    value: float16Value,
  }),
  int8: wholes<Int8Array>("a whole number from -128 to 127", Int8Array, signed(8)),
  int16: wholes<Int16Array>(bits(16), Int16Array, signed(16)),
  int32: wholes<Int32Array>(bits(32), Int32Array, signed(32)),
  int64: digits<BigInt64Array>("the digits of a whole number of 64 bits", BigInt64Array, (value) =>
    BigInt.asIntN(64, value),
  ),
  uint8: wholes<Uint8Array>("a whole number from 0 to 255", Uint8Array, unsigned(8)),
  uint16: wholes<Uint16Array>(`${bits(16)} without a sign`, Uint16Array, unsigned(16)),
  uint32: wholes<Uint32Array>(`${bits(32)} without a sign`, Uint32Array, unsigned(32)),
  uint64: digits<BigUint64Array>(
    "the digits of a whole number of 64 bits without a sign",
    BigUint64Array,
    (value) => BigInt.asUintN(64, value),
  ),
  bool: {
    expected: "true or false",
    holds: (value) => typeof value === "boolean",
    inMemory: (data) => data instanceof Uint8Array && data.every((byte) => byte <= 1),
    store: (data) => Array.from(data, (byte) => byte === 1),
    load: (stored) => Uint8Array.from(stored, Number),
    written: same,
  },
  string: {
    expected: "a text",
    holds: (value) => typeof value === "string",
    inMemory: (data) => Array.isArray(data) && data.every((text) => typeof text === "string"),
    store: (data) => [...data],
    load: (stored) => stored.map(String),
    written: same,
  },
};
