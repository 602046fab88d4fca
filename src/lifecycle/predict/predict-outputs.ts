import type { PartColumn } from "../../data/index.js";
import { storeTensors, tensorText, type TensorSpec, type TensorValue } from "../../registry/index.js";
import { predictErrors } from "./predict-errors.js";

const types: Readonly<Record<string, PartColumn["type"]>> = {
  ...{ float16: "float", float32: "float", float64: "double" },
  ...{ int8: "int", int16: "int", int32: "int", int64: "bigint" },
  ...{ uint8: "int", uint16: "int", uint32: "bigint", uint64: "ubigint" },
  ...{ bool: "bool", string: "text" },
};

/** The columns of an output: its name where a row has one element, else `name_0`, `name_1` and so on. */
export function elementColumns(
  { name, dtype }: TensorSpec,
  width: number,
): readonly Pick<PartColumn, "name" | "type">[] {
  const type = types[dtype];
  if (width === 1) return [{ name, type }];
  return Array.from({ length: width }, (_, element) => ({ name: `${name}_${element}`, type }));
}

interface Batched {
  readonly batches: readonly (readonly [from: number, to: number])[];
  readonly tensors: readonly TensorValue[];
}

/** An output of all batches as columns. Throws MW1173 where it does not have equally many elements for every row. */
export function answerColumns(spec: TensorSpec, { batches, tensors }: Batched): readonly PartColumn[] {
  const width = elementsOf(tensors[0]);
  tensors.forEach((tensor, i) => {
    const [from, to] = batches[i];
    if (tensor.shape[0] !== to - from || elementsOf(tensor) !== width)
      throw notByRow(spec, tensor, to - from);
  });
  const [[first, end]] = batches;
  const batchRows = end - first;
  const data = tensors.map(elements);
  const bigs = spec.dtype === "uint32";
  return elementColumns(spec, width).map((column, element) => ({
    ...column,
    value: (row: number) => {
      const value = data[Math.floor(row / batchRows)][(row % batchRows) * width + element];
      if (spec.dtype === "bool") return value === 1;
      return bigs ? BigInt(value) : value;
    },
  }));
}

const elementsOf = ({ shape }: TensorValue): number =>
  shape.slice(1).reduce((product, size) => product * size, 1);

function elements(tensor: TensorValue): ArrayLike<number | bigint | string> {
  if (tensor.dtype !== "float16") return tensor.data;
  return storeTensors({ value: tensor }).value.data.map(Number);
}

function notByRow({ name }: TensorSpec, tensor: TensorValue, rows: number) {
  return predictErrors.error("MW1173", {
    expected: `output "${name}" to have equally many elements for each of ${rows} rows`,
    found: tensorText(tensor),
    remedy: "Export the model without this output, or ask it through a server.",
    details: { output: name },
  });
}
