import { onnx } from "onnx-proto";
import { encodeGraph } from "../small-graphs.testing.js";

const { FLOAT, INT64, BOOL } = onnx.TensorProto.DataType;

function tensor(name: string, elemType: number, dims: readonly (string | number)[]): onnx.IValueInfoProto {
  const dim = dims.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/**
 * One step of a stream, which can be computed by hand: `next` is state · factor, `count` is turn + 1, and `done` says
 * whether `next` has reached `limit`. `state` and `factor` are float32 of shape [n, 1], `turn` an int64 of shape [1].
 */
export const stepGraph = (limit = 100): Uint8Array =>
  encodeGraph({
    node: [
      { opType: "Mul", input: ["state", "factor"], output: ["next"] },
      { opType: "Add", input: ["turn", "one"], output: ["count"] },
      { opType: "GreaterOrEqual", input: ["next", "limit"], output: ["done"] },
    ],
    input: [tensor("state", FLOAT, ["n", 1]), tensor("factor", FLOAT, ["n", 1]), tensor("turn", INT64, [1])],
    output: [tensor("next", FLOAT, ["n", 1]), tensor("count", INT64, [1]), tensor("done", BOOL, ["n", 1])],
    initializer: [
      { name: "one", dataType: INT64, dims: [1], int64Data: [1] },
      { name: "limit", dataType: FLOAT, dims: [], floatData: [limit] },
    ],
  });
