import type { GbdtModel } from "../gbdt/tree.js";
import { probabilitiesOutput, probabilityOutput, valueOutput, type FeatureMatrix } from "./features.js";
import type { Attribute, GraphBuilder } from "./graph.js";
import { nodeAttributes } from "./tree-nodes.js";

/**
 * The ensemble as one operator, with the output of its task: `probability` [N], `probabilities` [N, classes] or
 * `value` [N]. Closes the graph.
 */
export function addTrees(graph: GraphBuilder, model: GbdtModel, matrix: FeatureMatrix): Uint8Array {
  if (model.task === "binary") return addBinary(graph, model, matrix);
  if (model.task === "multiclass") return addMulticlass(graph, model, matrix);
  return addRegression(graph, model, matrix);
}

const domain = "ai.onnx.ml";

/**
 * A classifier with the logistic function inside, rather than a regressor followed by Sigmoid, because ONNX
 * Runtime computes its logistic function one row at a time: the vectorised Sigmoid may round a row differently
 * depending on its place in the batch. A single class id makes the runtime treat the ensemble as binary.
 */
function addBinary(graph: GraphBuilder, model: GbdtModel, matrix: FeatureMatrix): Uint8Array {
  graph.add({
    type: "TreeEnsembleClassifier",
    domain,
    inputs: [matrix.value],
    outputs: ["label", "both"],
    attributes: {
      ...nodeAttributes(model.trees, matrix.columnOf),
      ...leafAttributes(model, "class", () => 1),
      classlabels_int64s: { ints: [0, 1] },
      post_transform: { text: "LOGISTIC" },
    },
  });
  const second = graph.ints("second", [1]);
  const axis = { axis: { int: 1 } };
  graph.add({ type: "Gather", inputs: ["both", second], outputs: ["positive"], attributes: axis });
  graph.add({ type: "Squeeze", inputs: ["positive", second], outputs: [probabilityOutput] });
  return graph.finish(probabilityOutput);
}

/** The softmax is inside for the same reason. */
function addMulticlass(graph: GraphBuilder, model: GbdtModel, matrix: FeatureMatrix): Uint8Array {
  const width = model.base.length;
  graph.add({
    type: "TreeEnsembleClassifier",
    domain,
    inputs: [matrix.value],
    outputs: ["label", probabilitiesOutput],
    attributes: {
      ...nodeAttributes(model.trees, matrix.columnOf),
      ...leafAttributes(model, "class", (tree) => tree % width),
      classlabels_int64s: { ints: [...model.base.keys()] },
      post_transform: { text: "SOFTMAX" },
    },
  });
  return graph.finish(probabilitiesOutput, width);
}

/** The exponential of the Poisson loss is taken in float64, so that no vectorised rounding reaches float32. */
function addRegression(graph: GraphBuilder, model: GbdtModel, matrix: FeatureMatrix): Uint8Array {
  const poisson = model.loss.name === "poisson";
  const score = poisson ? "score" : valueOutput;
  graph.add({
    type: "TreeEnsembleRegressor",
    domain,
    inputs: [matrix.value],
    outputs: ["column"],
    attributes: {
      ...nodeAttributes(model.trees, matrix.columnOf),
      ...leafAttributes(model, "target", () => 0),
      n_targets: { int: 1 },
      aggregate_function: { text: "SUM" },
      post_transform: { text: "NONE" },
    },
  });
  graph.add({ type: "Squeeze", inputs: ["column", graph.ints("second", [1])], outputs: [score] });
  if (poisson) {
    graph.add({ type: "Cast", inputs: [score], outputs: ["wide"], attributes: { to: { int: float64 } } });
    graph.add({ type: "Exp", inputs: ["wide"], outputs: ["mean"] });
    graph.add({
      type: "Cast",
      inputs: ["mean"],
      outputs: [valueOutput],
      attributes: { to: { int: float32 } },
    });
  }
  return graph.finish(valueOutput);
}

/** Data types of ONNX's TensorProto. */
const float32 = 1;
const float64 = 11;

/**
 * One entry per leaf. The base is part of the first round's trees, since runtimes disagree on `base_values` and
 * on the order in which they are added.
 */
function leafAttributes(
  { trees, base }: GbdtModel,
  prefix: "class" | "target",
  outputOf: (tree: number) => number,
): Record<string, Attribute> {
  const leaves = trees.flatMap((tree, id) =>
    [...tree.feature.keys()]
      .filter((node) => tree.feature[node] < 0)
      .map((node) => ({
        id,
        node,
        value: id < base.length ? base[id] + tree.value[node] : tree.value[node],
      })),
  );
  return {
    [`${prefix}_treeids`]: { ints: leaves.map(({ id }) => id) },
    [`${prefix}_nodeids`]: { ints: leaves.map(({ node }) => node) },
    [`${prefix}_ids`]: { ints: leaves.map(({ id }) => outputOf(id)) },
    [`${prefix}_weights`]: { floats: leaves.map(({ value }) => value) },
  };
}
