import type { LiveModel, LiveProject, LiveSource } from "../../lifecycle/index.js";
import { servingErrors } from "../errors.js";
import { errorMembers, feedbackSchema, ingestSchema, predictionSchema } from "./answer-schemas.js";
import { ndjson } from "./body.js";
import { wishHeaders } from "./caller-wishes.js";
import type { CompiledHttpOptions } from "./options.js";
import { oipPaths } from "./oip-openapi.js";
import { recordSchema } from "./record-schema.js";
import { routes, type Route } from "./route-table.js";

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object) => ({ "application/json": { schema } });

/**
 * The interface of a live project as an OpenAPI 3.1 document. Models and sources get paths of their own,
 * so that generated clients have the exact types of each.
 */
export function openApiDocument(
  live: LiveProject,
  { maxBatchItems, gate, tensors }: CompiledHttpOptions,
): object {
  const batch = (key: string, items: object) => ({
    type: "object",
    required: [key],
    properties: { [key]: { type: "array", maxItems: maxBatchItems, items } },
    additionalProperties: false,
  });
  return {
    openapi: "3.1.0",
    info: {
      title: live.name,
      version: "1.0.0",
      description: "Predictions, feedback and events of a Millwright project.",
    },
    ...(gate === undefined ? {} : { security: [{ bearer: [] }, { apiKey: [] }] }),
    paths: withAccess(gate !== undefined, [
      ...live.models.map((model) => predictPath(model, batch("rows", ref(requestName(model))))),
      feedbackPath(batch("items", ref("Feedback"))),
      ...live.sources.map((source) => eventsPath(source, batch("events", ref(eventName(source))))),
      ...lookPaths(live),
      ...(tensors === undefined ? [] : oipPaths(tensors.host)),
    ]),
    components: {
      ...{ schemas: schemas(live), responses: errorResponses() },
      ...(gate === undefined ? {} : { securitySchemes }),
    },
  };
}

const securitySchemes = {
  bearer: { type: "http", scheme: "bearer", description: "An API key or a token." },
  apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
} as const;

/** What a gate answers besides, by status. */
const accessStatuses = {
  401: "No credentials, or none that are valid.",
  403: "The caller has no scope for this.",
  429: "The caller asked for more than its limit; see Retry-After.",
} as const;

/** Where nobody asks for credentials, their refusals are not there. */
function withAccess(gated: boolean, paths: readonly (readonly [string, object])[]): object {
  if (!gated) return Object.fromEntries(paths);
  const refusals = Object.entries(accessStatuses).map(
    ([status, description]) => [status, { description }] as const,
  );
  const guarded = ([path, methods]: readonly [string, object]): readonly [string, object] => {
    const operations = Object.entries(methods as Readonly<Record<string, Operation>>).map(
      ([method, operation]): readonly [string, object] => {
        if (operation.security?.length === 0 || open.has(path))
          return [method, { ...operation, security: [] }];
        const responses: object = { ...Object.fromEntries(refusals), ...operation.responses };
        return [method, { ...operation, responses }];
      },
    );
    return [path, Object.fromEntries(operations)];
  };
  return Object.fromEntries(paths.map(guarded));
}

interface Operation {
  readonly responses: object;
  readonly security?: readonly object[];
}

const open = new Set(Object.values(routes).flatMap(({ path, verb }) => (verb === undefined ? [path] : [])));

const requestName = ({ name }: LiveModel) => `request.${name}`;
const answerName = ({ name }: LiveModel) => `prediction.${name}`;
const answersName = ({ name }: LiveModel) => `predictions.${name}`;
const eventName = ({ name }: LiveSource) => `event.${name}`;

function predictPath(model: LiveModel, batch: object): [string, object] {
  const answer = { anyOf: [ref(answerName(model)), ref(answersName(model))] };
  return [
    routes.predict.path.replace("{model}", model.name),
    {
      post: workOperation(routes.predict, {
        operationId: `predict-${model.name}`,
        description: `Predicts ${model.predicts}.`,
        body: json({ anyOf: [ref(requestName(model)), batch] }),
        answer,
        parameters: wishParameters,
      }),
    },
  ];
}

const wishParameters = [
  [wishHeaders.priority, "1 goes first; 0 is no wish."],
  [wishHeaders.timeoutMs, "How long the caller waits, in milliseconds; 0 is the server's own limit."],
].map(([name, description]) => ({
  ...{ name, in: "header", required: false, description },
  schema: { type: "integer", minimum: 0, maximum: 999_999_999_999_999 },
}));

function feedbackPath(batch: object): [string, object] {
  return [
    routes.feedback.path,
    {
      post: workOperation(routes.feedback, {
        operationId: "feedback",
        description: "One label, refused with its own error, or a batch, in which each item is judged alone.",
        body: json({ anyOf: [ref("Feedback"), batch] }),
        answer: ref("FeedbackReceipt"),
      }),
    },
  ];
}

function eventsPath(source: LiveSource, batch: object): [string, object] {
  return [
    routes.events.path.replace("{source}", source.name),
    {
      post: workOperation(routes.events, {
        operationId: `ingest-${source.name}`,
        description:
          "Answers 200 once every event is kept: accepted, known already, or in quarantine with its reasons. " +
          "Events may also come as lines of JSON, as many as one likes; then an error says in `details.taken` what " +
          "of the lines before was taken.",
        body: {
          ...json({ anyOf: [ref(eventName(source)), batch] }),
          [ndjson]: { schema: { type: "string" } },
        },
        answer: ref("IngestReceipt"),
        refusals: {
          422: "An expectation blocks the batch, nothing of which was taken.",
          429: "Too many events wait for the log; see Retry-After.",
          507: "The log could not be written, for instance because the disk is full.",
        },
      }),
    },
  ];
}

interface WorkOperation {
  readonly operationId: string;
  readonly description: string;
  readonly body: object;
  readonly answer: object;
  readonly parameters?: readonly object[];
  /** Answers of the project's own, by status. */
  readonly refusals?: Readonly<Record<string, string>>;
}

function workOperation(
  route: Route,
  { operationId, description, body, answer, parameters, refusals = {} }: WorkOperation,
): object {
  const errors = workStatuses.map(
    (status) => [status, { $ref: `#/components/responses/${status}` }] as const,
  );
  return {
    operationId,
    summary: route.summary,
    description,
    ...(parameters === undefined ? {} : { parameters }),
    requestBody: { required: true, content: body },
    responses: {
      200: { description: "The answer", content: json(answer) },
      ...Object.fromEntries(errors),
      ...Object.fromEntries(Object.entries(refusals).map(refusalResponse)),
    },
  };
}

const refusalResponse = ([status, description]: [string, string]) =>
  [status, { description, content: json(ref("ErrorAnswer")) }] as const;

const workStatuses = ["400", "404", "408", "413", "415", "500", "503", "504"];

/** One reusable response per HTTP status that the server's own errors have. */
function errorResponses(): Record<string, object> {
  const rows = Object.entries(servingErrors.rows);
  return Object.fromEntries(
    workStatuses.map((status) => {
      const own = rows.filter(([, row]) => String(row.http) === status);
      const description = `A coded error, such as ${own.map(([code, row]) => `${code} ${row.title}`).join(", ")}.`;
      return [status, { description, content: json(ref("ErrorAnswer")) }];
    }),
  );
}

function lookPaths(live: LiveProject): [string, object][] {
  const operation = (route: Route, content: object, more: object = {}): [string, object] => [
    route.path,
    {
      get: {
        operationId: `get-${route.path.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "") || "index"}`,
        summary: route.summary,
        ...more,
        responses: { 200: { description: "The answer", content }, ...errorsOf(route) },
      },
    },
  ];
  const model = { name: "model", in: "path", required: true, schema: { type: "string" } };
  const names = live.models.map(({ name }) => name);
  return [
    operation(routes.models, json(ref("Models"))),
    operation(routes.model, json(ref("Model")), {
      parameters: [names.length === 0 ? model : { ...model, schema: { type: "string", enum: names } }],
    }),
    operation(routes.live, json({ type: "object" })),
    operation(routes.ready, json(ref("Readiness"))),
    operation(routes.metrics, { "text/plain": { schema: { type: "string" } } }),
    operation(routes.openapi, json({ type: "object" })),
    operation(routes.index, json({ type: "object" })),
  ];
}

function errorsOf(route: Route): object {
  if (route === routes.ready) return { 503: { description: "Not ready", content: json(ref("Readiness")) } };
  return route === routes.model ? { 404: { $ref: "#/components/responses/404" } } : {};
}

const predictionsSchema = (model: LiveModel) => ({
  type: "object",
  required: ["predictions"],
  properties: {
    predictions: { type: "array", items: { anyOf: [ref(answerName(model)), ref("ErrorAnswer")] } },
  },
});

function schemas(live: LiveProject): Record<string, object> {
  const text = { type: "string" };
  return {
    ...Object.fromEntries(live.models.map((model) => [requestName(model), recordSchema(model.request)])),
    ...Object.fromEntries(live.sources.map((source) => [eventName(source), recordSchema(source.schema)])),
    ...Object.fromEntries(live.models.map((model) => [answerName(model), predictionSchema(model)])),
    ...Object.fromEntries(live.models.map((model) => [answersName(model), predictionsSchema(model)])),
    Feedback: {
      type: "object",
      required: ["id", "label"],
      properties: {
        id: text,
        label: { description: "What became of it; the model says which values it takes." },
      },
      additionalProperties: false,
    },
    FeedbackReceipt: feedbackSchema,
    IngestReceipt: ingestSchema,
    Model: {
      type: "object",
      required: ["name", "version", "packageId", "predicts", "task", "request"],
      properties: {
        ...{ name: text, version: text, packageId: text, predicts: text, task: text },
        classes: { type: "array", items: text },
        certainty: { type: "string", enum: ["interval", "set"] },
        request: { type: "object" },
      },
    },
    Models: {
      type: "object",
      required: ["models"],
      properties: { models: { type: "array", items: ref("Model") } },
    },
    Readiness: {
      type: "object",
      required: ["ready", "reasons"],
      properties: { ready: { type: "boolean" }, reasons: { type: "array", items: text } },
    },
    Error: errorMembers,
    ErrorAnswer: { type: "object", required: ["error"], properties: { error: ref("Error") } },
  };
}
