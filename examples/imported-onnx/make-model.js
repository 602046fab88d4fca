// Writes reader.onnx: the nearest of ten patterns. In place of this file stands whatever exports your model.
import { writeFile } from "node:fs/promises";
import onnxProto from "onnx-proto";
import { classes, patterns, pixels } from "./patterns.js";

const { ModelProto, TensorProto } = onnxProto.onnx;
const { FLOAT, INT64 } = TensorProto.DataType;

const tensor = (name, elemType, ...sizes) => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: {
        dim: sizes.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size })),
      },
    },
  },
});
const node = (opType, input, output, attribute = []) => ({ opType, input, output: [output], attribute });
const int = (name, i) => ({ name, type: onnxProto.onnx.AttributeProto.AttributeType.INT, i });

// The nearest pattern p has the largest 2 x·p − p·p.
const weights = Array.from({ length: pixels }, (_, pixel) => patterns.map((p) => 2 * p[pixel])).flat();
const norms = patterns.map((p) => p.reduce((sum, value) => sum + value * value, 0));

const model = {
  irVersion: 8,
  opsetImport: [{ domain: "", version: 15 }],
  producerName: "make-model.js",
  docString: "Reads 8 × 8 pixels as the nearest of ten patterns.",
  graph: {
    name: "reader",
    node: [
      node("MatMul", ["pixels", "weights"], "products"),
      node("Sub", ["products", "norms"], "scores"),
      node("ArgMax", ["scores"], "pattern", [int("axis", 1), int("keepdims", 0)]),
    ],
    input: [tensor("pixels", FLOAT, "batch", pixels)],
    output: [tensor("pattern", INT64, "batch"), tensor("scores", FLOAT, "batch", classes)],
    initializer: [
      { name: "weights", dataType: FLOAT, dims: [pixels, classes], floatData: weights },
      { name: "norms", dataType: FLOAT, dims: [classes], floatData: norms },
    ],
  },
};
await writeFile("reader.onnx", ModelProto.encode(model).finish());
