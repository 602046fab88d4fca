import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from "fastify";
import type { Caller, Verb } from "../../access/index.js";
import type { MillwrightError, RequestTrace } from "../../kernel/index.js";
import type { LiveProject } from "../../lifecycle/index.js";
import type { Admission } from "./admission.js";
import { answerSchemas } from "./answer-schemas.js";
import { assumeJson } from "./body.js";
import type { Deadlines } from "./deadlines.js";
import { late, type Explain } from "./failure.js";
import type { Metrics, Served } from "./metrics.js";
import type { CompiledHttpOptions } from "./options.js";
import { routerPath, type Route } from "./route-table.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Which model version answered; null until one did. */
    served: Served | null;
    /** When its head was there, on the clock's monotonic scale: from then on its time limits count. */
    arrivedMs: number;
    /** Who asks; null until it is known, and on a server without a gate. */
    caller: Caller | null;
    /** What the audit trail tells of the exchange. */
    told: Told | null;
    /** Null for a request that is not traced. */
    trace: RequestTrace | null;
  }
}

/** What the audit trail tells of an exchange besides who asked, for what, and the status of the answer. */
export interface Told {
  count: number;
  readonly ids: string[];
  code?: string;
}

/** What every route of a server shares. */
export interface Door {
  readonly live: LiveProject;
  readonly options: CompiledHttpOptions;
  readonly admission: Admission;
  readonly deadlines: Deadlines;
  readonly metrics: Metrics;
  readonly explain: Explain;
  /** True once the server is closing. */
  readonly closing: () => boolean;
}

export type Handler<Params> = (request: FastifyRequest<{ Params: Params }>, reply: FastifyReply) => unknown;

/** Adds a route of the table: admitted if it is work, measured in any case. */
export function addRoute<Params>(
  scope: FastifyInstance,
  door: Door,
  { route, handler }: { readonly route: Route; readonly handler: Handler<Params> },
): void {
  const schema = answerSchemas[route.path];
  const options: RouteShorthandOptions = {
    onRequest: enterThrough(door, route),
    ...(schema === undefined ? {} : { schema: { response: { 200: schema } } }),
  };
  if (route.method === "GET") scope.get<{ Params: Params }>(routerPath(route), options, handler);
  else scope.post<{ Params: Params }>(routerPath(route), options, handler);
}

/**
 * Counts a request in before its body is read, and out when its answer is sent or its connection is gone. Models are
 * loaded for as long as that takes: of such a request only the arrival has a time limit.
 */
export function enterThrough(door: Door, route: Pick<Route, "path" | "work" | "verb">) {
  const { admission, deadlines, metrics, options, closing } = door;
  const { clock, requestTimeoutMs, tracing } = options;
  const pass = passGate(door, route);
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    const startedMs = clock.monotonicMs();
    request.arrivedMs = startedMs;
    const refusal = route.work ? admission.enter() : undefined;
    if (tracing !== undefined && route.verb !== undefined) {
      const { method, headers } = request;
      const { traceparent, tracestate } = headers;
      const door = { kind: "http", method, route: route.path } as const;
      request.trace = tracing.begin({ door, startedMs, traceparent, tracestate }) ?? null;
    }
    const settle = deadlines.start(() => {
      const loads = route.verb === "manage" && request.raw.complete;
      if (!reply.sent && !loads) void reply.send(late(request, requestTimeoutMs));
    });
    reply.raw.once("close", () => {
      settle();
      if (route.work && refusal === undefined) admission.leave();
      const { served, trace } = request;
      const status = reply.raw.writableFinished ? reply.raw.statusCode : 499;
      const atMs = clock.monotonicMs();
      metrics.exchange({ route: route.path, served, status, latencyMs: atMs - startedMs });
      if (served !== null) trace?.served(served);
      trace?.end({ atMs, status });
    });
    if (closing()) void reply.header("connection", "close");
    assumeJson(request);
    if (pass === undefined || refusal !== undefined) done(refusal);
    else pass(request, reply).then(() => done(), done);
  };
}

/** Authenticates and authorizes a request, and writes down what became of it; undefined where nothing is asked. */
function passGate({ options: { gate } }: Door, { verb }: Pick<Route, "verb">) {
  if (gate === undefined || verb === undefined) return undefined;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { model } = request.params as { readonly model?: string };
    const told: Told = { count: 0, ids: [] };
    request.told = told;
    reply.raw.once("close", () => {
      const { served, caller } = request;
      gate.note({
        ...{ caller, verb, count: told.count, ids: told.ids },
        ...(model === undefined ? {} : { model }),
        ...(served === null ? {} : { version: served.version }),
        ...(told.code === undefined ? {} : { code: told.code }),
        status: reply.raw.writableFinished ? reply.raw.statusCode : 499,
      });
    });
    request.caller = await gate.authenticate(credentialsOf(request));
    gate.authorize(request.caller, verb, model);
  };
}

function credentialsOf({ headers }: FastifyRequest) {
  const apiKey = headers["x-api-key"];
  return { authorization: headers.authorization, apiKey: Array.isArray(apiKey) ? apiKey.join() : apiKey };
}

/** Counts rows against the limits of whoever asks. Throws MW1612 to MW1614. */
export async function admitRows(
  { options: { gate } }: Door,
  request: FastifyRequest,
  { verb, rows }: { readonly verb: Verb; readonly rows: number },
): Promise<void> {
  if (request.told !== null) request.told.count += rows;
  if (gate !== undefined && request.caller !== null) await gate.admit(request.caller, verb, rows);
}

/** Counts a coded error that is answered, and sets the headers that its status needs. */
export function noteRefusal(
  { metrics }: Pick<Door, "metrics">,
  coded: MillwrightError,
  reply: FastifyReply,
): void {
  const { request } = reply;
  metrics.failure(coded.code);
  request.trace?.refused(coded.code);
  // A request that the router refused has none of what requests are decorated with.
  if (request.told) request.told.code = coded.code;
  const again = retryAfter(coded);
  if (again !== undefined) void reply.header("retry-after", again);
  if (coded.row.http === 401) void reply.header("www-authenticate", "Bearer");
}

/** Too busy, or too late, which the Open Inference Protocol answers with 503 as well. */
const laterMayDo: ReadonlySet<number> = new Set([429, 503, 504]);

/** Whole seconds, one at least; undefined for an error after which trying again is of no use. */
export function retryAfter({ row, details }: MillwrightError): string | undefined {
  if (!laterMayDo.has(row.http)) return undefined;
  const { retryAfterMs } = details;
  return String(typeof retryAfterMs === "number" ? Math.max(1, Math.ceil(retryAfterMs / 1000)) : 1);
}
