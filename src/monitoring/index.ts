export type { ColumnResult, ColumnSubject } from "./column-tests.js";
export { detectDrift, type DriftEvidence, type DriftResult } from "./drift-detector.js";
export { compileDriftPolicy, type DriftPolicy } from "./drift-policy.js";
export {
  assessLatency,
  compileLatencyPolicy,
  type LatencyEvidence,
  type LatencyPolicy,
  type LatencyResult,
} from "./latency-detector.js";
export { detectMissing, type MissingEvidence, type MissingResult } from "./missing-detector.js";
export {
  assessPerformance,
  type LabelCoverage,
  type MetricFinding,
  type OutcomeRow,
  type PerformanceEvidence,
  type PerformanceResult,
} from "./performance-detector.js";
export { compilePerformancePolicy, type PerformancePolicy } from "./performance-policy.js";
export { readReferenceProfile } from "./read-reference-profile.js";
export {
  buildReferenceProfile,
  type ColumnProfile,
  type FeatureColumn,
  type NumberProfile,
  type ProfileOptions,
  type ReferenceProfile,
  type TextProfile,
} from "./reference-profile.js";
export type { AnsweredState, FindingState, Unanswered } from "./state.js";
export { windowsBetween, type TimeWindow } from "./time-windows.js";
export {
  createWindowProfile,
  type ColumnCounts,
  type WindowCounts,
  type WindowProfile,
} from "./window-profile.js";
