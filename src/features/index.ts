export {
  count,
  distinct,
  first,
  last,
  max,
  mean,
  min,
  quantile,
  rate,
  std,
  sum,
  timeSinceLast,
  topValue,
  variance,
  type Aggregation,
  type WindowedFeature,
} from "./aggregation.js";
export type { StateSnapshot } from "./checkpoint.js";
export { packMessage, readMessages, writeMessages, type CheckpointMessage } from "./checkpoint-message.js";
export type { StateRestorer } from "./checkpoint-restore.js";
export { eventTable, type EventTable } from "./event-log.js";
export {
  checkSpine,
  featureSet,
  lookupsOf,
  withoutWindows,
  type FeatureColumn,
  type FeatureSet,
  type Lookup,
  type RequestOf,
} from "./feature-set.js";
export { buildFeatures, sharedFloats, type FeatureColumns } from "./feature-table.js";
export { visibleByTime, orderByTime, type FoldContext, type VisibleEvents } from "./fold.js";
export { giveWay } from "./give-way.js";
export { createIdSet, type IdSet } from "./id-set.js";
export { createOnlineState, type OnlineState } from "./online-state.js";
export type {
  EventCounts,
  EventFile,
  FeatureState,
  LoggedEvent,
  Seen,
  TileAnswer,
  TileChange,
  TileRequest,
  TileStore,
  WindowEngine,
  WindowRequest,
} from "./ports.js";
export { historyPartition } from "./load-history.js";
export type { AgeSpread, LookupAge } from "./lookup-age.js";
export { recomputeFeatures } from "./recompute.js";
export type { RecordedEvents } from "./recorded-events.js";
export type { FeatureSpace, FeatureSpaceCatalog } from "./ports.js";
export { earlierView } from "./stored-definition.js";
export { createSharedState, type SharedState, type SharedStateOptions } from "./shared-state.js";
export { viewLayout, type ViewLayout } from "./view-layout.js";
export { view, type KeyFields, type View, type WindowClock } from "./view.js";
export type { BuildContext, Spine, StoredEvents } from "./window-features.js";
