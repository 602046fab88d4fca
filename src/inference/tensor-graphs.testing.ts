import { onnx } from "onnx-proto";
import { encodeGraph } from "./small-graphs.testing.js";

/** Small ONNX graphs of any inputs and outputs, whose results can be computed by hand, for tests. */

const { FLOAT, FLOAT16, DOUBLE, INT8, INT16, INT32, INT64, BOOL, STRING } = onnx.TensorProto.DataType;
const { UINT8, UINT16, UINT32, UINT64, BFLOAT16 } = onnx.TensorProto.DataType;
const attribute = onnx.AttributeProto.AttributeType;

type Dims = readonly (string | number)[];

function tensor(name: string, elemType: number, dims: Dims): onnx.IValueInfoProto {
  const dim = dims.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

const node = (opType: string, input: string[], output: string, rest: onnx.INodeProto = {}) => ({
  opType,
  input,
  output: [output],
  ...rest,
});

/** One input and one output of every type, each of shape [n]: what goes in comes out, bools the other way round. */
export const everyTypeGraph = (): Uint8Array => {
  const signed = { int8: INT8, int16: INT16, int32: INT32, int64: INT64 };
  const unsigned = { uint8: UINT8, uint16: UINT16, uint32: UINT32, uint64: UINT64 };
  const floats = { float32: FLOAT, float64: DOUBLE, float16: FLOAT16 };
  const kept = Object.entries({ ...floats, ...signed, ...unsigned, string: STRING });
  return encodeGraph({
    node: [
      ...kept.map(([name]) => node("Identity", [name], `${name}_out`)),
      node("Not", ["bool"], "bool_out"),
    ],
    input: [...kept, ["bool", BOOL] as const].map(([name, type]) => tensor(name, type, ["n"])),
    output: [...kept, ["bool", BOOL] as const].map(([name, type]) => tensor(`${name}_out`, type, ["n"])),
  });
};

/** y = x · scale for x of shape [batch, 2]; sum = all of y. */
export const scalingGraph = (scale: number, changes: onnx.IModelProto = {}): Uint8Array =>
  encodeGraph(
    {
      node: [
        node("Mul", ["x", "scale"], "y"),
        node("ReduceSum", ["y"], "sum", { attribute: [{ name: "keepdims", type: attribute.INT, i: 0 }] }),
      ],
      input: [tensor("x", FLOAT, ["batch", 2])],
      output: [tensor("y", FLOAT, ["batch", 2]), tensor("sum", FLOAT, [])],
      initializer: [{ name: "scale", dataType: FLOAT, dims: [], floatData: [scale] }],
    },
    changes,
  );

/** Rows of a table by number: indices beyond it are refused while it computes. */
export const lookupGraph = (table: readonly number[]): Uint8Array =>
  encodeGraph({
    node: [node("Gather", ["table", "ids"], "found")],
    input: [tensor("ids", INT64, ["n"])],
    output: [tensor("found", FLOAT, ["n"])],
    initializer: [{ name: "table", dataType: FLOAT, dims: [table.length], floatData: [...table] }],
  });

/** Demands as many elements as `size`, whatever the signature says. */
export const fussyGraph = (size: number): Uint8Array =>
  encodeGraph({
    node: [node("Reshape", ["x", "size"], "y")],
    input: [tensor("x", FLOAT, ["n"])],
    output: [tensor("y", FLOAT, [size])],
    initializer: [{ name: "size", dataType: INT64, dims: [1], int64Data: [size] }],
  });

/** x plus noise in [0, width), another one at every call. */
export const noisyGraph = (width: number): Uint8Array =>
  encodeGraph({
    node: [
      node("RandomUniformLike", ["x"], "noise", {
        attribute: [
          { name: "low", type: attribute.FLOAT, f: 0 },
          { name: "high", type: attribute.FLOAT, f: width },
        ],
      }),
      node("Add", ["x", "noise"], "y"),
    ],
    input: [tensor("x", FLOAT, ["n"])],
    output: [tensor("y", FLOAT, ["n"])],
  });

/** The logarithm: NaN below 0, minus infinity at 0. */
export const logarithmGraph = (): Uint8Array =>
  encodeGraph({
    node: [node("Log", ["x"], "y")],
    input: [tensor("x", FLOAT, ["n"])],
    output: [tensor("y", FLOAT, ["n"])],
  });

/** A graph whose second output is no tensor, as scikit-learn's classifiers have it: a map for each row. */
export const zipMapGraph = (): Uint8Array =>
  encodeGraph({
    node: [
      node("Identity", ["x"], "y"),
      node("ZipMap", ["x"], "maps", {
        domain: "ai.onnx.ml",
        attribute: [{ name: "classlabels_int64s", type: attribute.INTS, ints: [0, 1] }],
      }),
    ],
    input: [tensor("x", FLOAT, ["n", 2])],
    output: [
      tensor("y", FLOAT, ["n", 2]),
      {
        name: "maps",
        type: {
          sequenceType: {
            elemType: { mapType: { keyType: INT64, valueType: { tensorType: { elemType: FLOAT } } } },
          },
        },
      },
    ],
  });

const castGraph = (elemType: number) =>
  encodeGraph({
    node: [node("Cast", ["x"], "y", { attribute: [{ name: "to", type: attribute.INT, i: elemType }] })],
    input: [tensor("x", FLOAT, ["n"])],
    output: [tensor("y", elemType, ["n"])],
  });

/** x rounded to float16. */
export const halfGraph = (): Uint8Array => castGraph(FLOAT16);

/** A tensor of a type that is not taken. */
export const brainFloatGraph = (): Uint8Array => castGraph(BFLOAT16);

/** Adds 1 to x as often as `trips` says, an input if it is left out. */
export const loopGraph = (trips?: number): Uint8Array => {
  const body: onnx.IGraphProto = {
    name: "body",
    node: [node("Identity", ["go_on"], "goes_on"), node("Add", ["before", "one"], "after")],
    input: [tensor("trip", INT64, []), tensor("go_on", BOOL, []), tensor("before", FLOAT, ["n"])],
    output: [tensor("goes_on", BOOL, []), tensor("after", FLOAT, ["n"])],
  };
  return encodeGraph({
    node: [
      node("Loop", ["trips", "yes", "x"], "y", {
        attribute: [{ name: "body", type: attribute.GRAPH, g: body }],
      }),
    ],
    input: [tensor("x", FLOAT, ["n"]), ...(trips === undefined ? [tensor("trips", INT64, [])] : [])],
    output: [tensor("y", FLOAT, ["n"])],
    initializer: [
      ...(trips === undefined ? [] : [{ name: "trips", dataType: INT64, dims: [], int64Data: [trips] }]),
      { name: "yes", dataType: BOOL, dims: [], int32Data: [1] },
      { name: "one", dataType: FLOAT, dims: [], floatData: [1] },
    ],
  });
};

/** Computes for longer than anybody waits. */
export const endlessGraph = (): Uint8Array => loopGraph(2 ** 53 - 1);

/** Needs so many bytes for every element of x. */
export const greedyGraph = (bytes: number): Uint8Array =>
  encodeGraph({
    node: [
      node("Shape", ["x"], "length"),
      node("Mul", ["length", "factor"], "size"),
      node("ConstantOfShape", ["size"], "zeros"),
      node("ReduceSum", ["zeros"], "y", { attribute: [{ name: "keepdims", type: attribute.INT, i: 1 }] }),
    ],
    input: [tensor("x", FLOAT, ["n"])],
    output: [tensor("y", FLOAT, [1])],
    initializer: [{ name: "factor", dataType: INT64, dims: [1], int64Data: [Math.ceil(bytes / 4)] }],
  });

/** y = x · weights for weights of so many bytes; y is of shape [n, 1024], and x has a column for every 4 KiB. */
export const heavyGraph = (bytes: number): Uint8Array => {
  const rows = Math.ceil(bytes / 4096);
  const weights = new Float32Array(rows * 1024).map((_, i) => (i % 7) / 8);
  return encodeGraph({
    node: [node("MatMul", ["x", "weights"], "y")],
    input: [tensor("x", FLOAT, ["n", rows])],
    output: [tensor("y", FLOAT, ["n", 1024])],
    initializer: [
      {
        ...{ name: "weights", dataType: FLOAT, dims: [rows, 1024] },
        rawData: new Uint8Array(weights.buffer),
      },
    ],
  });
};

/** A constant: nothing goes in. */
export const constantGraph = (): Uint8Array =>
  encodeGraph({
    node: [node("Identity", ["c"], "y")],
    input: [],
    output: [tensor("y", FLOAT, [])],
    initializer: [{ name: "c", dataType: FLOAT, dims: [], floatData: [1] }],
  });

/** Takes x and gives nothing. */
export const silentGraph = (): Uint8Array =>
  encodeGraph({ node: [node("Identity", ["x"], "y")], input: [tensor("x", FLOAT, ["n"])], output: [] });

/** As many zeros as it is asked for. */
export const zerosGraph = (): Uint8Array =>
  encodeGraph({
    node: [node("ConstantOfShape", ["n"], "y")],
    input: [tensor("n", INT64, [1])],
    output: [tensor("y", FLOAT, ["m"])],
  });

/** x to y, of any dimensions. */
export const identityGraph = (dims: Dims): Uint8Array =>
  encodeGraph({
    node: [node("Identity", ["x"], "y")],
    input: [tensor("x", FLOAT, dims)],
    output: [tensor("y", FLOAT, dims)],
  });

/** Texts x of shape [n] to y. */
export const textsGraph = (): Uint8Array =>
  encodeGraph({
    node: [node("Identity", ["x"], "y")],
    input: [tensor("x", STRING, ["n"])],
    output: [tensor("y", STRING, ["n"])],
  });

const external = (location: string): onnx.ITensorProto => ({
  ...{ name: "scale", dataType: FLOAT, dims: [], dataLocation: 1 },
  externalData: [{ key: "location", value: location }],
});

/** Files that no engine may run, by what is wrong with them. */
export function brokenModels(): Readonly<Record<string, Uint8Array>> {
  const whole = scalingGraph(2);
  const scaled = (changes: onnx.IGraphProto) =>
    encodeGraph({
      node: [node("Mul", ["x", "scale"], "y")],
      input: [tensor("x", FLOAT, ["n"])],
      output: [tensor("y", FLOAT, ["n"])],
      ...changes,
    });
  const scalar = { name: "scale", dataType: FLOAT, dims: [], floatData: [1] };
  return {
    "an empty file": new Uint8Array(0),
    text: new TextEncoder().encode("# not a model\n".repeat(20)),
    "a file cut in half": whole.subarray(0, whole.length >> 1),
    "a file without its last byte": whole.subarray(0, -1),
    // Field 7, the graph, of 2,147,483,647 bytes that are not there.
    "a length of 2 GB": Uint8Array.from([0x08, 0x08, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 2, 3]),
    "an operator set of the future": scalingGraph(2, { opsetImport: [{ domain: "", version: 999 }] }),
    "a domain that nobody knows": scaled({
      node: [node("Mul", ["x", "scale"], "y", { domain: "com.example" })],
      initializer: [scalar],
    }),
    "a cycle": scaled({
      node: [node("Mul", ["x", "b"], "a"), node("Mul", ["a", "scale"], "b"), node("Identity", ["b"], "y")],
      initializer: [scalar],
    }),
    "an input from nowhere": scaled({ initializer: [] }),
    "weights in another file": scaled({ initializer: [external("package.json")] }),
    "weights in a file of the system": scaled({ initializer: [external("/etc/hostname")] }),
    "weights in a file above": scaled({ initializer: [external("../../../../../etc/hostname")] }),
    "weights of an exabyte": scaled({
      initializer: [{ name: "scale", dataType: FLOAT, dims: [2 ** 30, 2 ** 28] }],
    }),
    "a negative dimension": scaled({ initializer: [{ name: "scale", dataType: FLOAT, dims: [-5] }] }),
  };
}
