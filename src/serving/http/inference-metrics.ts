import { Counter, Gauge, type Registry } from "prom-client";
import type { Inferred, InferStatistics } from "../../inference/index.js";
import type { HostedModel, ModelHost } from "../../lifecycle/index.js";
import type { AskedOver, CountRows } from "./prediction-metrics.js";
import { SeriesHistogram, type Observe } from "./series-histogram.js";

/** One call of a model that speaks tensors. */
export interface InferredCall {
  readonly model: string;
  readonly version: string;
  readonly inferred: Inferred;
  readonly latencyMs: number;
  readonly over: Exclude<AskedOver, "v1">;
  /** Rows that it was asked for. */
  readonly rows: number;
}

const labelNames = ["model", "version"] as const;
type Labels = Readonly<Record<(typeof labelNames)[number], string>>;
// From 50 µs, a light graph in line, to 10 s.
const seconds = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
const rows = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/**
 * Metrics of models that speak tensors, under the names that dashboards of Triton know, read from each model when they
 * are scraped; and beside them histograms, which those names lack. Returns what observes a call.
 */
export function inferenceMetrics(
  registry: Registry,
  host: ModelHost,
  rowsOf: (served: Labels) => CountRows,
): (call: InferredCall) => void {
  const registers = [registry];
  const statistic = (name: string, help: string, read: (of: InferStatistics, model: HostedModel) => number) =>
    new Counter({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset();
        for (const model of host.ready()) {
          const { name: of, version } = model;
          this.inc({ model: of, version }, read(model.statistics(), model));
        }
      },
    });
  const microseconds = (ms: number) => Math.round(ms * 1000);
  statistic("nv_inference_request_success", "Requests that were answered.", ({ success }) => success.count);
  statistic("nv_inference_count", "Rows that were computed.", ({ inferenceCount }) => inferenceCount);
  statistic("nv_inference_exec_count", "Runs of the engine.", ({ executionCount }) => executionCount);
  statistic("nv_inference_request_duration_us", "Time of answered requests.", ({ success }) =>
    microseconds(success.totalMs),
  );
  statistic("nv_inference_queue_duration_us", "Time in the queue.", ({ queue }) =>
    microseconds(queue.totalMs),
  );
  statistic("nv_inference_compute_infer_duration_us", "Time in the engine.", ({ compute }) =>
    microseconds(compute.totalMs),
  );
  statistic("nv_cache_num_hits_per_model", "Answers from the cache.", ({ cacheHit }) => cacheHit.count);
  statistic(
    "nv_cache_num_misses_per_model",
    "Questions that the cache did not know.",
    ({ cacheMiss }) => cacheMiss.count,
  );
  statistic(
    "millwright_prediction_cost_total",
    "Rows computed times the declared price of one.",
    ({ inferenceCount }, { pricePerPrediction = 0 }) => inferenceCount * pricePerPrediction,
  );
  failures(registry, host);
  gauges(registry, host);
  return histograms(registry, rowsOf);
}

const reasons = { rejected: "REJECTED", cancelled: "CANCELED", backend: "BACKEND", other: "OTHER" } as const;

function failures(registry: Registry, host: ModelHost): void {
  new Counter({
    name: "nv_inference_request_failure",
    help: "Requests that failed, by reason.",
    labelNames: [...labelNames, "reason"],
    registers: [registry],
    collect() {
      this.reset();
      for (const hosted of host.ready()) {
        const { name: model, version } = hosted;
        for (const [kind, count] of Object.entries(hosted.statistics().failures))
          this.inc({ model, version, reason: reasons[kind as keyof typeof reasons] }, count);
      }
    },
  });
}

const breakerStates = { closed: 0, "half-open": 1, open: 2 } as const;

function gauges(registry: Registry, host: ModelHost): void {
  const gauge = (
    [name, aggregator]: readonly [string, "sum" | "max"],
    help: string,
    read: (model: HostedModel) => number | undefined,
  ) =>
    new Gauge({
      ...{ name, help, labelNames, registers: [registry], aggregator },
      collect() {
        this.reset();
        for (const model of host.ready()) {
          const value = read(model);
          if (value !== undefined) this.set({ model: model.name, version: model.version }, value);
        }
      },
    });
  gauge(
    ["nv_inference_pending_request_count", "sum"],
    "Requests that wait.",
    (model) => model.statistics().pending,
  );
  gauge(["millwright_breaker_state", "max"], "0 closed, 1 half-open, 2 open.", (model) => {
    const state = model.breakerState?.();
    return state === undefined ? undefined : breakerStates[state];
  });
}

/** What is counted of one version of a model. */
interface VersionSeries {
  readonly labels: Labels;
  readonly request: Observe;
  readonly queue: Observe;
  readonly batch: Observe;
  readonly origins: Map<string, number>;
  readonly count: CountRows;
}

function histograms(registry: Registry, rowsOf: (served: Labels) => CountRows): (call: InferredCall) => void {
  const versions = new Map<string, VersionSeries>();
  const registers = [registry];
  const histogram = (name: string, help: string, buckets: number[]) =>
    new SeriesHistogram({ name, help, labelNames, buckets, registers });
  const request = histogram("millwright_inference_seconds", "Time of a call of a model.", seconds);
  const queue = histogram("millwright_inference_queue_seconds", "Time of a call in the queue.", seconds);
  const batch = histogram("millwright_inference_batch_rows", "Rows of the batch that a call was in.", rows);
  new Counter({
    name: "millwright_inference_origin_total",
    help: "Answers by what gave them: model, cache or fallback.",
    ...{ labelNames: [...labelNames, "origin"], registers },
    collect() {
      this.reset();
      for (const { labels, origins } of versions.values())
        for (const [origin, count] of origins) this.inc({ ...labels, origin }, count);
    },
  });
  const seriesOf = (labels: Labels): VersionSeries => ({
    ...{ labels, origins: new Map<string, number>(), count: rowsOf(labels) },
    ...{ request: request.series(labels), queue: queue.series(labels), batch: batch.series(labels) },
  });
  return ({ model, version, inferred: { passage, origin }, latencyMs, over, rows: asked }) => {
    const name = `${model} ${version}`;
    let series = versions.get(name);
    if (series === undefined) versions.set(name, (series = seriesOf({ model, version })));
    series.count(over, asked);
    series.request(latencyMs / 1000);
    series.origins.set(origin.kind, (series.origins.get(origin.kind) ?? 0) + 1);
    if (passage === undefined) return;
    series.queue((passage.startedMs - passage.queuedMs) / 1000);
    series.batch(passage.batchRows);
  };
}
