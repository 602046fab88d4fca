import type { onnx } from "onnx-proto";
import { describe, expect, it } from "vitest";
import { onnxruntimeSessions } from "../../adapters/onnxruntime/index.js";
import { seededInputs, type Tensors, type TensorValue } from "../../registry/index.js";
import { handDriven, pairs, rowsOfCall } from "./hand-driven-session.testing.js";
import { rowsAreIndependent } from "./row-independence.js";
import { encodeGraph, sumGraph, textGraph } from "../small-graphs.testing.js";
import {
  everyTypeGraph,
  identityGraph,
  lookupGraph,
  noisyGraph,
  scalingGraph,
} from "../tensor-graphs.testing.js";

/** x with the mean of the batch taken away, or its running sum over the batch: rows that know of others. */
const minding = (opType: "Mean" | "CumSum") =>
  encodeGraph({
    node:
      opType === "CumSum"
        ? [{ opType, input: ["x", "rows"], output: ["y"] }]
        : [
            {
              opType: "ReduceMean",
              input: ["x"],
              output: ["mean"],
              attribute: [{ name: "axes", type: 7, ints: [0] }],
            },
            { opType: "Sub", input: ["x", "mean"], output: ["y"] },
          ],
    input: [tensor("x")],
    output: [tensor("y")],
    initializer: opType === "CumSum" ? [{ name: "rows", dataType: 7, dims: [], int64Data: [0] }] : [],
  });

const tensor = (name: string): onnx.IValueInfoProto => ({
  name,
  type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "n" }, { dimValue: 2 }] } } },
});
const floats = (rows: number, ...data: number[]): Tensors => ({
  x: { dtype: "float32", shape: [rows, data.length / rows], data: Float32Array.from(data) },
});
const ids = (...data: bigint[]): TensorValue => ({
  ...{ dtype: "int64", shape: [data.length] },
  data: BigInt64Array.from(data),
});

async function check(bytes: Uint8Array, probes?: readonly Tensors[]) {
  const session = await onnxruntimeSessions.open(bytes, { threads: 1 });
  const found = await rowsAreIndependent(session, session, probes ?? seededInputs(session, 2));
  await session.dispose();
  return found;
}

describe("rows are independent", () => {
  it.each<[string, Uint8Array, (readonly Tensors[])?]>([
    ["of a sum over columns", encodeGraph(sumGraph(3))],
    ["of texts and numbers", encodeGraph(textGraph(2, { a: 1, yes: 2 }))],
    ["of every type", everyTypeGraph()],
    ["of a table", lookupGraph([1, 2, 3])],
    ["given one by one", identityGraph(["n", 2]), [floats(1, 1, 2), floats(1, 3, 4)]],
  ])("%s", async (_what, bytes, probes) => {
    expect(await check(bytes, probes)).toBe(true);
  });

  it.each<[string, Uint8Array, (readonly Tensors[])?]>([
    ["when they know the mean of the batch", minding("Mean")],
    ["when they know the rows before them", minding("CumSum")],
    ["when an output has none", scalingGraph(2)],
    ["when there is a fixed number of them", identityGraph([2, 2])],
    ["when they are another at every time", noisyGraph(1)],
    ["when the engine refuses them", lookupGraph([1, 2, 3]), [{ ids: ids(0n, 7n) }]],
    ["when there is one to look at", identityGraph(["n", 2]), [floats(1, 1, 2)]],
    ["when those to look at are equal", identityGraph(["n", 2]), [floats(2, 1, 2, 1, 2)]],
    ["when each is of another kind", identityGraph(["n", "m"]), [floats(1, 1), floats(1, 1, 2)]],
    ["when there is none", identityGraph(["n", 2]), []],
  ])("not %s", async (_what, bytes, probes) => {
    expect(await check(bytes, probes)).toBe(false);
  });

  it("is not known when the session breaks", async () => {
    const { sessions, running } = handDriven(1);
    const found = Promise.allSettled([rowsAreIndependent(sessions[0], pairs, [{ x: rowsOfCall(1, 2) }])]);
    await running[0].fail(new Error("gone"));
    expect(await found).toMatchObject([{ reason: { message: "gone" } }]);
  });
});
