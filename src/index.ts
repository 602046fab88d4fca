export { defineProject, openProject, redis, type ProjectDefinition } from "./compose/index.js";
export {
  byGroup,
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
  stratified,
  table,
} from "./data/index.js";
export { count, distinct, first, last, max, mean, min, quantile } from "./features/index.js";
export { rate, std, sum, timeSinceLast, topValue, variance, view } from "./features/index.js";
export { isMillwrightError, t, when } from "./kernel/index.js";
export { dayOfMonth, dayOfYear, hourOfDay, isWeekend, minuteOfDay, minuteOfHour } from "./kernel/index.js";
export { month, quarter, secondOfMinute, startOf, unitsBetween, weekday, year } from "./kernel/index.js";
export {
  atLeast,
  atMost,
  beatsBaseline,
  behaves,
  calibrated,
  fairAcross,
  notWorseThan,
  withstands,
} from "./training/index.js";
export { conformal, gbdt, isolationForest, linear, logistic, model } from "./training/index.js";
export { choice, float, integer, randomSearch, tpe, tune } from "./training/index.js";
export { catboost, lightgbm, python, sklearn, torch, xgboost } from "./training/index.js";
export { train, snapshotData, openLiveProject, verifyFeatures, evaluateRange } from "./lifecycle/index.js";
export {
  bandAround,
  calibrate,
  calibratedOnnx,
  explainGbdt,
  fitIntervals,
  fitIsotonic,
  fitPlatt,
} from "./learning/index.js";
export { fitSets, fitTemperature, intervalsOf, permutationImportance, setsOf } from "./learning/index.js";
export { importModel, openModel } from "./lifecycle/index.js";
export { hostModels } from "./lifecycle/index.js";
export type {
  HostedModel,
  HostOptions,
  LiveOptions,
  LiveProject,
  ModelHost,
  Prediction,
} from "./lifecycle/index.js";
export type { ServingOptions } from "./lifecycle/index.js";
export type { AccessOptions, JwtOptions, LimitsOptions } from "./access/index.js";
