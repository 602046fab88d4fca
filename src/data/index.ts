export type { Bounds } from "./bounds.js";
export { expectColumn, expectDistribution, type ColumnRules } from "./column-expectation.js";
export type { ColumnRef } from "./column-ref.js";
export type { DatasetVersion, ExpectationOutcome, Fingerprint, Fingerprints, Verdict } from "./dataset.js";
export { dataErrors } from "./errors.js";
export {
  expectFresh,
  expectRow,
  expectRows,
  expectSorted,
  expectUnique,
  type Expectation,
  type Severity,
} from "./expectation.js";
export type { FailingRow, ReadableValue } from "./failing-row.js";
export type { DatasetCatalog, ReadOptions, Reject, RejectedRow, RejectedValue } from "./ports.js";
export type { NumberStream, StagedFile, TableEngine } from "./ports.js";
export type { DraftPart, FileColumn, FileDraft, FileField } from "./ports.js";
export type { FileMatrix, FileReading, FileRows } from "./ports.js";
export type { PartColumn, Publication, RowFile, RowFiles } from "./ports.js";
export type { ColumnProfile, NumberProfile, TextProfile } from "./profile.js";
export { readQuarantine, type QuarantinedRow } from "./quarantine.js";
export type { ReferenceDistribution } from "./reference-distribution.js";
export { compileRowExpectations, type Breach, type RowExpectations } from "./row-checks.js";
export { readDataset, snapshotSource, type Snapshot, type SnapshotPorts } from "./snapshot.js";
export {
  csv,
  json,
  parquet,
  type CsvOptions,
  type LocationOptions,
  type SourceLocation,
} from "./source-location.js";
export {
  events,
  table,
  type EventSource,
  type EventSourceOptions,
  type Source,
  type Spine,
  type TableSource,
} from "./source.js";
export { takeRows } from "./rows.js";
export { byGroup, stratified, type GroupSplit, type StratifiedSplit } from "./random-split.js";
export { splitPart, type HeldRows, type Split, type SplitRows } from "./split.js";
export { byTime, type TimeSplit } from "./time-split.js";
export { suggestExpectations, type Suggestion } from "./suggest-expectations.js";
export {
  profileSource,
  validateSource,
  type SourceProfile,
  type Validated,
  type ValidatedExpectation,
  type Validation,
} from "./validate.js";
