import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { onnxruntimeSessions } from "../../src/adapters/onnxruntime/index.js";
import { openTelemetryTracing, type OpenTelemetryOptions } from "../../src/adapters/opentelemetry/index.js";
import { startCollector, type Behaviour } from "../../src/adapters/opentelemetry/collector.testing.js";
import { compileBatching, serveGraph, type ServedGraph } from "../../src/inference/index.js";
import { identityGraph } from "../../src/inference/tensor-graphs.testing.js";
import { systemClock, type Tracing } from "../../src/kernel/index.js";

const route = "/v2/models/{model}/infer";
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

/** A model behind its queue that gives its rows back. */
async function servedGraph(): Promise<ServedGraph> {
  const session = await onnxruntimeSessions.open(identityGraph(["rows", 2]), { threads: 1 });
  const { inputs, outputs } = session;
  const batching = compileBatching();
  const options = { clock: systemClock, batching, placement: "inline", independentRows: true } as const;
  return serveGraph([session], { inputs, outputs }, options);
}

const row = { dtype: "float32", shape: [1, 2], data: Float32Array.of(1, 2) } as const;

/** A door as every door tells what it does. */
function openDoor(graph: ServedGraph, tracing: Tracing | undefined): Promise<Server> {
  const answer = async ({ headers, method = "" }: IncomingMessage, response: ServerResponse) => {
    const { traceparent, tracestate } = headers;
    const door = { kind: "http", method, route } as const;
    const traced = tracing?.begin({ door, startedMs: systemClock.monotonicMs(), traceparent, tracestate });
    response.once("close", () =>
      traced?.end({
        atMs: systemClock.monotonicMs(),
        status: response.writableFinished ? response.statusCode : 499,
      }),
    );
    const { outputs, passage, origin } = await graph.infer({ x: row });
    traced?.inferred({ model: "same", version: 1, origin: origin.kind, passage });
    response.end(JSON.stringify([...(outputs.y.data as Float32Array)]));
  };
  const server = createServer((request, response) => void answer(request, response));
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

let graph: ServedGraph;
beforeEach(async () => {
  graph = await servedGraph();
});
afterEach(() => graph.dispose());

/** A door with tracing to a collector that behaves so; `ask` sends one request. */
async function started(behave: (request: number) => Behaviour, options: Partial<OpenTelemetryOptions> = {}) {
  const collector = await startCollector(behave);
  const troubles: Error[] = [];
  const tracing = openTelemetryTracing({
    ...{ endpoint: collector.endpoint, serviceName: "e2e", sampleShare: 1, clock: systemClock, gatherMs: 1 },
    ...{ onTrouble: (error: Error) => troubles.push(error), ...options },
  });
  const server = await openDoor(graph, tracing);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const ask = async (headers: Record<string, string> = {}) =>
    (await fetch(url, { method: "POST", headers })).json();
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await tracing.close();
    await collector.close();
  };
  return { collector, tracing, troubles, ask, close };
}

describe("traces of requests over HTTP", () => {
  it("show the way of each through the queue, its batch and the engine", async () => {
    const { collector, ask, close } = await started(() => 200);
    const answers = await Promise.all([
      ask({ traceparent: `00-${traceId}-${spanId}-01` }),
      ...Array.from({ length: 7 }, () => ask()),
    ]);
    expect(answers).toEqual(answers.map(() => [1, 2]));
    const spans = await collector.received(8 * 4);
    const servers = spans.filter(({ kind }) => kind === 2);
    expect(servers.filter((server) => server.traceId === traceId)).toMatchObject([{ parent: spanId }]);
    expect(new Set(servers.map((server) => server.traceId)).size).toBe(8);
    for (const server of servers) {
      const within = spans.filter((span) => span.traceId === server.traceId && span !== server);
      const [queue, batch, run] = ["queue", "batch", "run"].map((name) =>
        within.filter((span) => span.name === name),
      );
      expect([queue, batch, run].map(({ length }) => length)).toEqual([1, 1, 1]);
      expect([queue[0].parent, batch[0].parent, run[0].parent]).toEqual([
        ...[server.spanId, server.spanId, batch[0].spanId],
      ]);
      const times = [
        server.startNs,
        queue[0].startNs,
        queue[0].endNs,
        run[0].startNs,
        run[0].endNs,
        server.endNs,
      ];
      expect(times).toEqual(times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
      expect(batch[0]).toMatchObject({ startNs: run[0].startNs, endNs: run[0].endNs });
    }
    await close();
  });

  it("tell which were computed together", async () => {
    const { collector, tracing, close } = await started(() => 200);
    const atMs = systemClock.monotonicMs();
    const infer = async () => {
      const traced = tracing.begin({ door: { kind: "http", method: "POST", route }, startedMs: atMs });
      const { passage } = await graph.infer({ x: row });
      traced?.inferred({ model: "same", version: 1, origin: "model", passage });
      traced?.end({ atMs: systemClock.monotonicMs(), status: 200 });
    };
    await Promise.all(Array.from({ length: 5 }, infer));
    await infer();
    const batches = (await collector.received(24)).filter(({ name }) => name === "batch");
    const [{ traceId: first, spanId: span }] = batches;
    const link = [{ traceId: first, spanId: span }];
    expect(batches.map(({ links }) => links)).toEqual([[], link, link, link, link, []]);
    expect(batches.map(({ attributes }) => attributes["millwright.batch.rows"])).toEqual([5, 5, 5, 5, 5, 1]);
    await close();
  });

  it.each<[string, (request: number) => Behaviour]>([
    ["refuses for now", () => 503],
    ["refuses for good", () => 400],
    ["never answers", () => "hang"],
  ])("do not touch them where the collector %s", async (_name, behave) => {
    const limits = { sendTimeoutMs: 100, closeTimeoutMs: 100 };
    const { collector, tracing, troubles, ask, close } = await started(behave, limits);
    expect(await ask()).toEqual([1, 2]);
    await collector.asked(1);
    expect(await Promise.all([ask(), ask()])).toEqual([
      [1, 2],
      [1, 2],
    ]);
    await close();
    const { sent, dropped, failed, waiting } = tracing.counters();
    expect([sent, dropped, failed + waiting]).toEqual([0, 0, 12]);
    expect(troubles.length).toBeLessThanOrEqual(1);
  });

  it("do not touch them where there is no collector, and are sent once it is back", async () => {
    let here = false;
    const { collector, tracing, troubles, ask, close } = await started(() => (here ? 200 : 503), {
      ...{ sendTimeoutMs: 20, closeTimeoutMs: 10_000 },
    });
    expect(await ask()).toEqual([1, 2]);
    await collector.asked(1);
    here = true;
    await ask();
    await collector.received(4);
    await close();
    expect(troubles).toHaveLength(1);
    const { sent, failed, ...others } = tracing.counters();
    expect([sent + failed, others]).toEqual([8, { dropped: 0, waiting: 0 }]);
    expect(failed).toBeGreaterThan(0);
  });

  it("do not touch them where there is no collector", async () => {
    const { collector, tracing, troubles, ask, close } = await started(() => 200, {
      ...{ sendTimeoutMs: 50, closeTimeoutMs: 10_000 },
    });
    await collector.close();
    expect(await ask()).toEqual([1, 2]);
    await close();
    expect(troubles).toMatchObject([{ code: "ECONNREFUSED" }]);
    expect(tracing.counters()).toEqual({ sent: 0, dropped: 0, failed: 4, waiting: 0 });
  });

  it("stay within their bound while the collector hangs, and tell what they dropped", async () => {
    const { collector, tracing, close } = await started(() => "hang", {
      ...{ queueSpans: 1000, sendTimeoutMs: 200, closeTimeoutMs: 1 },
    });
    const door = { kind: "http", method: "POST", route } as const;
    for (let i = 0; i < 10_000; i++) {
      tracing.begin({ door, startedMs: i })?.end({ atMs: i + 1, status: 200 });
    }
    expect(tracing.counters()).toEqual({ sent: 0, dropped: 9000, failed: 0, waiting: 1000 });
    await collector.asked(1);
    await close();
    const { sent, dropped, failed, waiting } = tracing.counters();
    expect([sent, dropped, failed + waiting]).toEqual([0, 9000, 1000]);
  });
});
