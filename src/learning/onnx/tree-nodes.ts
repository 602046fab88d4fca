import type { DecisionNodes } from "../decision-nodes.js";
import { placeOf } from "./category-columns.js";
import type { Attribute } from "./graph.js";

/** A node as ONNX has it. */
interface OnnxNode {
  readonly tree: number;
  readonly node: number;
  readonly mode: "LEAF" | "BRANCH_LEQ" | "BRANCH_EQ";
  readonly column: number;
  readonly value: number;
  readonly left: number;
  readonly right: number;
  readonly missingLeft: number;
}

/** Attributes of an ONNX tree ensemble that say how rows fall, tree by tree. */
export function nodeAttributes(
  trees: readonly DecisionNodes[],
  columnOf: readonly number[],
): Record<string, Attribute> {
  const nodes = trees.flatMap((tree, id) => onnxNodes(tree, id, columnOf));
  const ints = (pick: (node: OnnxNode) => number) => ({ ints: nodes.map(pick) });
  return {
    nodes_treeids: ints(({ tree }) => tree),
    nodes_nodeids: ints(({ node }) => node),
    nodes_modes: { texts: nodes.map(({ mode }) => mode) },
    nodes_featureids: ints(({ column }) => column),
    nodes_values: { floats: nodes.map(({ value }) => value) },
    nodes_truenodeids: ints(({ left }) => left),
    nodes_falsenodeids: ints(({ right }) => right),
    nodes_missing_value_tracks_true: ints(({ missingLeft }) => missingLeft),
  };
}

/** The tree's nodes under their numbers, and behind them what the tests of sets take besides. */
function onnxNodes(nodes: DecisionNodes, tree: number, columnOf: readonly number[]): readonly OnnxNode[] {
  const { feature, threshold, missingLeft, left, right, sets } = nodes;
  const further: OnnxNode[] = [];
  const own = feature.map((of, node): OnnxNode => {
    const at = { tree, node, column: of < 0 ? 0 : columnOf[of] };
    const set = sets?.[node];
    if (of < 0 || set === undefined) {
      const sides = { left: left[node], right: right[node], missingLeft: missingLeft[node] };
      return { ...at, mode: of < 0 ? "LEAF" : "BRANCH_LEQ", value: threshold[node], ...sides };
    }
    const members = missingLeft[node] === 1 ? [-1, ...set] : set;
    const first = feature.length + further.length;
    const [root, ...rest] = setChain(members, { ...at, left: left[node], right: right[node], first });
    further.push(...rest);
    return root;
  });
  return [...own, ...further];
}

/**
 * Whether a category is in a set, as a chain of tests for equality. True branches share their end, false ones do not,
 * as ONNX Runtime demands; tests in one column are neighbours, which it makes one test of.
 */
function setChain(
  members: readonly number[],
  at: Pick<OnnxNode, "tree" | "node" | "column" | "left" | "right"> & { readonly first: number },
): readonly OnnxNode[] {
  const { tree, left, first } = at;
  return members.map((category, i) => {
    const { column, value } = placeOf(category);
    return {
      tree,
      node: i === 0 ? at.node : first + i - 1,
      mode: "BRANCH_EQ",
      column: at.column + column,
      value,
      left,
      right: i === members.length - 1 ? at.right : first + i,
      missingLeft: 0,
    };
  });
}

/** Attributes of a TreeEnsembleRegressor's leaves. @param values per tree and node what its outputs gain */
export function targetAttributes(
  trees: readonly DecisionNodes[],
  values: (tree: number, node: number) => readonly number[],
): Record<string, Attribute> {
  const leaves = trees.flatMap((tree, id) =>
    [...tree.feature.keys()]
      .filter((node) => tree.feature[node] < 0)
      .flatMap((node) => values(id, node).map((value, target) => ({ id, node, target, value }))),
  );
  return {
    target_treeids: { ints: leaves.map(({ id }) => id) },
    target_nodeids: { ints: leaves.map(({ node }) => node) },
    target_ids: { ints: leaves.map(({ target }) => target) },
    target_weights: { floats: leaves.map(({ value }) => value) },
  };
}
