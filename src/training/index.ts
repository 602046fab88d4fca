export {
  compare,
  evaluate,
  evaluateSlices,
  evaluationConvention,
  ranked,
  type Comparison,
  type Evaluation,
  type Scored,
  type SliceEvaluation,
  type SliceRows,
} from "./evaluation.js";
export {
  atLeast,
  atMost,
  beatsBaseline,
  notWorseThan,
  type ChampionMetrics,
  type Gate,
  type GateInput,
  type GateOutcome,
} from "./gate.js";
export {
  model,
  slicesJson,
  type ModelDefinition,
  type ModelOptions,
  type MonitorOptions,
  type PredictionResponse,
  type SloOptions,
} from "./model.js";
export type { Run, RunStore, StepRecord } from "./ports.js";
export { describeExpression, type BinaryTask } from "./task.js";
export { gbdt, logistic, type FitContext, type FittedPipeline, type Trainer } from "./trainer.js";
