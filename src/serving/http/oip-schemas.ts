import type { HostedModel } from "../../lifecycle/index.js";
import type { TensorSpec } from "../../registry/index.js";
import { datatypeOf } from "../oip/datatypes.js";

/** What the Open Inference Protocol's routes take and answer as JSON, generated from a model's signature. */

const text = { type: "string" } as const;

/** Which schemas of elements a datatype has in JSON. */
function elementOf({ dtype }: TensorSpec): object {
  if (dtype === "bool") return { type: "boolean" };
  if (dtype === "string") return text;
  return dtype.startsWith("float") ? { type: ["number", "null"] } : { type: "integer" };
}

function tensorSchema(spec: TensorSpec): object {
  return {
    type: "object",
    required: ["name", "shape", "datatype", "data"],
    properties: {
      name: { const: spec.name },
      datatype: { const: datatypeOf(spec.dtype)?.name ?? spec.dtype },
      shape: {
        type: "array",
        prefixItems: spec.shape.map((size) =>
          size === null ? { type: "integer", minimum: 0 } : { const: size },
        ),
        minItems: spec.shape.length,
        maxItems: spec.shape.length,
      },
      data: { type: "array", items: elementOf(spec), description: "Row by row, as many as the shape says." },
      parameters: { type: "object" },
    },
  };
}

const exactly = (specs: readonly TensorSpec[]) => ({
  type: "array",
  ...(specs.length === 0 ? {} : { prefixItems: specs.map(tensorSchema) }),
  ...{ minItems: specs.length, maxItems: specs.length },
});

const scheduleParameters = {
  priority: { type: "integer", minimum: 0, description: "1 goes first; 0 is no wish." },
  timeout: { type: "integer", minimum: 0, description: "Microseconds; 0 is the server's own limit." },
} as const;

/** An inference request for a model. */
export const inferRequest = ({ signature }: HostedModel) => ({
  type: "object",
  required: ["inputs"],
  properties: {
    id: text,
    parameters: { type: "object", properties: scheduleParameters },
    inputs: exactly(signature.inputs),
    outputs: {
      type: "array",
      items: {
        type: "object",
        required: ["name"],
        properties: { name: { enum: namesOf(signature.outputs) } },
      },
    },
  },
});

const namesOf = (specs: readonly TensorSpec[]) => specs.map(({ name }) => name);

/** The answer of an inference. */
export const inferAnswer = () => ({
  type: "object",
  required: ["model_name", "outputs"],
  properties: {
    ...{ model_name: text, model_version: text, id: text, parameters: { type: "object" } },
    outputs: {
      type: "array",
      items: {
        type: "object",
        required: ["name", "datatype", "shape"],
        properties: {
          ...{ name: text, datatype: text, data: { type: "array" }, parameters: { type: "object" } },
          shape: { type: "array", items: { type: "integer" } },
        },
      },
    },
  },
});

const streamParameters = {
  type: "object",
  properties: {
    ...scheduleParameters,
    steps: { type: "integer", minimum: 0, description: "Most steps; 0 is as many as the model gives." },
    all_steps: { type: "boolean", description: "Answer each step, where the answer is one." },
  },
} as const;

/** A request for a stream: an inference request, or an object with a field for each input. */
export const generateRequest = (model: HostedModel) => {
  const { inputs } = model.signature;
  const { properties, ...inference } = inferRequest(model);
  return {
    anyOf: [
      { ...inference, properties: { ...properties, parameters: streamParameters } },
      {
        type: "object",
        required: namesOf(inputs),
        properties: {
          ...Object.fromEntries(inputs.map((spec) => [spec.name, nested(spec)])),
          ...{ id: text, parameters: streamParameters },
        },
        not: { required: ["inputs"] },
      },
    ],
  };
};

/** A value, or lists of them to the depth of the tensor's shape. */
const nested = (spec: TensorSpec): object => ({
  anyOf: [elementOf(spec), ...(spec.shape.length === 0 ? [] : [{ type: "array" }])],
  description: `Of shape [${spec.shape.map((size) => size ?? -1).join(",")}]; leading sizes of 1 may be left out.`,
});

/** One step of a stream: the answer of an inference, or an object with a field for each output that the model emits. */
const stepAnswer = (model: HostedModel) => ({
  type: "object",
  required: ["model_name", "model_version"],
  properties: {
    ...inferAnswer().properties,
    ...{ model_name: { const: model.name }, model_version: { const: model.version } },
  },
});

/** One event of a stream: its data is a step, or what failed, as JSON. */
export const streamEvent = (model: HostedModel) => ({
  type: "object",
  required: ["data"],
  properties: {
    data: {
      type: "string",
      contentMediaType: "application/json",
      contentSchema: {
        anyOf: [stepAnswer(model), { type: "object", required: ["error"], properties: { error: text } }],
      },
    },
  },
});

/** The last step, or every step. */
export const generateAnswer = (model: HostedModel) => ({
  anyOf: [
    stepAnswer(model),
    {
      type: "object",
      required: ["steps"],
      properties: { steps: { type: "array", items: stepAnswer(model) } },
    },
  ],
});
