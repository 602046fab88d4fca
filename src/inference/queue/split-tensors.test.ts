import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededInputs, type Tensors, type TensorValue } from "../../registry/index.js";
import { areOfOneKind, joinRows, rowsOf, sliceRows } from "./split-tensors.js";

const types = [
  ...["float16", "float32", "float64", "int8", "int16", "int32", "int64"],
  ...["uint8", "uint16", "uint32", "uint64", "bool", "string"],
];
/** A tensor of every type, of the shapes [rows, 2, 3]. */
const sets = seededInputs({ inputs: types.map((dtype) => ({ name: dtype, dtype, shape: [null, 2, 3] })) }, 2);
const x = (
  shape: readonly number[],
  data = new Float32Array(shape.reduce((a, b) => a * b, 1)),
): TensorValue => ({
  ...{ dtype: "float32", shape },
  data,
});

describe("rows of tensors", () => {
  it("are those that were joined, in their order, of every type", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...sets), { minLength: 1, maxLength: 6 }), (parts) => {
        const joined = joinRows(parts);
        expect(rowsOf(joined)).toBe(parts.reduce((sum, part) => sum + (rowsOf(part) ?? 0), 0));
        let from = 0;
        for (const part of parts) {
          expect(sliceRows(joined, from, (from += rowsOf(part) ?? 0))).toEqual(part);
          expect(areOfOneKind(joined, part)).toBe(true);
        }
      }),
    );
  });

  it("are copies", () => {
    const data = Float32Array.of(1, 2);
    const slice = sliceRows({ x: x([2, 1], data) }, 1, 2);
    data.fill(9);
    expect(slice).toEqual({ x: x([1, 1], Float32Array.of(2)) });
    expect(slice.x.data).toMatchObject({ byteOffset: 0, buffer: { byteLength: 4 } });
  });

  it.each<[string, Tensors, number | undefined]>([
    ["the first dimension", { x: x([3, 2]), y: x([3]) }, 3],
    ["none at all", { x: x([0, 2]) }, 0],
    ["unknown for a single value", { x: x([3]), y: x([]) }, undefined],
    ["unknown when they differ", { x: x([3]), y: x([2]) }, undefined],
    ["unknown without tensors", {}, undefined],
  ])("are %s", (_what, tensors, rows) => {
    expect(rowsOf(tensors)).toBe(rows);
  });

  it.each<[string, Tensors]>([
    ["another name", { z: x([2, 3]) }],
    ["one more", { x: x([2, 3]), y: x([2]) }],
    ["none", {}],
    ["another rank", { x: x([2, 3, 1]) }],
    ["another size", { x: x([2, 4]) }],
    ["another type", { x: { dtype: "float64", shape: [2, 3], data: new Float64Array(6) } }],
  ])("are of another kind with %s", (_what, tensors) => {
    expect(areOfOneKind(tensors, { x: x([1, 3]) })).toBe(false);
    expect(areOfOneKind({ x: x([1, 3]) }, tensors)).toBe(false);
  });
});
