import { monitorEventLoopDelay } from "node:perf_hooks";
import { AggregatorRegistry, Counter, Gauge, Registry } from "prom-client";
import type { IngestReceipt, ModelHost, Prediction } from "../../lifecycle/index.js";
import { inferenceMetrics, type InferredCall } from "./inference-metrics.js";
import { lossMetrics, type LossParts } from "./loss-metrics.js";
import { predictionMetrics } from "./prediction-metrics.js";
import { SeriesHistogram, type Observe } from "./series-histogram.js";

/** What a served prediction adds to the labels of its request's latency. */
export type Served = Pick<Prediction, "model" | "version">;

/** A prediction that was made, and what stood in for the model where something did. */
export type Predicted = Served & Pick<Prediction, "fallback">;

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
  prediction(prediction: Predicted): void;
  inferred(call: InferredCall): void;
  /** A coded error, in an answer or in an item of a batch. */
  failure(code: string): void;
  feedback(accepted: number, rejected: number): void;
  events(source: string, receipt: IngestReceipt): void;
  readonly contentType: string;
  /** The Prometheus text format, with the other workers' added up. */
  text(): Promise<string>;
  /** Those of this process, as the library exchanges them. */
  json(): Promise<readonly object[]>;
  /** Stops watching the event loop. */
  stop(): void;
}

// From a light model inline (tens of microseconds) to the default time limit.
const bucketSeconds = [
  0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

export interface MetricsParts extends LossParts {
  /** Read when the metrics are scraped. */
  readonly inFlight: () => number;
  readonly host: ModelHost | undefined;
  /** What the other workers of this server say when they are asked. */
  readonly others: (() => Promise<readonly (readonly object[])[]>) | undefined;
}

/** Metrics in a registry of their own. */
export function createMetrics({ inFlight, host, others, gate, tracing }: MetricsParts): Metrics {
  const registry = new Registry();
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const exchange = exchangeMetrics(registry);
  const rowsOf = predictionMetrics(registry);
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
  lossMetrics(registry, { gate, tracing });
  const substitutes = "Answers that something else gave in a model's place, by the error for which it did.";
  const fallbacks = counter("millwright_fallbacks_total", substitutes, ["model", "version", "because"]);
  const stoodIn = ({ model, version }: Served, because: string) => fallbacks.inc({ model, version, because });
  const observe = host === undefined ? () => undefined : inferenceMetrics(registry, host, rowsOf);
  return Object.freeze({
    exchange,
    prediction({ model, version, fallback }: Predicted) {
      rowsOf({ model, version })("v1", 1);
      if (fallback !== undefined) stoodIn({ model, version }, fallback.because);
    },
    inferred(call: InferredCall) {
      observe(call);
      const { origin } = call.inferred;
      if (origin.kind === "fallback") stoodIn(call, origin.because);
    },
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
    json: () => registry.getMetricsAsJSON(),
    text: async () => {
      if (others === undefined) return registry.metrics();
      const [own, ...all] = await Promise.all([registry.getMetricsAsJSON(), others()]);
      return AggregatorRegistry.aggregate([own, ...all.flat()]).metrics();
    },
    stop,
  });
}

/** What observes the end of an exchange. What is counted for one kind of exchange is found by one look-up. */
function exchangeMetrics(registry: Registry): Metrics["exchange"] {
  const kinds = new Map<string, { route: string; status: number; count: number; observe: Observe }>();
  const latency = new SeriesHistogram({
    name: "millwright_http_request_duration_seconds",
    help: "Time from a request's headers to the end of its answer.",
    labelNames: ["route", "model", "version"] as const,
    buckets: bucketSeconds,
    registers: [registry],
  });
  new Counter({
    name: "millwright_http_responses_total",
    help: "Answers by HTTP status.",
    labelNames: ["route", "status"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { route, status, count } of kinds.values()) this.inc({ route, status }, count);
    },
  });
  const observers = new Map<string, Observe>();
  return ({ route, served, status, latencyMs }) => {
    const model = served?.model ?? "";
    const version = served?.version ?? "";
    const name = `${route} ${model} ${version} ${status}`;
    let kind = kinds.get(name);
    if (kind === undefined) {
      const series = `${route} ${model} ${version}`;
      const observe = observers.get(series) ?? latency.series({ route, model, version });
      observers.set(series, observe);
      kinds.set(name, (kind = { route, status, count: 0, observe }));
    }
    kind.count++;
    kind.observe(latencyMs / 1000);
  };
}

/** Gauges read at scrape time, under the names that Node dashboards know. Returns what stops them. */
function processMetrics(registry: Registry, inFlight: () => number): () => void {
  const resolution = 10;
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  const aggregated = (aggregator: "sum" | "max") => (name: string, help: string, read: () => number) =>
    new Gauge({
      ...{ name, help, aggregator },
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  const gauge = aggregated("sum");
  const largest = aggregated("max");
  // The monitor records its own interval with each delay.
  const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - resolution / 1e3);
  gauge("millwright_serving_processes", "Processes that serve.", () => 1);
  gauge("millwright_in_flight_requests", "Predictions, feedback and events in flight.", inFlight);
  const lag = (name: string, help: string, read: () => number) =>
    largest(`nodejs_eventloop_lag_${name}_seconds`, help, () => seconds(read()));
  lag("p50", "Median delay of the event loop.", () => delay.percentile(50));
  lag("p99", "99th percentile of the delay.", () => delay.percentile(99));
  lag("max", "Largest delay of the event loop.", () => delay.max);
  gauge("process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss());
  gauge("nodejs_heap_size_used_bytes", "Heap in use.", () => process.memoryUsage().heapUsed);
  return () => {
    delay.disable();
  };
}
