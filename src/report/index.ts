export { renderLoad } from "./render-load.js";
export { renderReport } from "./render-report.js";
export { renderRuns } from "./render-runs.js";
