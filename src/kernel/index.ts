export { throwIfCancelled } from "./cancel.js";
export { manualClock, systemClock, type Clock } from "./clock.js";
export { durationMs, formatDuration, type Duration } from "./duration.js";
export { errorTable, isMillwrightError, MillwrightError, type ErrorFacts, type ErrorRow } from "./errors.js";
export {
  bindPositions,
  bindTable,
  compileExpression,
  evaluateNumbers,
  type Bind,
  type Reader,
} from "./evaluate.js";
export {
  columnsOf,
  columnsRead,
  expressionJson,
  hourOfDay,
  minuteOfDay,
  numberExpression,
  weekday,
  type BoolExpression,
  type Columns,
  type Expression,
  type ExpressionNode,
  type NumberExpression,
  type TimeExpression,
} from "./expression.js";
export { canonicalHash, canonicalJson, sha256, type Canonical } from "./hash.js";
export { checkNumber, rejectUnknownKeys } from "./options.js";
export { silentProgress, type Progress, type ProgressTask } from "./progress.js";
export { compileRecord, describeField, describeProblem, type Problem } from "./record.js";
export { seededRng, type Rng } from "./rng.js";
export {
  parseTimestamp,
  schemaJson,
  t,
  type FieldKind,
  type FieldSpec,
  type InputOf,
  type RecordOf,
  type Schema,
} from "./schema.js";
export { storageErrors } from "./storage-errors.js";
export type { AppendLog, BlobStore, LogBatch } from "./stores.js";
export { didYouMean, nearest } from "./suggest.js";
export {
  concatenateTables,
  tableOf,
  textColumn,
  valueAt,
  type Column,
  type NumberColumn,
  type Table,
  type TextColumn,
  type Value,
} from "./table.js";
