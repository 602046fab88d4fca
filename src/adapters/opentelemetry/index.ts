export { openTelemetryTracing, type OpenTelemetryTracing } from "./open-telemetry-tracing.js";
export type { OpenTelemetryOptions } from "./tracing-options.js";
