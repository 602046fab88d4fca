import protobufs from "onnx-proto";

const { onnx } = protobufs;
/** Numbers in a row. */
export const inputs = 32;

/** A generator of numbers in [0, 1): the same model every time (Lehmer, MINSTD). */
function numbers(seed) {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const encoder = new TextEncoder();
const tensor = (name, size) => ({
  name,
  type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "n" }, { dimValue: size }] } } },
});
const bytesOf = (graph) =>
  onnx.ModelProto.encode(
    onnx.ModelProto.create({
      irVersion: 8,
      opsetImport: [
        { domain: "", version: 13 },
        { domain: "ai.onnx.ml", version: 3 },
      ],
      graph: { ...graph, input: [tensor("x", inputs)], output: [tensor("y", 1)] },
    }),
  ).finish();

/** So many trees of 31 leaves, balanced but for one, over 32 inputs in [0, 1). */
function treeModel(trees) {
  const next = numbers(5);
  const nodes = { treeids: [], nodeids: [], featureids: [], values: [], modes: [] };
  const [yes, no] = [[], []];
  const targets = { treeids: [], nodeids: [], ids: [], weights: [] };
  const split = 30;
  for (let tree = 0; tree < trees; tree++) {
    for (let node = 0; node < 2 * split + 1; node++) {
      const leaf = node >= split;
      nodes.treeids.push(tree);
      nodes.nodeids.push(node);
      nodes.featureids.push(leaf ? 0 : Math.floor(next() * inputs));
      nodes.values.push(leaf ? 0 : Math.fround(next()));
      nodes.modes.push(leaf ? "LEAF" : "BRANCH_LEQ");
      yes.push(leaf ? 0 : 2 * node + 1);
      no.push(leaf ? 0 : 2 * node + 2);
      if (!leaf) continue;
      targets.treeids.push(tree);
      targets.nodeids.push(node);
      targets.ids.push(0);
      targets.weights.push(Math.fround(next() - 0.5));
    }
  }
  const type = onnx.AttributeProto.AttributeType;
  const ints = (name, list) => ({ name, type: type.INTS, ints: list });
  const floats = (name, list) => ({ name, type: type.FLOATS, floats: list });
  return bytesOf({
    name: "trees",
    node: [
      {
        opType: "TreeEnsembleRegressor",
        domain: "ai.onnx.ml",
        input: ["x"],
        output: ["y"],
        attribute: [
          ints("nodes_treeids", nodes.treeids),
          ints("nodes_nodeids", nodes.nodeids),
          ints("nodes_featureids", nodes.featureids),
          floats("nodes_values", nodes.values),
          {
            name: "nodes_modes",
            type: type.STRINGS,
            strings: nodes.modes.map((mode) => encoder.encode(mode)),
          },
          ints("nodes_truenodeids", yes),
          ints("nodes_falsenodeids", no),
          ints("target_treeids", targets.treeids),
          ints("target_nodeids", targets.nodeids),
          ints("target_ids", targets.ids),
          floats("target_weights", targets.weights),
          { name: "n_targets", type: type.INT, i: 1 },
        ],
      },
    ],
  });
}

/** A multilayer perceptron with random weights, relu between its layers. */
function networkModel(sizes) {
  const next = numbers(6);
  const initializer = [];
  const node = [];
  sizes.slice(1).forEach((size, layer) => {
    const last = layer === sizes.length - 2;
    const weights = (name, dims) => {
      const count = dims.reduce((product, dim) => product * dim, 1);
      const floatData = Array.from({ length: count }, () =>
        Math.fround((next() - 0.5) / Math.sqrt(sizes[layer])),
      );
      initializer.push({ name, dims, dataType: 1, floatData });
      return name;
    };
    const from = layer === 0 ? "x" : `a${layer - 1}`;
    const to = last ? "y" : `z${layer}`;
    const input = [from, weights(`w${layer}`, [sizes[layer], size]), weights(`b${layer}`, [size])];
    node.push({ opType: "Gemm", input, output: [to] });
    if (!last) node.push({ opType: "Relu", input: [to], output: [`a${layer}`] });
  });
  return bytesOf({ name: "network", node, initializer });
}

/** The models by name, from the lightest on; two are those of the serving benchmark. */
export const models = {
  "network-64-32": () => networkModel([inputs, 64, 32, 1]),
  "trees-100": () => treeModel(100),
  "network-512-512": () => networkModel([inputs, 512, 512, 1]),
  "trees-500": () => treeModel(500),
};
