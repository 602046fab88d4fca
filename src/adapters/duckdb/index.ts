export { duckdbEngine, type DuckDBEngineOptions } from "./engine.js";
export { duckdbRowFiles } from "./row-files.js";
export { duckdbWindows } from "./window-engine.js";
