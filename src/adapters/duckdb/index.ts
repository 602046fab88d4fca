export { duckdbEngine, type DuckDBEngineOptions } from "./engine.js";
