export { approveVersion, archiveVersion, rejectVersion, standingOf } from "./approve-version.js";
export type { Standing } from "./approve-version.js";
export { audit } from "./audit.js";
export { backfillFeatures, rollBackView, type Backfill, type BackfilledView } from "./backfill-features.js";
export { buildTrainingSet, type BuiltTrainingSet } from "./build-training-set.js";
export { collectGarbage, holdBlob, releaseBlob, type Garbage } from "./collect-garbage.js";
export { compareRuns, listRuns, showRun, type RunComparison, type RunView } from "./compare-runs.js";
export { compareVersions, type VersionComparison } from "./compare-versions.js";
export {
  describeFeatures,
  describeView,
  type DescribedFeature,
  type DescribedView,
} from "./describe-features.js";
export { evaluateRange, type RangeEvaluation } from "./evaluate-range.js";
export { getFeatures, type RequestFeatures } from "./get-features.js";
export { importModel, type ImportedModel, type ModelFile } from "./import-model.js";
export { lineage, type Lineage } from "./lineage.js";
export type { FeedbackReceipt, IngestReceipt, LiveModel, LiveProject, LiveSource } from "./live-project.js";
export type { Prediction, Readiness, Refusal, Remark } from "./live-project.js";
export { openModel, type OpenedModel } from "./open-model.js";
export { openLiveProject, type LiveOptions } from "./open-live-project.js";
export { findModel, findSource, type Project } from "./project.js";
export { monitor, type MonitoredWindow, type MonitorRequest, type MonitorResult } from "./monitor.js";
export { exportVersion, importVersion } from "./exchange-packages.js";
export { promoteOnRecord, rollBack } from "./promote.js";
export { listVersions, readVersion, versionNamed } from "./read-version.js";
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
export { reproduceRun, type Reproduction } from "./reproduce-run.js";
export { listFailures, snapshotData, type Failures } from "./snapshot-data.js";
export { testMetrics } from "./test-metrics.js";
export { train, type TrainResult } from "./train.js";
export { verifyFeatures, type FeatureVerification, type ViewAge } from "./verify-features.js";
export { profileData, validateData, type DataProfile } from "./validate-data.js";
