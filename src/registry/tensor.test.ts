import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../kernel/index.js";
import {
  elementCount,
  loadTensor,
  storedTensor,
  storeTensor,
  tensorDifference,
  tensorProblem,
  type TensorValue,
} from "./tensor.js";

const shapes = fc.array(fc.nat(3), { maxLength: 3 });

/** Tensors of every type, with the values that are hard to write down. */
const tensors: fc.Arbitrary<TensorValue> = shapes.chain((shape) => {
  const n = elementCount(shape);
  const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: n, maxLength: n });
  return fc.oneof(
    list(fc.float()).map((data) => ({ dtype: "float32" as const, shape, data: Float32Array.from(data) })),
    list(fc.double()).map((data) => ({ dtype: "float64" as const, shape, data: Float64Array.from(data) })),
    list(fc.integer()).map((data) => ({ dtype: "int32" as const, shape, data: Int32Array.from(data) })),
    list(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map((data) => ({
      ...{ dtype: "int64" as const, shape },
      data: BigInt64Array.from(data),
    })),
    list(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map((data) => ({
      ...{ dtype: "uint64" as const, shape },
      data: BigUint64Array.from(data),
    })),
    list(fc.integer({ min: -128, max: 127 })).map((data) => ({
      ...{ dtype: "int8" as const, shape },
      data: Int8Array.from(data),
    })),
    list(fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 })).map((data) => ({
      ...{ dtype: "int16" as const, shape },
      data: Int16Array.from(data),
    })),
    list(fc.nat(2 ** 16 - 1)).map((data) => ({
      ...{ dtype: "uint16" as const, shape },
      data: Uint16Array.from(data),
    })),
    list(fc.nat(2 ** 32 - 1)).map((data) => ({
      ...{ dtype: "uint32" as const, shape },
      data: Uint32Array.from(data),
    })),
    list(fc.nat(2 ** 16 - 1)).map((data) => ({
      ...{ dtype: "float16" as const, shape },
      data: Uint16Array.from(data),
    })),
    list(fc.nat(255)).map((data) => ({ dtype: "uint8" as const, shape, data: Uint8Array.from(data) })),
    list(fc.nat(1)).map((data) => ({ dtype: "bool" as const, shape, data: Uint8Array.from(data) })),
    list(fc.string({ unit: "grapheme" })).map((data) => ({ dtype: "string" as const, shape, data })),
  );
});

/** Without the sign of 0 and without what float16 keeps in a NaN. */
function plainElement(dtype: TensorValue["dtype"], item: unknown): unknown {
  if (dtype !== "float16") return item === 0 ? 0 : item;
  const bits = Number(item);
  return bits === 0x8000 ? 0 : (bits & 0x7fff) > 0x7c00 ? "NaN" : bits;
}

describe("tensors as JSON", () => {
  it("come back as they were, 0 without its sign", () => {
    fc.assert(
      fc.property(tensors, (value) => {
        const json = canonicalJson(storeTensor(value));
        const parsed: unknown = JSON.parse(json);
        const problems: string[] = [];
        if (!storedTensor(parsed, "t", problems)) throw new Error(problems.join());
        const back = loadTensor(parsed);
        const plain = ({ dtype, shape, data }: TensorValue) => ({
          ...{ dtype, shape },
          data: Array.from<unknown>(data).map((item) => plainElement(dtype, item)),
        });
        expect(plain(back)).toEqual(plain(value));
        expect(tensorDifference(value, back)).toBe(0);
        expect(tensorProblem(back)).toBeUndefined();
      }),
    );
  });

  it.each([
    [{ dtype: "float32", shape: [1], data: [0.1] }, "t.data[0] is not a float32"],
    [{ dtype: "int64", shape: [1], data: ["9223372036854775808"] }, "t.data[0] is not the digits"],
    [{ dtype: "int64", shape: [1], data: ["01"] }, "t.data[0] is not the digits"],
    [{ dtype: "int64", shape: [1], data: [1] }, "t.data[0] is not the digits"],
    [{ dtype: "int32", shape: [1], data: [2 ** 31] }, "t.data[0] is not a whole number of 32 bits"],
    [{ dtype: "uint8", shape: [1], data: [256] }, "t.data[0] is not a whole number from 0 to 255"],
    [{ dtype: "bool", shape: [1], data: [1] }, "t.data[0] is not true or false"],
    [{ dtype: "string", shape: [1], data: [null] }, "t.data[0] is not a text"],
    [{ dtype: "float64", shape: [2], data: [1, "nan"] }, "t.data[1] is not a number"],
    [{ dtype: "float64", shape: [2, 2], data: [1] }, "t has 1 elements for float64[2,2]"],
    [{ dtype: "float64", shape: [-1], data: [] }, "t is not a tensor"],
    [{ dtype: "float16", shape: [2], data: [1, 0.1] }, "t.data[1] is not a float16"],
    [{ dtype: "float16", shape: [1], data: [65_520] }, "t.data[0] is not a float16"],
    [{ dtype: "int8", shape: [1], data: [128] }, "t.data[0] is not a whole number from -128 to 127"],
    [{ dtype: "int16", shape: [1], data: [-32_769] }, "t.data[0] is not a whole number of 16 bits"],
    [
      { dtype: "uint16", shape: [1], data: [-1] },
      "t.data[0] is not a whole number of 16 bits without a sign",
    ],
    [{ dtype: "uint32", shape: [1], data: [2 ** 32] }, "t.data[0] is not a whole number of 32 bits without"],
    [{ dtype: "uint64", shape: [1], data: ["18446744073709551616"] }, "t.data[0] is not the digits"],
    [{ dtype: "uint64", shape: [1], data: ["-1"] }, "t.data[0] is not the digits"],
    [{ dtype: "bfloat16", shape: [], data: [1] }, "t is not a tensor"],
    [{ dtype: "toString", shape: [], data: [1] }, "t is not a tensor"],
    [{ dtype: "bool", shape: [], data: [true], more: 1 }, "t is not a tensor"],
    [null, "t is not a tensor"],
  ])("are refused as %j", (value, found) => {
    const problems: string[] = [];
    expect(storedTensor(value, "t", problems)).toBe(false);
    expect(problems.join()).toContain(found);
  });
});

describe("the difference of tensors", () => {
  const floats = (...data: number[]) =>
    ({ dtype: "float32", shape: [data.length], data: Float32Array.from(data) }) as const;
  it.each<[string, TensorValue, TensorValue, number]>([
    ["the largest of all elements", floats(1, 2, 3), floats(1, 2.5, 2.75), 0.5],
    ["0 for equal values that are not finite", floats(NaN, Infinity), floats(NaN, Infinity), 0],
    ["without end for NaN on one side", floats(1, NaN), floats(1, 0), Infinity],
    ["without end for NaN before a number", floats(NaN, 1), floats(0, 5), Infinity],
    ["without end for opposite infinities", floats(Infinity), floats(-Infinity), Infinity],
    ["without end for another shape", floats(1), { ...floats(1), shape: [1, 1] }, Infinity],
    [
      "without end for another type",
      floats(1),
      { dtype: "int32", shape: [1], data: Int32Array.of(1) },
      Infinity,
    ],
    [
      "without end for other texts",
      { dtype: "string", shape: [1], data: ["a"] },
      { dtype: "string", shape: [1], data: ["b"] },
      Infinity,
    ],
    [
      "without end for another truth",
      { dtype: "bool", shape: [1], data: Uint8Array.of(0) },
      { dtype: "bool", shape: [1], data: Uint8Array.of(1) },
      Infinity,
    ],
    [
      "exact for whole numbers beyond 2^53",
      { dtype: "int64", shape: [1], data: BigInt64Array.of(2n ** 53n) },
      { dtype: "int64", shape: [1], data: BigInt64Array.of(2n ** 53n + 1n) },
      1,
    ],
    [
      "that of the numbers for which patterns of float16 stand",
      // 1, the next above, NaN; 1, 2, NaN of another pattern.
      { dtype: "float16", shape: [3], data: Uint16Array.of(0x3c00, 0x3c01, 0x7e00) },
      { dtype: "float16", shape: [3], data: Uint16Array.of(0x3c00, 0x4000, 0x7e01) },
      1 - 2 ** -10,
    ],
    [
      "without end for a float16 beside NaN",
      { dtype: "float16", shape: [1], data: Uint16Array.of(0x7e00) },
      { dtype: "float16", shape: [1], data: Uint16Array.of(0x3c00) },
      Infinity,
    ],
    [
      "exact for whole numbers of 64 bits without a sign",
      { dtype: "uint64", shape: [1], data: BigUint64Array.of(0n) },
      { dtype: "uint64", shape: [1], data: BigUint64Array.of(2n ** 63n) },
      2 ** 63,
    ],
  ])("is %s", (_what, a, b, difference) => {
    expect(tensorDifference(a, b)).toBe(difference);
    expect(tensorDifference(b, a)).toBe(difference);
  });
});
