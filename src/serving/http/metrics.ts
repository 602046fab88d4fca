import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { IngestReceipt, Prediction } from "../../lifecycle/index.js";

/** What a served prediction adds to the labels of its request's latency. */
export type Served = Pick<Prediction, "model" | "version">;

/** One finished exchange. */
export interface Exchange {
  /** The route's path as the table writes it: labels never hold what a caller wrote. */
  readonly route: string;
  readonly served: Served | null;
  readonly status: number;
  readonly latencyMs: number;
}

/** The server's metrics. Observation costs about a microsecond. */
export interface Metrics {
  exchange(exchange: Exchange): void;
  prediction(served: Served): void;
  /** A coded error, in an answer or in an item of a batch. */
  failure(code: string): void;
  feedback(accepted: number, rejected: number): void;
  events(source: string, receipt: IngestReceipt): void;
  readonly contentType: string;
  /** The Prometheus text format. */
  text(): Promise<string>;
  /** Stops watching the event loop. */
  stop(): void;
}

// From a light model inline (tens of microseconds) to the default time limit.
const bucketSeconds = [
  0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Metrics in a registry of their own; `inFlight` is read when they are scraped. */
export function createMetrics(inFlight: () => number): Metrics {
  const registry = new Registry();
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const latency = new Histogram({
    name: "millwright_http_request_duration_seconds",
    help: "Time from a request's headers to the end of its answer.",
    labelNames: ["route", "model", "version"] as const,
    buckets: bucketSeconds,
    registers: [registry],
  });
  const answers = counter("millwright_http_responses_total", "Answers by HTTP status.", ["route", "status"]);
  const predictions = counter("millwright_predictions_total", "Predictions made.", ["model", "version"]);
  const failures = counter("millwright_errors_total", "Coded errors given to callers.", ["code"]);
  const feedback = counter("millwright_feedback_total", "Labels received.", ["result"]);
  const accepted = counter("millwright_events_total", "Events accepted.", ["source"]);
  const quarantined = counter("millwright_events_quarantined_total", "Events put into quarantine.", [
    "source",
  ]);
  const duplicates = counter("millwright_events_duplicate_total", "Events that were taken before.", [
    "source",
  ]);
  const warned = counter("millwright_events_warned_total", "Accepted events that broke an expectation.", [
    "source",
  ]);
  const stop = processMetrics(registry, inFlight);
  return Object.freeze({
    exchange({ route, served, status, latencyMs }: Exchange) {
      latency.observe(
        { route, model: served?.model ?? "", version: served?.version ?? "" },
        latencyMs / 1000,
      );
      answers.inc({ route, status });
    },
    prediction: ({ model, version }: Served) => predictions.inc({ model, version }),
    failure: (code: string) => failures.inc({ code }),
    feedback(taken: number, rejected: number) {
      feedback.inc({ result: "accepted" }, taken);
      feedback.inc({ result: "rejected" }, rejected);
    },
    events(source: string, receipt: IngestReceipt) {
      accepted.inc({ source }, receipt.accepted);
      quarantined.inc({ source }, receipt.quarantined.length);
      duplicates.inc({ source }, receipt.duplicates);
      warned.inc({ source }, receipt.warned.length);
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
    stop,
  });
}

/** Gauges read at scrape time, under the names that Node dashboards know. Returns what stops them. */
function processMetrics(registry: Registry, inFlight: () => number): () => void {
  const resolution = 10;
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  // The monitor records its own interval with each delay.
  const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - resolution / 1e3);
  gauge("millwright_in_flight_requests", "Predictions, feedback and events in flight.", inFlight);
  gauge("nodejs_eventloop_lag_p50_seconds", "Median delay of the event loop.", () =>
    seconds(delay.percentile(50)),
  );
  gauge("nodejs_eventloop_lag_p99_seconds", "99th percentile of the delay.", () =>
    seconds(delay.percentile(99)),
  );
  gauge("nodejs_eventloop_lag_max_seconds", "Largest delay of the event loop.", () => seconds(delay.max));
  gauge("process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss());
  gauge("nodejs_heap_size_used_bytes", "Heap in use.", () => process.memoryUsage().heapUsed);
  return () => {
    delay.disable();
  };
}
