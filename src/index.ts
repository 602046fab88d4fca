export { defineProject, openProject, redis, type ProjectDefinition } from "./compose/index.js";
export {
  byTime,
  csv,
  events,
  expectColumn,
  expectDistribution,
  expectFresh,
  expectRow,
  expectRows,
  expectSorted,
  expectUnique,
  json,
  parquet,
} from "./data/index.js";
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
  view,
} from "./features/index.js";
export { isMillwrightError, t, when } from "./kernel/index.js";
export { dayOfMonth, dayOfYear, hourOfDay, isWeekend, minuteOfDay, minuteOfHour } from "./kernel/index.js";
export { month, quarter, secondOfMinute, startOf, unitsBetween, weekday, year } from "./kernel/index.js";
export { atLeast, atMost, beatsBaseline, gbdt, logistic, model, notWorseThan } from "./training/index.js";
export { train, snapshotData, openLiveProject, verifyFeatures, evaluateRange } from "./lifecycle/index.js";
