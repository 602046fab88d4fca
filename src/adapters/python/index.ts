export type { PythonRunnerOptions } from "./places.js";
export { pythonRunner } from "./runner.js";
