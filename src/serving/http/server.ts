import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { setTimeout as delay } from "node:timers/promises";
import { Server as TlsServer } from "node:tls";
import { throwIfCancelled, type MillwrightError } from "../../kernel/index.js";
import type { LiveProject } from "../../lifecycle/index.js";
import { authority, reachable } from "../authority.js";
import {
  reach,
  takeConnections,
  type Connections,
  type Reached,
  type TakenConnections,
} from "../connections.js";
import { answerOipError } from "../oip/failure.js";
import { createAdmission } from "./admission.js";
import { allowOrigins } from "./cors.js";
import { createDeadlines } from "./deadlines.js";
import { noteRefusal, type Door } from "./door.js";
import { createExplain, createSocketAnswer, noSuchRoute } from "./failure.js";
import { addLookRoutes } from "./look-routes.js";
import type { InferredCall } from "./inference-metrics.js";
import { createMetrics } from "./metrics.js";
import { compileHttpOptions, type CompiledHttpOptions, type HttpServerOptions } from "./options.js";
import { openTensorLane, type TensorLane } from "./tensor-lane.js";
import { addTensorRoutes } from "./tensor-routes.js";
import { addWorkRoutes } from "./work-routes.js";

export interface HttpServer {
  /** Where it listens, e.g. `http://127.0.0.1:8080`; empty where another process accepts its connections. */
  readonly url: string;
  /** The metrics of this server, for whoever adds up those of several. */
  metrics(): Promise<readonly object[]>;
  /** Counts an inference that was answered over another protocol. */
  readonly inferred: (call: InferredCall) => void;
  /** Counts a coded error that was answered over another protocol. */
  readonly refused: (code: string) => void;
  /**
   * Drains and closes: readiness turns 503; after `drainMs` new work is refused (MW0811); what is in flight
   * is answered; then the connections close. Calling it again waits for the same end. The live project stays open.
   */
  close(): Promise<void>;
}

/** How often a live project is told to keep its shared store up. */
const keepUpMs = 1_000;

/**
 * Serves a live project over HTTP. An aborted signal closes the server as `close` does.
 * Throws MW0103 and MW0104 for bad options, MW0105 when already aborted, MW0815 when it cannot listen.
 */
export async function startHttpServer(
  live: LiveProject,
  options: HttpServerOptions,
  signal?: AbortSignal,
): Promise<HttpServer> {
  throwIfCancelled(signal);
  const compiled = compileHttpOptions(options);
  const admission = createAdmission(compiled.maxInFlight);
  const metrics = createMetrics({
    inFlight: () => admission.inFlight,
    host: compiled.tensors?.host,
    others: compiled.otherMetrics,
    gate: compiled.gate,
    tracing: compiled.tracing,
  });
  let closing: Promise<void> | undefined;
  const door: Door = Object.freeze({
    live,
    options: compiled,
    admission,
    deadlines: createDeadlines(compiled.requestTimeoutMs, compiled.clock),
    metrics,
    explain: createExplain(compiled),
    closing: () => closing !== undefined,
  });
  const app = createApp(door);
  const lane = openTensorLane(app.server, door);
  const close = () => {
    clearInterval(beat);
    return (closing ??= drain(app, door, { taken, lane }));
  };
  const { connections, address, port } = await begin(app, door);
  const taken = take(app, connections);
  const beat = setInterval(() => {
    live
      .keepUp()
      .catch((error: unknown) => compiled.log.error({ err: error }, "the feature store lags behind"));
  }, keepUpMs).unref();
  const onAbort = () => {
    close().catch((error: unknown) => compiled.log.error({ err: error }, "the server did not close cleanly"));
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  return Object.freeze({
    url: urlOf(compiled, { address, port }),
    metrics: () => metrics.json(),
    inferred: (call: InferredCall) => metrics.inferred(call),
    refused: (code: string) => metrics.failure(code),
    close: () => {
      signal?.removeEventListener("abort", onAbort);
      return close();
    },
  });
}

function createApp(door: Door): FastifyInstance {
  const { options, live } = door;
  const { requestTimeoutMs } = options;
  const answerError = createErrorAnswer(door);
  const timeouts = {
    requestTimeout: 2 * requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(requestTimeoutMs, 1000),
  };
  const app = fastify({
    ...(options.tls ? { https: { ...options.tls, ...timeouts } } : { http: timeouts }),
    bodyLimit: options.bodyLimitBytes,
    // The door's deadlines end slow bodies; these two end slow headers and whatever the door cannot see.
    requestTimeout: 2 * requestTimeoutMs,
    // Requests that arrive while the server closes get the coded refusal of the gate, not fastify's own.
    return503OnClosing: false,
    // Longer than any request line: an overlong name is an unknown name.
    routerOptions: { maxParamLength: 65_536, compile: true },
    clientErrorHandler: createSocketAnswer(requestTimeoutMs),
    frameworkErrors: (error, request, reply) => answerError(error, request, reply as FastifyReply),
  });
  app.decorateRequest("served", null);
  app.decorateRequest("arrivedMs", 0);
  app.decorateRequest("caller", null);
  app.decorateRequest("told", null);
  app.decorateRequest("trace", null);
  if (options.corsOrigins.length > 0) allowOrigins(app, options.corsOrigins);
  app.addHook("onRequest", (request, _reply, done) => {
    done(request.is404 ? noSuchRoute(request, live) : undefined);
  });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  addWorkRoutes(app, door);
  addLookRoutes(app, door);
  addTensorRoutes(app, door);
  return app;
}

/** The one way in which errors are answered: coded, counted, with the headers that their status needs. */
function createErrorAnswer(door: Door) {
  const refused = (coded: MillwrightError, reply: FastifyReply) => noteRefusal(door, coded, reply);
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    if (request.url.startsWith("/v2") && door.options.tensors !== undefined) {
      answerOipError({ explain: door.explain, onRefused: refused }, error, { request, reply });
      return;
    }
    const coded = door.explain(error, request);
    refused(coded, reply);
    if (coded.code === "MW0805") void reply.header("allow", String(coded.details.allowed));
    // Closing while the client still sends would reset the connection, and it would never read this answer.
    if (coded.code === "MW0810") void reply.header("connection", "close");
    else if (!request.raw.complete) void reply.removeHeader("connection");
    void reply.code(coded.row.http).send({ error: coded.toJSON() });
  };
}

const urlOf = ({ tls }: CompiledHttpOptions, { address, port }: Pick<Reached, "address" | "port">): string =>
  address === "" ? "" : `http${tls === undefined ? "" : "s"}://${authority(reachable(address), port)}`;

/** Connections for a server that is ready to answer them. */
async function begin(app: FastifyInstance, { options, metrics }: Door) {
  await app.ready();
  try {
    return await reach(options, options.connections);
  } catch (error) {
    metrics.stop();
    await app.close();
    throw error;
  }
}

/** A server that does not listen is not told that it began: it would neither time out nor close what it is given. */
function take(app: FastifyInstance, connections: Connections): TakenConnections {
  const { server } = app;
  server.emit("listening");
  const halfOpen = !(server instanceof TlsServer);
  return takeConnections(connections, (socket) => {
    // As the server makes those that it accepts itself: whoever ends his half still gets an answer.
    socket.allowHalfOpen = halfOpen;
    server.emit("connection", socket);
  });
}

/** A connection that never sent a request does not count as idle, nor one that shook no hands: cut after this long. */
const lingerMs = 1000;

async function drain(
  app: FastifyInstance,
  { options, admission, metrics }: Door,
  { taken, lane }: { readonly taken: TakenConnections; readonly lane: TensorLane },
): Promise<void> {
  if (options.drainMs > 0) await delay(options.drainMs);
  await admission.drain();
  const cut = setTimeout(() => taken.cut(), lingerMs);
  lane.close();
  try {
    await Promise.all([taken.close(), app.close()]);
  } finally {
    clearTimeout(cut);
    metrics.stop();
  }
}
