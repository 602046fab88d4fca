export { comparePaired, type PairedComparison } from "./evaluation/comparison.js";
export { evaluateSlices, type BinarySliceEvaluation, type SliceRows } from "./evaluation/evaluate-slices.js";
export type { SliceEvaluation } from "./evaluation/evaluate-slices.js";
export { compare, evaluationConvention, evaluationFrom } from "./evaluation/evaluate.js";
export type { BinaryEvaluation, Comparison, Evaluation, EvaluationOf } from "./evaluation/evaluation.js";
export { replicateMetrics, type Figure, type Figures, type MetricReplicates } from "./evaluation/figures.js";
export { metricsOf, type EvaluationMetric } from "./evaluation/metric-table.js";
export { ranked, type BinaryScored, type Scored } from "./evaluation/scored.js";
export { scoredRows, type KnownRows } from "./evaluation/scored-rows.js";
export { findSlices, type FoundSlice, type SliceSearch } from "./evaluation/find-slices.js";
export { measureFairness, type FairnessGap, type FairnessReport } from "./evaluation/fairness.js";
export { assessRobustness, type RobustnessReport } from "./evaluation/robustness.js";
export { rowLosses } from "./evaluation/row-losses.js";
export { atLeast, atMost, beatsBaseline, calibrated, notWorseThan } from "./gate.js";
export type { BoundGate, ChampionComparison, Gate, GateInput, GateOutcome } from "./gate.js";
export { behaves, fairAcross, withstands } from "./gate-behaviour.js";
export { conformal, type Conformal } from "./conformal.js";
export { outputParts } from "./outputs.js";
export { findOddities } from "./oddities.js";
export { findLeakingFeatures } from "./leaks.js";
export type {
  Answers,
  CalibrationKind,
  ModelOptions,
  MonitorOptions,
  PredictionResponse,
  SloOptions,
} from "./model-options.js";
export { model, slicesJson, type ModelDefinition } from "./model.js";
export { answerOf, outputsOfAnswer, watchedOutputs, type Answer } from "./answer.js";
export { trainingErrors } from "./errors.js";
export { groupNumbers, inLearningOrder, learnsUnlabelled, outcomesOf, targetOf } from "./outcome.js";
export type { Outcomes } from "./outcome.js";
export type { PythonRunner, PythonTable, PythonWatch, Run, RunStore, StepRecord } from "./ports.js";
export type { RunWorker, RunWorkers } from "./ports.js";
export type { CodeState, Machine } from "./run-manifest.js";
export { describeExpression, describeTask, type Task, type TaskKind } from "./task.js";
export {
  gbdt,
  isolationForest,
  linear,
  logistic,
  type FitContext,
  type FittedPipeline,
  type LearningCurve,
  type Trainer,
} from "./trainer.js";
export type { PythonEnvironment, PythonFiles, PythonJob, PythonLimits, PythonOutcome } from "./ports.js";
export { catboost, lightgbm, python, sklearn, torch, xgboost } from "./python-trainer.js";
export { metricLoss, metricValues } from "./tuning/metric-values.js";
export { randomSearch, tpe } from "./tuning/search.js";
export { choice, float, integer, type Parameters } from "./tuning/space.js";
export { runTuning, tune, type TrialReport, type TuningReport } from "./tuning/tune.js";
