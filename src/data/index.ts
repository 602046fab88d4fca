export type { DatasetVersion, ExpectationOutcome, Fingerprint, Fingerprints } from "./dataset.js";
export { dataErrors } from "./errors.js";
export {
  expectRow,
  expectRows,
  type Expectation,
  type RowCountExpectation,
  type RowExpectation,
  type Severity,
} from "./expectation.js";
export type { DatasetCatalog, ReadOptions, Reject, StagedFile, TableEngine } from "./ports.js";
export type { ColumnProfile, NumberProfile, TextProfile } from "./profile.js";
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
export { events, type Source, type SourceOptions, type Spine } from "./source.js";
export { byTime, splitPart, type Split, type TimeSplit } from "./split.js";
