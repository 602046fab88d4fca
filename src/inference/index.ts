export { inferenceErrors } from "./errors.js";
export { checkInputs } from "./input-tensors.js";
export { loadGraph, type LoadedGraph } from "./loaded-graph.js";
export { loadModel, type LoadContext, type LoadedModel } from "./loaded-model.js";
export type { Session, SessionFactory, SessionOptions } from "./ports.js";
export { warmUp, type WarmUpReport } from "./warm-up.js";
