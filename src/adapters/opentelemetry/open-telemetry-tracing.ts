import type { HrTime } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  BasicTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";
import type { Clock, TracedRequest, Tracing } from "../../kernel/index.js";
import { createBatchLinks } from "./batch-links.js";
import { boundSpans } from "./bounded-spans.js";
import { collectorConnections } from "./collector-agent.js";
import { beginTrace } from "./request-trace.js";
import { traceResource } from "./trace-resource.js";
import { compileTracing, type CompiledTracing, type OpenTelemetryOptions } from "./tracing-options.js";

/** Traces that go to a collector. */
export interface OpenTelemetryTracing extends Tracing {
  /** Sends what waits, for as long as the options allow; what is left is given up and counted as failed. Never throws. */
  close(): Promise<void>;
}

/**
 * Traces of requests over OTLP/HTTP in JSON, by the OpenTelemetry specification. Telling is a matter of memory alone:
 * whether the collector answers, hangs or is gone, no request waits for it. Leaves the globals of the OpenTelemetry API
 * as they are, so that a product with tracing of its own keeps it. Throws MW0103, MW0104 and MW1015.
 */
export function openTelemetryTracing(options: OpenTelemetryOptions): OpenTelemetryTracing {
  const compiled = compileTracing(options);
  const { url, headers, sendTimeoutMs, sampleShare } = compiled;
  const connections = collectorConnections();
  const exporter = new OTLPTraceExporter({
    ...{ url, headers: { ...headers }, timeoutMillis: sendTimeoutMs },
    httpAgentOptions: connections.agent,
  });
  const spans = boundSpans(exporter, compiled);
  const provider = new BasicTracerProvider({
    resource: traceResource(compiled.serviceName, compiled.serviceVersion),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleShare) }),
    spanProcessors: [spans.processor],
  });
  const parts = {
    tracer: provider.getTracer("millwright", compiled.serviceVersion),
    batches: createBatchLinks(),
    timeOf: timeOf(compiled.clock),
  };
  let closing: Promise<void> | undefined;
  return Object.freeze({
    begin: (request: TracedRequest) =>
      closing === undefined && sampleShare > 0 ? beginTrace(parts, request) : undefined,
    counters: () => spans.counters(),
    close: () => (closing ??= within(compiled, spans.processor.shutdown()).finally(() => connections.end())),
  });
}

/** Resolves when the work is over, whatever came of it, or when the time is. */
async function within({ closeTimeoutMs }: CompiledTracing, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeTimeoutMs);
  });
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}

/** Seconds and nanoseconds since 1970: the date as it was when tracing began, and how long ago that is. */
function timeOf(clock: Clock): (ms: number) => HrTime {
  const offsetMs = clock.nowMs() - clock.monotonicMs();
  return (ms) => {
    const epochMs = offsetMs + ms;
    const seconds = Math.floor(epochMs / 1000);
    return [seconds, Math.floor((epochMs - seconds * 1000) * 1e6)];
  };
}
