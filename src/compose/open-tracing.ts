import type { OpenTelemetryOptions, OpenTelemetryTracing } from "../adapters/opentelemetry/index.js";

export type { OpenTelemetryOptions, OpenTelemetryTracing };

/** Traces that go to a collector. Loaded when it is asked for: nothing else needs it. Throws MW0103, MW0104 and MW1015. */
export async function openTracing(options: OpenTelemetryOptions): Promise<OpenTelemetryTracing> {
  const { openTelemetryTracing } = await import("../adapters/opentelemetry/index.js");
  return openTelemetryTracing(options);
}
