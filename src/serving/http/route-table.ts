import type { Verb } from "../../access/index.js";

/** One route: what the router, the index, the OpenAPI document and the hints for wrong paths agree on. */
export interface Route {
  readonly method: "GET" | "POST";
  /** With its parameters in braces, as OpenAPI writes them. */
  readonly path: string;
  readonly summary: string;
  /** Work is admitted, counted and drained; the rest answers even when the server is full. */
  readonly work: boolean;
  /** What a caller must be allowed to; undefined where nothing is asked. */
  readonly verb: Verb | undefined;
}

const work = (verb: Verb, path: string, summary: string): Route =>
  Object.freeze({ method: "POST", path, summary, work: true, verb });
const look = (path: string, summary: string): Route =>
  Object.freeze({ method: "GET", path, summary, work: false, verb: "read" });
const open = (path: string, summary: string): Route =>
  Object.freeze({ method: "GET", path, summary, work: false, verb: undefined });

export const routes = Object.freeze({
  predict: work("predict", "/v1/models/{model}/predict", "Predict for one request, or for many as rows"),
  feedback: work("feedback", "/v1/feedback", "Tell what became of predictions"),
  events: work("ingest", "/v1/events/{source}", "Take events of a source"),
  models: look("/v1/models", "The models that are served"),
  model: look("/v1/models/{model}", "One model, with the schema of its requests"),
  live: open("/health/live", "Whether the process answers"),
  ready: open("/health/ready", "Whether the server wants traffic, and if not, why"),
  metrics: look("/metrics", "Metrics in the Prometheus text format"),
  openapi: look("/openapi.json", "This interface as an OpenAPI 3.1 document"),
  index: look("/", "The routes"),
});

/** The path as the router writes it. */
export const routerPath = (route: Route): string => route.path.replaceAll(/\{(\w+)\}/g, ":$1");

const patterns = Object.values(routes).map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));

/** The methods that a path (without query) has; empty when there is no such path. */
export function allowedMethods(path: string): readonly string[] {
  return patterns
    .filter(({ pattern }) => pattern.test(path))
    .flatMap(({ route }) => (route.method === "GET" ? ["GET", "HEAD"] : [route.method]));
}
