import type { HostedModel, ModelHost } from "../../lifecycle/index.js";
import type { OipRoute } from "../oip/door.js";
import { modelRoutes, serverRoutes, versioned } from "../oip/route-table.js";
import { generateAnswer, generateRequest, inferAnswer, inferRequest, streamEvent } from "./oip-schemas.js";

const text = { type: "string" } as const;
const json = (schema: object) => ({ "application/json": { schema } });
const errorText = { type: "object", required: ["error"], properties: { error: text } } as const;

/** What a refusal means, by status; the protocol's clients know no others. */
const refusals: Readonly<Record<string, string>> = {
  400: "The request contradicts itself or does not fit the model.",
  404: "No such model or version.",
  408: "The request came too slowly.",
  413: "The body, or its number of rows, is too large.",
  415: "The content coding is not known.",
  429: "The model is too busy, or the caller asked for more than its limit; see Retry-After.",
  500: "The model or the server failed.",
  503: "Not ready, too busy or too late; see Retry-After.",
};

interface Operation {
  readonly route: OipRoute;
  readonly id: string;
  /** The schema of the answer as JSON, or its content where it is none. */
  readonly answer?: object;
  readonly content?: object;
  readonly body?: object;
  readonly description?: string;
}

function operation({
  route,
  id,
  answer = { type: "object" },
  content = json(answer),
  body,
  description,
}: Operation): object {
  const errors = Object.entries(refusals).map(([status, description]) => {
    // Readiness tells in its own words, and why in `error`.
    return [status, { description, content: json(errorText) }] as const;
  });
  return {
    operationId: id,
    summary: route.summary,
    ...(description === undefined ? {} : { description }),
    ...(body === undefined ? {} : { requestBody: { required: false, content: json(body) } }),
    responses: { 200: { description: "The answer", content }, ...Object.fromEntries(errors) },
    ...(route.scope === "none" ? { security: [] } : {}),
  };
}

/**
 * The routes of the Open Inference Protocol, with the exact tensors of each version that is ready, and those of models
 * that stream for these alone. Binary tensors, which a schema cannot describe, are taken by the same paths: the header
 * Inference-Header-Content-Length tells them.
 */
export function oipPaths(host: ModelHost): [string, object][] {
  const server = Object.entries(serverRoutes).flatMap(([name, route]): [string, object][] => {
    const id = `oip-${name}`;
    const isList = route === serverRoutes.index;
    if (route.path.includes("{model}")) return [];
    const answer = isList ? { type: "array", items: { type: "object" } } : { type: "object" };
    const body = route.method === "POST" ? { body: { type: "object" } } : {};
    return [[route.path, { [route.method.toLowerCase()]: operation({ route, id, answer, ...body }) }]];
  });
  const versions = host.ready();
  const names = [...new Set(versions.map(({ name }) => name))];
  return [
    ...server,
    ...names.flatMap((name) => [...modelPaths(host.find(name), pathOf), ...repositoryPaths(name)]),
    ...versions.flatMap((model) => modelPaths(model, versionPathOf)),
  ];
}

/** Where a route of a model stands in the document. */
type PathOf = (route: OipRoute, model: HostedModel) => string;

const pathOf: PathOf = ({ path }, { name }) => path.replace("{model}", name);
const versionPathOf: PathOf = (route, model) =>
  pathOf(versioned(route), model).replace("{version}", model.version);

const idOf = (verb: string, path: string) => `oip-${verb}-${path.split("/").slice(3).join("-")}`;

function modelPaths(model: HostedModel, at: PathOf): [string, object][] {
  const path = (
    name: keyof typeof modelRoutes,
    parts: Omit<Operation, "route" | "id"> = {},
  ): [string, object] => {
    const route = modelRoutes[name];
    const where = at(route, model);
    return [where, { [route.method.toLowerCase()]: operation({ route, id: idOf(name, where), ...parts }) }];
  };
  return [
    ...(["metadata", "ready", "config", "stats"] as const).map((name) => path(name)),
    path("infer", { body: inferRequest(model), answer: inferAnswer() }),
    ...(model.stream === undefined
      ? []
      : [
          path("generate", { body: generateRequest(model), answer: generateAnswer(model) }),
          path("generateStream", {
            body: generateRequest(model),
            content: { "text/event-stream": { schema: streamEvent(model) } },
            description: "Each event has a step as its data. An event with an `error` is the last.",
          }),
        ]),
  ];
}

function repositoryPaths(name: string): [string, object][] {
  return (["load", "unload"] as const).map((verb): [string, object] => {
    const route = serverRoutes[verb];
    const path = route.path.replace("{model}", name);
    const description =
      "Answers when it is done, however long that takes, and goes on when the caller is gone.";
    const parts = { route, id: idOf(verb, path), body: { type: "object" }, description };
    return [path, { post: operation(parts) }];
  });
}
