export { count, max, mean, min, rate, sum, type Aggregation, type WindowedFeature } from "./aggregation.js";
export { eventTable, type EventTable } from "./event-log.js";
export {
  checkSpine,
  featureSet,
  withoutWindows,
  type FeatureColumn,
  type FeatureOrigin,
  type FeatureSet,
  type Groups,
  type RequestOf,
} from "./feature-set.js";
export { buildFeatures, sharedFloats, type FeatureColumns, type Spine } from "./feature-table.js";
export { visibleByTime, orderByTime, type FoldContext, type VisibleEvents } from "./fold.js";
export { createOnlineState, type OnlineState, type VectorReader } from "./online-state.js";
export { view, type View, type WindowClock } from "./view.js";
