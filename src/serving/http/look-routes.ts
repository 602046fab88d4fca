import type { FastifyInstance } from "fastify";
import type { LiveModel } from "../../lifecycle/index.js";
import { addRoute, type Door } from "./door.js";
import { modelOf } from "./failure.js";
import { openApiDocument } from "./openapi.js";
import { recordSchema } from "./record-schema.js";
import { routes } from "./route-table.js";

/** Models, health, metrics, OpenAPI and the index: they answer even when the server is full. */
export function addLookRoutes(app: FastifyInstance, door: Door): void {
  const { live, metrics } = door;
  addRoute(app, door, { route: routes.models, handler: () => ({ models: live.models.map(describeModel) }) });
  addRoute<{ model: string }>(app, door, {
    route: routes.model,
    handler: (request) => describeModel(modelOf(live, request.params.model)),
  });
  addRoute(app, door, { route: routes.live, handler: () => ({ live: true }) });
  addRoute(app, door, {
    route: routes.ready,
    handler: (_request, reply) => {
      const { ready, reasons } = readiness(door);
      return reply.code(ready ? 200 : 503).send({ ready, reasons });
    },
  });
  addRoute(app, door, {
    route: routes.metrics,
    handler: (_request, reply) => {
      void reply.type(metrics.contentType);
      return metrics.text();
    },
  });
  addRoute(app, door, { route: routes.openapi, handler: () => openApiDocument(live, door.options) });
  addRoute(app, door, {
    route: routes.index,
    handler: () => ({
      project: live.name,
      models: live.models.map(({ name }) => name),
      routes: listRoutes(),
    }),
  });
}

function readiness({ live, closing }: Door) {
  if (!closing()) return live.readiness();
  return { ready: false, reasons: ["the server is shutting down", ...live.readiness().reasons] };
}

const describeModel = ({ classes, certainty, request, ...model }: LiveModel) => ({
  ...model,
  ...(classes === undefined ? {} : { classes }),
  ...(certainty === undefined ? {} : { certainty }),
  request: recordSchema(request),
});

const listRoutes = () =>
  Object.values(routes).map(({ method, path, summary }) => ({ route: `${method} ${path}`, summary }));
