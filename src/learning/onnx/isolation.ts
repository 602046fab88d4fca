import { exponentScale, type IsolationModel } from "../isolation/model.js";
import { addFeatures } from "./features.js";
import type { GraphBuilder } from "./graph.js";
import { nodeAttributes, targetAttributes } from "./tree-nodes.js";

/**
 * The forest as one TreeEnsembleRegressor, which sums path lengths tree by tree, and two elementwise operations
 * on the sum. Output: `score` float32 [N]. Closes the graph.
 */
export function addIsolation(graph: GraphBuilder, model: IsolationModel): Uint8Array {
  const { trees } = model;
  const matrix = addFeatures(graph, model.features);
  graph.add({
    type: "TreeEnsembleRegressor",
    domain: "ai.onnx.ml",
    inputs: [matrix.value],
    outputs: ["length"],
    attributes: {
      ...nodeAttributes(trees, matrix.columnOf),
      ...targetAttributes(trees, (tree, node) => [trees[tree].pathLength[node]]),
      n_targets: { int: 1 },
    },
  });
  const scale = graph.floats("scale", [exponentScale(model)]);
  graph.add({ type: "Mul", inputs: ["length", scale], outputs: ["exponent"] });
  graph.add({ type: "Pow", inputs: [graph.floats("base", [2]), "exponent"], outputs: ["strangeness"] });
  graph.add({ type: "Squeeze", inputs: ["strangeness", graph.ints("second", [1])], outputs: ["score"] });
  return graph.finish("score");
}
