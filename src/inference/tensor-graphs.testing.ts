import { onnx } from "onnx-proto";
import { encodeGraph } from "./small-graphs.testing.js";

/** Small ONNX graphs of any inputs and outputs, whose results can be computed by hand, for tests. */

const { FLOAT, FLOAT16, DOUBLE, INT32, INT64, UINT8, BOOL, STRING } = onnx.TensorProto.DataType;
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
  const types = { float32: FLOAT, float64: DOUBLE, int32: INT32, int64: INT64, uint8: UINT8 };
  const kept = Object.entries({ ...types, string: STRING });
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

/** A tensor of a type that is not taken. */
export const halfGraph = (): Uint8Array =>
  encodeGraph({
    node: [node("Cast", ["x"], "y", { attribute: [{ name: "to", type: attribute.INT, i: FLOAT16 }] })],
    input: [tensor("x", FLOAT, ["n"])],
    output: [tensor("y", FLOAT16, ["n"])],
  });

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
