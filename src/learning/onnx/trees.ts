import type { GbdtModel, Tree } from "../gbdt/tree.js";
import { probabilityOutput, type FeatureMatrix } from "./features.js";
import type { Attribute, GraphBuilder } from "./graph.js";

/**
 * The ensemble as one TreeEnsembleClassifier with the logistic function inside. The classifier, rather than a
 * regressor followed by Sigmoid, because ONNX Runtime computes its logistic function one row at a time: the
 * vectorised Sigmoid may round a row differently depending on its place in the batch.
 */
export function addTrees(graph: GraphBuilder, model: GbdtModel, matrix: FeatureMatrix): void {
  graph.add({
    type: "TreeEnsembleClassifier",
    domain: "ai.onnx.ml",
    inputs: [matrix.value],
    outputs: ["label", "probabilities"],
    attributes: {
      ...nodeAttributes(model.trees, matrix),
      ...leafAttributes(model),
      classlabels_int64s: { ints: [0, 1] },
      post_transform: { text: "LOGISTIC" },
    },
  });
  const second = graph.ints("second", [1]);
  graph.add({
    type: "Gather",
    inputs: ["probabilities", second],
    outputs: ["positive"],
    attributes: { axis: { int: 1 } },
  });
  graph.add({ type: "Squeeze", inputs: ["positive", second], outputs: [probabilityOutput] });
}

/** One entry per node of all trees, in order. */
function nodeAttributes(trees: readonly Tree[], { columnOf }: FeatureMatrix): Record<string, Attribute> {
  const each = (pick: (tree: Tree) => readonly number[]) => trees.flatMap(pick);
  return {
    nodes_treeids: { ints: trees.flatMap((tree, id) => tree.feature.map(() => id)) },
    nodes_nodeids: { ints: each((tree) => [...tree.feature.keys()]) },
    nodes_modes: { texts: trees.flatMap((tree) => tree.feature.map((f) => (f < 0 ? "LEAF" : "BRANCH_LEQ"))) },
    nodes_featureids: { ints: each((tree) => tree.feature.map((f) => (f < 0 ? 0 : columnOf[f]))) },
    nodes_values: { floats: each((tree) => tree.threshold) },
    nodes_truenodeids: { ints: each((tree) => tree.left) },
    nodes_falsenodeids: { ints: each((tree) => tree.right) },
    nodes_missing_value_tracks_true: { ints: each((tree) => tree.missingLeft) },
  };
}

/**
 * One entry per leaf; a single class id makes the runtime treat the ensemble as binary. The base is part of
 * the first tree, since runtimes disagree on `base_values` of binary ensembles.
 */
function leafAttributes({ trees, base }: GbdtModel): Record<string, Attribute> {
  const leaves = trees.flatMap((tree, id) =>
    [...tree.feature.keys()]
      .filter((node) => tree.feature[node] < 0)
      .map((node) => ({ id, node, value: id === 0 ? base + tree.value[node] : tree.value[node] })),
  );
  return {
    class_treeids: { ints: leaves.map(({ id }) => id) },
    class_nodeids: { ints: leaves.map(({ node }) => node) },
    class_ids: { ints: leaves.map(() => 1) },
    class_weights: { floats: leaves.map(({ value }) => value) },
  };
}
