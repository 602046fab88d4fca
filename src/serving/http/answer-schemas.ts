import type { LiveModel } from "../../lifecycle/index.js";

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

const probability = { type: "number", minimum: 0, maximum: 1 } as const;
const number = { type: "number" } as const;

const fallback = {
  type: "object",
  required: ["by", "because"],
  properties: { by: text, because: text },
} as const;

/** What every task's answers may have: one schema for all, so that one serialiser writes them. */
const predictionMembers = {
  id: text,
  model: text,
  version: text,
  probability,
  label: text,
  probabilities: { type: "object", additionalProperties: probability },
  value: number,
  score: number,
  interval: { type: "array", items: number, minItems: 2, maxItems: 2 },
  set: { type: "array", items: { type: ["boolean", "string"] } },
  fallback,
} as const;

/** What each task answers besides id, model and version. */
const answered = {
  binary: ["probability"],
  multiclass: ["label", "probabilities"],
  regression: ["value"],
  ranking: ["score"],
  anomaly: ["score"],
} as const;

/** The answers of one model. What stands in for it may not say how sure it is. */
export function predictionSchema({
  task,
  classes,
  certainty,
}: Pick<LiveModel, "task" | "classes" | "certainty">): object {
  const required = ["id", "model", "version", ...answered[task]] as const;
  const own = classes === undefined ? {} : { label: { type: "string", enum: classes } };
  const names = [...required, ...(certainty === undefined ? [] : [certainty]), "fallback"] as const;
  const properties = Object.fromEntries(names.map((name) => [name, predictionMembers[name]]));
  return { type: "object", required, properties: { ...properties, ...own } };
}

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
    ...predictionMembers,
    predictions: {
      type: "array",
      items: { type: "object", properties: { ...predictionMembers, error: errorMembers } },
    },
  },
} as const;

/** Schemas of the answers that are compiled, by the path of their route. */
export const answerSchemas: Readonly<Record<string, object | undefined>> = Object.freeze({
  "/v1/models/{model}/predict": predictAnswer,
  "/v1/feedback": feedbackSchema,
  "/v1/events/{source}": ingestSchema,
});
