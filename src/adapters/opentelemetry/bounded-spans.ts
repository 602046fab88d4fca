import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import type { SpanCounters } from "../../kernel/index.js";

export interface BoundedSpans {
  readonly processor: SpanProcessor;
  counters(): SpanCounters;
}

export interface Bounds {
  readonly queueSpans: number;
  readonly gatherMs: number;
  readonly sendTimeoutMs: number;
  readonly onTrouble?: ((error: Error) => void) | undefined;
}

/** Spans in one sending. */
const batchSpans = 512;

/**
 * Gathers spans and sends them in batches. The SDK's processor bounds what waits, but neither what is being sent nor
 * tells what it dropped; here both are counted, and a span is dropped before either has it.
 */
export function boundSpans(exporter: SpanExporter, bounds: Bounds): BoundedSpans {
  const { queueSpans, gatherMs, sendTimeoutMs, onTrouble } = bounds;
  let [sent, dropped, failed, waiting] = [0, 0, 0, 0];
  let troubled = false;
  const counting: SpanExporter = {
    export(spans, done) {
      exporter.export(spans, (result) => {
        waiting -= spans.length;
        const failure = failureOf(result);
        if (failure === undefined) sent += spans.length;
        else failed += spans.length;
        if (failure !== undefined && !troubled) onTrouble?.(failure);
        troubled = failure !== undefined;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
  const batches = new BatchSpanProcessor(counting, {
    maxQueueSize: queueSpans,
    maxExportBatchSize: Math.min(batchSpans, queueSpans),
    scheduledDelayMillis: gatherMs,
    // Longer than any sending: what is under way is not to be forgotten and begun beside the next.
    exportTimeoutMillis: 3 * sendTimeoutMs,
  });
  const processor: SpanProcessor = {
    onStart: () => undefined,
    onEnd(span: ReadableSpan) {
      if (waiting >= queueSpans) {
        dropped++;
        return;
      }
      waiting++;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
  return Object.freeze({
    processor,
    counters: () => Object.freeze({ sent, dropped, failed, waiting }),
  });
}

/** The SDK's codes are 0 for success and 1 for failure. */
function failureOf({ code, error }: ExportResult): Error | undefined {
  return Number(code) === 0 ? undefined : (error ?? new Error("The collector did not take spans."));
}

type ExportResult = Parameters<Parameters<SpanExporter["export"]>[1]>[0];
