import type { FittedModel } from "../fitted-model.js";
import { addFeatures } from "./features.js";
import type { GraphInfo } from "./graph-maker.js";
import { graphBuilder } from "./graph.js";
import { addIsolation } from "./isolation.js";
import { addLinear } from "./linear.js";
import { addTrees } from "./trees.js";

/**
 * The model as an ONNX file with its preprocessing inside. Inputs, each only if the model has such features,
 * columns in the model's order: `numeric` float32 [N, n], NaN for missing; `text` string [N, m], empty for
 * missing. Output, float32: `probability` [N] (binary), `probabilities` [N, classes], `value` [N] or `score` [N]
 * (anomaly). Equal models give equal bytes. A row's output does not depend on the rows beside it (ONNX Runtime, one
 * thread).
 */
export function toOnnx(model: FittedModel, info: GraphInfo): Uint8Array {
  const graph = graphBuilder(info);
  if (model.kind === "linear") return addLinear(graph, model);
  if (model.kind === "isolation") return addIsolation(graph, model);
  return addTrees(graph, model, addFeatures(graph, model.features));
}
