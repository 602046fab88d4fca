import { onnx } from "onnx-proto";

/** Small ONNX graphs whose outputs can be computed by hand, for tests. */

const float = onnx.TensorProto.DataType.FLOAT;
const string = onnx.TensorProto.DataType.STRING;
const attribute = onnx.AttributeProto.AttributeType;

function tensor(name: string, elemType: number, dims: readonly (string | number)[]): onnx.IValueInfoProto {
  const dim = dims.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** Bytes of a model; `changes` replace parts of it. */
export function encodeGraph(graph: onnx.IGraphProto, changes: onnx.IModelProto = {}): Uint8Array {
  const model = {
    irVersion: 8,
    opsetImport: [
      { domain: "", version: 13 },
      { domain: "ai.onnx.ml", version: 3 },
    ],
    producerName: "test",
    graph: { name: "g", ...graph },
    ...changes,
  };
  return onnx.ModelProto.encode(onnx.ModelProto.create(model)).finish();
}

const constants: onnx.ITensorProto[] = [
  { name: "columns", dataType: onnx.TensorProto.DataType.INT64, dims: [1], int64Data: [1] },
  { name: "flat", dataType: onnx.TensorProto.DataType.INT64, dims: [1], int64Data: [-1] },
  { name: "zero", dataType: float, dims: [], floatData: [0] },
];

const reduceToRows = (input: string, output: string, keepdims: 0 | 1): onnx.INodeProto => ({
  opType: "ReduceSum",
  input: [input, "columns"],
  output: [output],
  attribute: [{ name: "keepdims", type: attribute.INT, i: keepdims }],
});

/** Missing values count as 0. */
const withoutMissing: onnx.INodeProto[] = [
  { opType: "IsNaN", input: ["numeric"], output: ["missing"] },
  { opType: "Where", input: ["missing", "zero", "numeric"], output: ["present"] },
];

/** sigmoid(sum of the columns), missing values as 0: [rows, columns] → [rows], or [rows, 1] if asked. */
export function sumGraph(columns: number, shape: "rows" | "rows x 1" = "rows"): onnx.IGraphProto {
  const flat = shape === "rows";
  return {
    node: [
      ...withoutMissing,
      reduceToRows("present", "sum", flat ? 0 : 1),
      { opType: "Sigmoid", input: ["sum"], output: ["probability"] },
    ],
    input: [tensor("numeric", float, ["rows", columns])],
    output: [tensor("probability", float, flat ? ["rows"] : ["rows", 1])],
    initializer: constants,
  };
}

/** The sum of the numeric columns and of the texts' weights (0 for any text that is not listed): [rows]. */
export function textGraph(columns: number, weights: Readonly<Record<string, number>>): onnx.IGraphProto {
  const encode: onnx.INodeProto = {
    opType: "LabelEncoder",
    domain: "ai.onnx.ml",
    input: ["text"],
    output: ["weights"],
    attribute: [
      {
        name: "keys_strings",
        type: attribute.STRINGS,
        strings: Object.keys(weights).map((key) => new TextEncoder().encode(key)),
      },
      { name: "values_floats", type: attribute.FLOATS, floats: Object.values(weights) },
      { name: "default_float", type: attribute.FLOAT, f: 0 },
    ],
  };
  return {
    node: [
      ...withoutMissing,
      encode,
      reduceToRows("present", "numbers", 0),
      reduceToRows("weights", "texts", 0),
      { opType: "Add", input: ["numbers", "texts"], output: ["probability"] },
    ],
    input: [tensor("numeric", float, ["rows", columns]), tensor("text", string, ["rows", 1])],
    output: [tensor("probability", float, ["rows"])],
    initializer: constants,
  };
}

/** The logarithm of the sum: not finite for sums of 0 and below. */
export function logGraph(columns: number): onnx.IGraphProto {
  return {
    node: [reduceToRows("numeric", "sum", 0), { opType: "Log", input: ["sum"], output: ["probability"] }],
    input: [tensor("numeric", float, ["rows", columns])],
    output: [tensor("probability", float, ["rows"])],
    initializer: constants,
  };
}

/** Promises one output per row and gives one per value. */
export function flatteningGraph(columns: number): onnx.IGraphProto {
  const reshape = { opType: "Reshape", input: ["numeric", "flat"], output: ["probability"] };
  return { ...logGraph(columns), node: [reshape] };
}
