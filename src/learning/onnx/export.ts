import type { FittedModel } from "../fitted-model.js";
import { addFeatures, probabilityOutput } from "./features.js";
import { graphBuilder, type GraphInfo } from "./graph.js";
import { addLinear } from "./linear.js";
import { addTrees } from "./trees.js";

/**
 * The model as an ONNX file with its preprocessing inside. Inputs, each only if the model has such features,
 * columns in the model's order: `numeric` float32 [N, n], NaN for missing; `text` string [N, m], empty for
 * missing. Output: `probability` float32 [N]. Equal models give equal bytes. A row's probability does not
 * depend on the rows beside it (ONNX Runtime, one thread).
 */
export function toOnnx(model: FittedModel, info: GraphInfo): Uint8Array {
  const graph = graphBuilder(info);
  const matrix = addFeatures(graph, model.features);
  if (model.kind === "gbdt") addTrees(graph, model, matrix);
  else addLinear(graph, model, matrix);
  return graph.finish(probabilityOutput);
}
