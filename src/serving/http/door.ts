import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from "fastify";
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
  }
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

/** Counts a request in before its body is read, and out when its answer is sent or its connection is gone. */
function enterThrough({ admission, deadlines, metrics, options, closing }: Door, route: Route) {
  const { clock, requestTimeoutMs } = options;
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    const startedMs = clock.monotonicMs();
    const refusal = route.work ? admission.enter() : undefined;
    const settle = deadlines.start(() => {
      if (!reply.sent) void reply.send(late(request, requestTimeoutMs));
    });
    reply.raw.once("close", () => {
      settle();
      if (route.work && refusal === undefined) admission.leave();
      metrics.exchange({
        route: route.path,
        served: request.served,
        status: reply.raw.writableFinished ? reply.raw.statusCode : 499,
        latencyMs: clock.monotonicMs() - startedMs,
      });
    });
    if (closing()) void reply.header("connection", "close");
    assumeJson(request);
    done(refusal);
  };
}
