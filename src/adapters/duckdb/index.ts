export { duckdbEngine, type DuckDBEngineOptions } from "./engine.js";
export { duckdbWindows } from "./window-engine.js";
