import { context, propagation, trace } from "@opentelemetry/api";
import { hostname } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { manualClock, systemClock, type TracedRequest } from "../../kernel/index.js";
import { startCollector, type Collector, type Span } from "./collector.testing.js";
import { openTelemetryTracing } from "./index.js";
import type { OpenTelemetryOptions } from "./tracing-options.js";

/** 2026-03-01T00:00:00Z, by `date -ud 2026-03-01 +%s`. */
const startMs = 1_772_323_200_000;
/** The example of W3C Trace Context, 3.2.4. */
const caller = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
const traceparent = `00-${caller.traceId}-${caller.spanId}-01`;

const infer = { kind: "http", method: "POST", route: "/v2/models/{model}/infer" } as const;
const request = (more: Partial<TracedRequest> = {}): TracedRequest => ({
  ...{ door: infer, startedMs: startMs, ...more },
});

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

const open = (options: Partial<OpenTelemetryOptions> = {}) =>
  openTelemetryTracing({
    ...{ endpoint: collector.endpoint, serviceName: "flights", sampleShare: 1, gatherMs: 1 },
    ...{ clock: manualClock(startMs), ...options },
  });

const named = (spans: readonly Span[], name: string): Span => {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`no span ${name} among ${spans.map((span) => span.name).join()}`);
  return found;
};
const ns = (ms: number) => BigInt(startMs + ms) * 1_000_000n;

describe("a trace of a request", () => {
  it("goes through queue, batch and run, with the times that were told", async () => {
    const tracing = open({ serviceVersion: "1.2.3" });
    const traced = tracing.begin(request());
    const passage = { queuedMs: startMs + 2, startedMs: startMs + 5, finishedMs: startMs + 9 };
    traced?.inferred({
      ...{ model: "delay", version: 3, origin: "model" },
      passage: { ...passage, batch: 7, batchRows: 12 },
    });
    traced?.end({ atMs: startMs + 10, status: 200 });
    const spans = await collector.received(4);
    const server = named(spans, "POST /v2/models/{model}/infer");
    const [queue, batch, run] = ["queue", "batch", "run"].map((name) => named(spans, name));
    expect(server).toMatchObject({ kind: 2, parent: "", status: 0, startNs: ns(0), endNs: ns(10) });
    expect(server.attributes).toEqual({
      "http.request.method": "POST",
      "http.route": "/v2/models/{model}/infer",
      "http.response.status_code": 200,
      "millwright.model": "delay",
      "millwright.version": 3,
      "millwright.origin": "model",
      "millwright.inferences": 1,
    });
    expect(queue).toMatchObject({ kind: 1, parent: server.spanId, startNs: ns(2), endNs: ns(5) });
    expect(batch).toMatchObject({ parent: server.spanId, startNs: ns(5), endNs: ns(9) });
    expect(batch.attributes).toMatchObject({ "millwright.batch.number": 7, "millwright.batch.rows": 12 });
    expect(run).toMatchObject({ parent: batch.spanId, startNs: ns(5), endNs: ns(9) });
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([traced?.traceId]));
    expect(server.resource).toMatchObject({
      ...{ "service.name": "flights", "service.version": "1.2.3" },
      ...{ "host.name": hostname(), "process.pid": process.pid },
    });
    expect(collector.requests[0].path).toBe("/v1/traces");
    await tracing.close();
    expect(tracing.counters()).toEqual({ sent: 4, dropped: 0, failed: 0, waiting: 0 });
  });

  it("continues the caller's", async () => {
    const tracing = open({ sampleShare: 0.000001 });
    tracing
      .begin(request({ traceparent, tracestate: "vendor=1,other=2" }))
      ?.end({ atMs: startMs, status: 200 });
    const [span] = await collector.received(1);
    expect(span).toMatchObject({ traceId: caller.traceId, parent: caller.spanId, state: "vendor=1,other=2" });
    await tracing.close();
  });

  it("is not made where the caller does not want one", async () => {
    const tracing = open();
    expect(tracing.begin(request({ traceparent: traceparent.replace(/01$/, "00") }))).toBeUndefined();
    await tracing.close();
    expect(collector.requests).toEqual([]);
  });

  it("joins the calls of one batch by links to the first, and no others", async () => {
    const tracing = open();
    const passage = { queuedMs: 0, startedMs: 1, finishedMs: 2, batch: 1, batchRows: 3 };
    const told = [
      passage,
      passage,
      passage,
      { ...passage, startedMs: 1.5 },
      { ...passage, batch: 2 },
      { ...passage, batch: 0 },
      { ...passage, batch: 0 },
    ];
    for (const each of told) {
      const traced = tracing.begin(request());
      traced?.inferred({ model: "m", version: 1, origin: "model", passage: each });
      traced?.end({ atMs: startMs + 3, status: 200 });
    }
    const spans = (await collector.received(28)).filter(({ name }) => name === "batch");
    const [{ traceId, spanId }] = spans;
    expect(spans.map(({ links }) => links)).toEqual([
      [],
      [{ traceId, spanId }],
      [{ traceId, spanId }],
      [],
      [],
      [],
      [],
    ]);
    await tracing.close();
  });

  it("tells errors by their code, and counts only the server's as its own", async () => {
    const tracing = open();
    const end = (status: number, code?: string) => {
      const traced = tracing.begin(request());
      if (code !== undefined) traced?.refused(code);
      traced?.end({ atMs: startMs, status });
      traced?.end({ atMs: startMs, status: 200 });
    };
    end(503, "MW0807");
    end(404, "MW0814");
    end(499);
    const rpc = tracing.begin(
      request({ door: { kind: "grpc", method: "inference.GRPCInferenceService/ModelInfer" } }),
    );
    rpc?.served({ model: "m", version: "2" });
    rpc?.end({ atMs: startMs, status: 14 });
    const spans = await collector.received(4);
    const common = { "http.request.method": "POST", "http.route": infer.route };
    const coded = (code: string) => ({ "error.type": code, "millwright.error.code": code });
    expect(spans.map(({ status, attributes }) => [status, attributes])).toEqual([
      [2, { ...common, "http.response.status_code": 503, ...coded("MW0807") }],
      [0, { ...common, "http.response.status_code": 404, ...coded("MW0814") }],
      [0, { ...common, "error.type": "cancelled" }],
      [
        2,
        {
          ...{ "rpc.system.name": "grpc", "rpc.method": "inference.GRPCInferenceService/ModelInfer" },
          ...{ "rpc.status_code": "UNAVAILABLE", "error.type": "UNAVAILABLE" },
          ...{ "millwright.model": "m", "millwright.version": "2" },
        },
      ],
    ]);
    await tracing.close();
  });

  it("of a long stream has spans of its first steps alone", async () => {
    const tracing = open();
    const traced = tracing.begin(request());
    const passage = { queuedMs: 0, startedMs: 1, finishedMs: 2, batch: 1, batchRows: 1 };
    for (let step = 0; step < 1000; step++) {
      const own = { ...passage, batch: step };
      traced?.inferred({ model: "m", version: 1, origin: "model", passage: own });
    }
    traced?.end({ atMs: startMs, status: 200 });
    await tracing.close();
    expect(collector.spans).toHaveLength(32 * 3 + 1);
    expect(collector.spans.at(-1)?.attributes).toMatchObject({ "millwright.inferences": 1000 });
  });

  it("keeps its order when the date jumps", async () => {
    let nowMs = startMs;
    const tracing = open({ clock: { nowMs: () => nowMs, monotonicMs: () => 500 } });
    nowMs -= 86_400_000;
    tracing.begin(request({ startedMs: 500 }))?.end({ atMs: 500.25, status: 200 });
    const [span] = await collector.received(1);
    expect([span.startNs, span.endNs]).toEqual([ns(0), ns(0) + 250_000n]);
    await tracing.close();
  });
});

describe("tracing", () => {
  it("with a share of 0 sends nothing, whatever callers want", async () => {
    const tracing = open({ sampleShare: 0 });
    expect(tracing.begin(request())).toBeUndefined();
    expect(tracing.begin(request({ traceparent }))).toBeUndefined();
    await tracing.close();
    expect(collector.requests).toEqual([]);
  });

  it("samples about the share that was asked for", async () => {
    const tracing = open({ sampleShare: 0.25 });
    let sampled = 0;
    for (let i = 0; i < 4000; i++) if (tracing.begin(request()) !== undefined) sampled++;
    // Five standard deviations of a binomial count: 5 √(4000 · 0.25 · 0.75) = 137.
    expect(Math.abs(sampled - 1000)).toBeLessThan(137);
    await tracing.close();
  });

  it("leaves the API's globals alone, and a closed one traces nothing", async () => {
    const before = [trace.getTracerProvider(), context.active(), propagation.fields()];
    const tracing = open();
    tracing.begin(request())?.end({ atMs: startMs, status: 200 });
    expect(trace.getTracer("product").startSpan("its own").isRecording()).toBe(false);
    await tracing.close();
    expect([trace.getTracerProvider(), context.active(), propagation.fields()]).toEqual(before);
    expect(tracing.begin(request())).toBeUndefined();
    await tracing.close();
  });

  it("sends headers, and takes an address with a path as it is", async () => {
    const tracing = open({
      ...{ endpoint: `${collector.endpoint}/tenant/v1/traces`, headers: { authorization: "Bearer t" } },
      clock: systemClock,
    });
    tracing.begin(request())?.end({ atMs: startMs, status: 200 });
    await collector.asked(1);
    const [{ path, headers }] = collector.requests;
    expect([path, headers.authorization]).toEqual(["/tenant/v1/traces", "Bearer t"]);
    await tracing.close();
  });

  it("refuses options that cannot be", () => {
    for (const endpoint of ["collector:4318", "nonsense", ""]) {
      expect(() => open({ endpoint })).toThrow(expect.objectContaining({ code: "MW1015" }));
    }
    expect(() => open({ sampleShare: 1.5 })).toThrow(expect.objectContaining({ code: "MW0104" }));
    expect(() => open({ queueSpans: 0 })).toThrow(expect.objectContaining({ code: "MW0104" }));
    const misspelt = { sampelShare: 1 } as object;
    expect(() => open(misspelt)).toThrow(/sampleShare/);
  });
});
