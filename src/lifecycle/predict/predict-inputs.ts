import type { FileField } from "../../data/index.js";
import type { Column } from "../../kernel/index.js";
import { loadTensors, type TensorSpec, type TensorType, type TensorValue } from "../../registry/index.js";
import type { RowValues } from "./predict-rows.js";

/** What is read of a file for one input. */
export interface InputColumns {
  readonly spec: TensorSpec;
  readonly fields: readonly FileField[];
}

type Numbers = Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

const numberArrays: Readonly<Partial<Record<TensorType, new (length: number) => Numbers>>> = {
  ...{ float64: Float64Array, bool: Uint8Array },
  ...{ int8: Int8Array, int16: Int16Array, int32: Int32Array },
  ...{ uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array },
};

/** Whether an input is read as the matrix that its tensor is. */
export const isMatrix = ({ spec }: InputColumns): boolean => spec.dtype === "float32";

/** The rows `[from, to)` of an input's columns as its tensor, row-major; of a matrix it is a view. */
export function inputTensor(
  input: InputColumns,
  { table, matrices }: RowValues,
  [from, to]: readonly [number, number],
): TensorValue {
  const { spec, fields } = input;
  const rows = to - from;
  if (isMatrix(input)) {
    const data = matrices[spec.name].subarray(from * fields.length, to * fields.length);
    return { dtype: "float32", shape: shapeOf(input, rows), data };
  }
  const columns = fields.map(({ name }) => table.columns[name]);
  const dtype = spec.dtype as TensorType;
  const shape = shapeOf(input, rows);
  const Numbers = numberArrays[dtype];
  if (Numbers !== undefined) {
    const data = new Numbers(rows * columns.length);
    columns.forEach((column, at) => fill(data, { column, from, rows, at, width: columns.length }));
    return { dtype, shape, data } as TensorValue;
  }
  const values = Array.from({ length: rows * columns.length }, (_, i) => {
    const column = columns[i % columns.length];
    const row = from + Math.floor(i / columns.length);
    return column.kind === "text" ? column.dictionary[column.codes[row]] : column.values[row];
  });
  if (dtype === "string") return { dtype, shape, data: values as string[] };
  if (dtype === "int64") return { dtype, shape, data: BigInt64Array.from(values, BigInt) };
  if (dtype === "uint64") return { dtype, shape, data: BigUint64Array.from(values, BigInt) };
  const data = values.map((value) => (Number.isFinite(value) ? value : String(value)));
  return loadTensors({ value: { dtype, shape, data } }).value;
}

const shapeOf = ({ spec, fields }: InputColumns, rows: number): readonly number[] => [
  rows,
  ...spec.shape.slice(1).map((size) => size ?? fields.length),
];

interface Filling {
  readonly column: Column;
  readonly from: number;
  readonly rows: number;
  /** Position of the column among those of its input. */
  readonly at: number;
  readonly width: number;
}

function fill(data: Numbers, { column, from, rows, at, width }: Filling): void {
  if (column.kind === "text") throw new TypeError("a number is read from a column of numbers");
  const { values } = column;
  for (let row = 0, to = at; row < rows; row++, to += width) data[to] = values[from + row];
}
