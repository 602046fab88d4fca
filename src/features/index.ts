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
} from "./definition/aggregation.js";
export type { StateSnapshot } from "./online/checkpoint.js";
export {
  packMessage,
  readMessages,
  writeMessages,
  type CheckpointMessage,
} from "./online/checkpoint-message.js";
export type { StateRestorer } from "./online/checkpoint-restore.js";
export { eventTable, type EventTable } from "./definition/event-log.js";
export {
  checkSpine,
  featureSet,
  lookupsOf,
  withoutWindows,
  type FeatureColumn,
  type FeatureSet,
  type Lookup,
  type RequestOf,
} from "./definition/feature-set.js";
export { buildFeatures, sharedFloats, type FeatureColumns } from "./offline/feature-table.js";
export { visibleByTime, orderByTime, type FoldContext, type VisibleEvents } from "./offline/fold.js";
export { giveWay } from "./online/give-way.js";
export { createIdSet, type IdSet } from "./online/id-set.js";
export { createOnlineState, type OnlineState } from "./online/online-state.js";
export type { EventCounts, EventFile, FeatureState, LoggedEvent, Seen } from "./ports.js";
export type { FeatureSpace, FeatureSpaceCatalog, WindowEngine, WindowRequest } from "./ports.js";
export type { TileAnswer, TileChange, TileRequest, TileStore } from "./ports.js";
export { historyPartition } from "./online/load-history.js";
export type { AgeSpread, LookupAge } from "./proof/lookup-age.js";
export { recomputeFeatures } from "./proof/recompute.js";
export type { RecordedEvents } from "./proof/recorded-events.js";
export { earlierView } from "./definition/stored-definition.js";
export { createSharedState, type SharedState, type SharedStateOptions } from "./shared/shared-state.js";
export { viewLayout, type ViewLayout } from "./algebra/view-layout.js";
export { view, type KeyFields, type View, type WindowClock } from "./definition/view.js";
export type { BuildContext, Spine, StoredEvents } from "./offline/window-features.js";
