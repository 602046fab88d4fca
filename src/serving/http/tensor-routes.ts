import type { FastifyInstance, FastifyRequest } from "fastify";
import { addOipRoutes } from "../oip/routes.js";
import type { OipRoute } from "../oip/door.js";
import { admitRows, enterThrough, noteRefusal, type Door } from "./door.js";
import type { Route } from "./route-table.js";

const verbs: Readonly<Record<OipRoute["scope"], Route["verb"]>> = {
  ...{ none: undefined, look: "read", predict: "predict", manage: "manage" },
};

/** The Open Inference Protocol, where the server has models that speak tensors. */
export function addTensorRoutes(app: FastifyInstance, door: Door): void {
  const { options, metrics, live, closing, explain } = door;
  if (options.tensors === undefined) return;
  const { host, server, bodyLimitBytes } = options.tensors;
  const { clock, requestTimeoutMs } = options;
  addOipRoutes(app, {
    ...{ host, server, bodyLimitBytes, clock, requestTimeoutMs, explain },
    readiness: () =>
      closing() ? { ready: false, reasons: ["the server is shutting down"] } : live.readiness(),
    enter: ({ path, work, scope }) => enterThrough(door, { path, work, verb: verbs[scope] }),
    arrivedMs: (request) => request.arrivedMs,
    admit: (request, rows) => admitRows(door, request, { verb: "predict", rows }),
    onRefused: (coded, reply) => noteRefusal(door, coded, reply),
    onInferred(request: FastifyRequest, { model, inferred, rows, latencyMs }) {
      const { name, version } = model;
      request.served = { model: name, version };
      metrics.inferred({ model: name, version, inferred, latencyMs, over: "v2", rows });
      const { origin, passage } = inferred;
      request.trace?.inferred({ model: name, version, origin: origin.kind, passage });
    },
    streamOf: ({ stream }) => stream,
  });
}
