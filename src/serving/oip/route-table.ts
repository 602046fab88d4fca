import type { OipRoute } from "./door.js";

type Verb = Omit<OipRoute, "method" | "path" | "summary">;
const look: Verb = { work: false, scope: "look" };
const open: Verb = { work: false, scope: "none" };
const predict: Verb = { work: true, scope: "predict" };
const manage: Verb = { work: true, scope: "manage" };

const get = (verb: Verb, path: string, summary: string): OipRoute =>
  Object.freeze({ method: "GET", path, summary, ...verb });
const post = (verb: Verb, path: string, summary: string): OipRoute =>
  Object.freeze({ method: "POST", path, summary, ...verb });

const model = "/v2/models/{model}";

/** Routes of one model; each is there a second time with `/versions/{version}` behind the model. */
export const modelRoutes = Object.freeze({
  metadata: get(look, model, "Names, types and shapes of what a model takes and gives"),
  ready: get(look, `${model}/ready`, "Whether a model takes requests"),
  config: get(look, `${model}/config`, "A model's configuration, as Triton writes it"),
  stats: get(look, `${model}/stats`, "What a model did since it was loaded"),
  infer: post(predict, `${model}/infer`, "Compute the outputs for tensors"),
  generate: post(predict, `${model}/generate`, "Compute step by step, and answer the last step"),
  generateStream: post(
    predict,
    `${model}/generate_stream`,
    "Compute step by step, and send each as an event",
  ),
});

export const serverRoutes = Object.freeze({
  server: get(open, "/v2", "Name, version and extensions of the server"),
  live: get(open, "/v2/health/live", "Whether the server answers"),
  ready: get(open, "/v2/health/ready", "Whether the server wants traffic"),
  stats: get(look, "/v2/models/stats", "What all loaded models did since they were loaded"),
  index: post(look, "/v2/repository/index", "The models and versions of the repository"),
  load: post(manage, "/v2/repository/models/{model}/load", "Load a model, or another version of it"),
  unload: post(manage, "/v2/repository/models/{model}/unload", "Take a model out of memory"),
});

/** The same route for a named version. */
export const versioned = (route: OipRoute): OipRoute =>
  Object.freeze({ ...route, path: route.path.replace(model, `${model}/versions/{version}`) });

/** Every route of the protocol. */
export const oipRoutes: readonly OipRoute[] = Object.freeze([
  ...Object.values(serverRoutes),
  ...Object.values(modelRoutes).flatMap((route) => [route, versioned(route)]),
]);

/** The path as the router writes it. */
export const routerPath = ({ path }: OipRoute): string => path.replaceAll(/\{(\w+)\}/g, ":$1");
