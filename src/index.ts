export { defineProject, openProject, type ProjectDefinition } from "./compose/index.js";
export { byTime, csv, events, expectRow, expectRows, json, parquet } from "./data/index.js";
export { count, max, mean, min, rate, sum, view } from "./features/index.js";
export { hourOfDay, isMillwrightError, minuteOfDay, t, weekday } from "./kernel/index.js";
export { atLeast, atMost, beatsBaseline, gbdt, logistic, model, notWorseThan } from "./training/index.js";
export { train, snapshotData, openLiveProject, verifyFeatures, evaluateRange } from "./lifecycle/index.js";
