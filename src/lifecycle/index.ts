export { evaluateRange, type RangeEvaluation } from "./evaluate-range.js";
export type {
  FeedbackReceipt,
  IngestReceipt,
  LiveModel,
  LiveProject,
  LiveSource,
  Prediction,
  Readiness,
  Refusal,
} from "./live-project.js";
export { openLiveProject, type LiveOptions } from "./open-live-project.js";
export { findModel, findSource, type Project } from "./project.js";
export { monitor, type MonitoredWindow, type MonitorRequest, type MonitorResult } from "./monitor.js";
export { exportVersion, importVersion } from "./exchange-packages.js";
export { rollBack } from "./promote.js";
export { readVersion } from "./read-version.js";
export { replay, type ReplayRequest, type ReplayResult, type ReplayTarget } from "./replay.js";
export { report, type ReportRequest } from "./report.js";
export type {
  ComparedModel,
  EvidenceState,
  FeatureDrift,
  Importance,
  Interval,
  MonitoringReport,
  MonitoringWindow,
  NotRun,
  ProfiledColumn,
  ReplayReport,
  ReportCalibration,
  ReportData,
  Slice,
  SliceDimension,
} from "./report-data.js";
export { snapshotData } from "./snapshot-data.js";
export { train, type TrainResult } from "./train.js";
export { verifyFeatures, type FeatureVerification } from "./verify-features.js";
