export { throwIfCancelled } from "./cancel.js";
export { manualClock, systemClock, type Clock } from "./clock.js";
export { durationMs, formatDuration, type Duration } from "./duration.js";
export { errorTable, isMillwrightError, MillwrightError, sentence } from "./errors.js";
export type { ErrorFacts, ErrorRow } from "./errors.js";
export { bindPositions, bindTable, compileExpression, evaluateNumbers } from "./evaluate.js";
export { isWholeExpression, type Bind } from "./evaluate.js";
export { columnsOf, numberExpression, when } from "./expression.js";
export { columnsRead, expressionJson, type ExpressionNode, type Operation } from "./expression-node.js";
export type { BoolExpression, NumberExpression, TextExpression, TimeExpression } from "./expression-types.js";
export type { Columns, Expression } from "./expression-types.js";
export { canonicalHash, canonicalJson, sha256, type Canonical } from "./hash.js";
export type { Reader } from "./operator.js";
export { checkNumber, rejectUnknownKeys } from "./options.js";
export { silentProgress, type Progress, type ProgressTask } from "./progress.js";
export { compileRecord, describeField, describeProblem, type Problem } from "./record.js";
export { seededRng, type Rng } from "./rng.js";
export { allResults, firstResult, workerModule } from "./run-workers.js";
export {
  parseTimestamp,
  schemaJson,
  t,
  type ColumnOfKind,
  type FieldKind,
  type FieldSpec,
  type InputOf,
  type PresentColumn,
  type RecordOf,
  type Schema,
} from "./schema.js";
export { serveWorker } from "./serve-worker.js";
export { storageErrors } from "./storage-errors.js";
export type { AppendLog, BlobEntry, BlobStore, CheckpointStore } from "./stores.js";
export type { LogBatch, StoredCheckpoint } from "./stores.js";
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
export { dayOfMonth, dayOfYear, hourOfDay, isWeekend, minuteOfDay, minuteOfHour } from "./time-parts.js";
export { month, quarter, secondOfMinute, startOf, unitsBetween, weekday, year } from "./time-parts.js";
export type {
  RequestTrace,
  SpanCounters,
  TracedDoor,
  TracedEnd,
  TracedInference,
  TracedModel,
  TracedPassage,
  TracedRequest,
  Tracing,
} from "./tracing.js";
export { valueText } from "./value-text.js";
