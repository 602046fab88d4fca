import type { FastifyInstance, FastifyReply } from "fastify";
import { modelConfig, modelMetadata, modelStatistics, serverMetadata } from "./describe-model.js";
import type { OipDoor, OipRoute } from "./door.js";
import { answerOipError } from "./failure.js";
import { generateHandler, generateStreamHandler } from "./generate-routes.js";
import { inferHandler, type ModelParams, type ModelRequest } from "./infer-route.js";
import { modelReady, serverReady } from "./readiness-routes.js";
import { repositoryIndex, repositoryLoad, repositoryUnload } from "./repository-routes.js";
import { modelRoutes, routerPath, serverRoutes, versioned } from "./route-table.js";

type Handler = (request: ModelRequest, reply: FastifyReply) => unknown;

/**
 * Adds the Open Inference Protocol V2 to a server, in a scope of its own: bodies are taken whatever their content
 * type, and errors are answered as the protocol does.
 */
export function addOipRoutes(app: FastifyInstance, door: OipDoor): void {
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    // Clients send none, JSON or octet-stream for the same bodies.
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, parsed) => parsed(null, body));
    scope.setErrorHandler((error, request, reply) => answerOipError(door, error, { request, reply }));
    addServerRoutes(scope, door);
    addModelRoutes(scope, door);
    done();
  });
}

function addRoute(scope: FastifyInstance, door: OipDoor, added: readonly [OipRoute, Handler]): void {
  const [route, handler] = added;
  const { bodyLimitBytes: bodyLimit } = door;
  scope.route<{ Params: ModelParams }>({
    method: route.method,
    url: routerPath(route),
    bodyLimit,
    onRequest: door.enter(route),
    handler,
  });
}

function addServerRoutes(scope: FastifyInstance, door: OipDoor): void {
  const add = (route: OipRoute, handler: Handler) => addRoute(scope, door, [route, handler]);
  add(serverRoutes.server, () => serverMetadata(door.server));
  add(serverRoutes.live, () => ({ live: true }));
  add(serverRoutes.ready, (_request, reply) => serverReady(door, reply));
  add(serverRoutes.stats, () => modelStatistics(door.host));
  add(serverRoutes.index, (request) => repositoryIndex(door, request));
  add(serverRoutes.load, (request) => repositoryLoad(door, request));
  add(serverRoutes.unload, (request) => repositoryUnload(door, request));
}

function addModelRoutes(scope: FastifyInstance, door: OipDoor): void {
  const { host } = door;
  const add = (route: OipRoute, handler: Handler) => {
    addRoute(scope, door, [route, handler]);
    addRoute(scope, door, [versioned(route), handler]);
  };
  add(modelRoutes.metadata, ({ params }) => modelMetadata(host, params.model, params.version));
  add(modelRoutes.ready, (request, reply) => modelReady(door, request, reply));
  add(modelRoutes.config, ({ params }) => modelConfig(host, params.model, params.version));
  add(modelRoutes.stats, ({ params }) => modelStatistics(host, params.model, params.version));
  add(modelRoutes.infer, inferHandler(door));
  add(modelRoutes.generate, generateHandler(door));
  add(modelRoutes.generateStream, generateStreamHandler(door));
}
