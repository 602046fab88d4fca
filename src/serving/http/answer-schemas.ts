/**
 * What the routes answer, as JSON Schema. The server compiles these into serialisers (so a member that is
 * not listed here is not sent) and OpenAPI publishes the same objects.
 */
const text = { type: "string" } as const;
const count = { type: "integer", minimum: 0 } as const;

/** The members of a coded error. */
export const errorMembers = Object.freeze({
  type: "object",
  required: ["code", "title", "expected", "found", "remedy"],
  properties: {
    code: { type: "string", pattern: "^MW[0-9]{4}$" },
    title: text,
    expected: text,
    found: text,
    remedy: text,
    details: { type: "object", additionalProperties: true },
  },
} as const);

export const predictionSchema = Object.freeze({
  type: "object",
  required: ["id", "model", "version", "probability"],
  properties: {
    id: text,
    model: text,
    version: text,
    probability: { type: "number", minimum: 0, maximum: 1 },
  },
} as const);

const refusals = {
  type: "array",
  items: { type: "object", required: ["index", "error"], properties: { index: count, error: errorMembers } },
} as const;

const remarks = {
  type: "array",
  items: {
    type: "object",
    required: ["index", "reasons"],
    properties: { index: count, reasons: { type: "array", items: text } },
  },
} as const;

export const feedbackSchema = Object.freeze({
  type: "object",
  required: ["accepted", "rejected"],
  properties: { accepted: count, rejected: refusals },
} as const);

export const ingestSchema = Object.freeze({
  type: "object",
  required: ["accepted", "duplicates", "quarantined", "warned", "sequence"],
  properties: {
    accepted: count,
    duplicates: count,
    quarantined: remarks,
    warned: remarks,
    sequence: {
      type: ["object", "null"],
      required: ["first", "last"],
      properties: { first: count, last: count },
    },
  },
} as const);

// One flat object for both forms of a prediction: a union would be told apart at run time, at a cost.
const predictAnswer = {
  type: "object",
  properties: {
    ...predictionSchema.properties,
    predictions: {
      type: "array",
      items: { type: "object", properties: { ...predictionSchema.properties, error: errorMembers } },
    },
  },
} as const;

/** Schemas of the answers that are compiled, by the path of their route. */
export const answerSchemas: Readonly<Record<string, object | undefined>> = Object.freeze({
  "/v1/models/{model}/predict": predictAnswer,
  "/v1/feedback": feedbackSchema,
  "/v1/events/{source}": ingestSchema,
});
