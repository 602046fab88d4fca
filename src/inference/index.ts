export { inferenceErrors } from "./errors.js";
export { checkInputs, checkTensors, type UnfitInput } from "./input-tensors.js";
export { loadGraph, type LoadedGraph } from "./loaded-graph.js";
export { loadModel, type LoadContext, type LoadedModel } from "./loaded-model.js";
export type { Session, SessionFactory, SessionOptions } from "./ports.js";
export type {
  Infer,
  Inferred,
  InferOptions,
  InferStatistics,
  Origin,
  Passage,
  ServedGraph,
  Tally,
} from "./infer.js";
export { boundedAnswers, type AnswerLimits } from "./resilience/bounded-answers.js";
export type { BreakerState } from "./resilience/breaker.js";
export type { ResponseCache, ResponseCacheStatistics } from "./resilience/cache-port.js";
export type { DeclaredAnswer } from "./resilience/default-answer.js";
export type { FallbackModel, StandInPlan } from "./resilience/fallback.js";
export { rejectFallbackCycles } from "./resilience/fallback-cycles.js";
export {
  protect,
  type Protected,
  type ProtectionPorts,
  type ProtectionStatistics,
} from "./resilience/protected.js";
export { protectModel, type ProtectedModel } from "./protected-model.js";
export {
  compileResilience,
  type CompiledResilience,
  type ResilienceOptions,
} from "./resilience/resilience-options.js";
export { decodeTensors, encodeTensors } from "./resilience/tensor-bytes.js";
export type { Timers } from "./resilience/timers.js";
export { compileBatching, type Batching, type BatchingOptions } from "./queue/batching.js";
export { rowsAreIndependent } from "./queue/row-independence.js";
export { serveGraph, type ServeOptions } from "./queue/served-graph.js";
export { compileModelServing, type ModelServing, type ModelServingOptions } from "./model-serving.js";
export { openServedGraph, type OpenedGraph } from "./open-served-graph.js";
export { openPlacedModel, type PlacedModel } from "./placed-model.js";
export { requireWanted } from "./wanted.js";
export { statisticsRecorder, type StatisticsRecorder } from "./queue/infer-statistics.js";
export { stepStream, type StepStream, type StreamSpec } from "./stream/step-stream.js";
