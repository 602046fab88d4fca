import type { TensorSpec, TensorValue, Tensors } from "../../registry/index.js";
import { datatypeOf, tensorOf } from "./datatypes.js";
import {
  objectOf,
  parametersOf,
  readInferRequest,
  schedule,
  wholeOf,
  type Asked,
  type Fields,
  type InferCall,
} from "./infer-request.js";
import { readJsonData } from "./json-data.js";
import { parseJson, parseJsonDigits } from "./json-text.js";
import { badRequest, shown } from "./refusals.js";

/** A request for a stream, read. */
export interface GenerateCall extends Pick<InferCall, "id" | "inputs" | "priority" | "timeoutMs"> {
  /** Whether the request, and so the answer, has the form of an inference; else tensors are fields by their name. */
  readonly asInference: boolean;
  /** Most steps; undefined for as many as the model gives. */
  readonly steps: number | undefined;
  /** Answer every step and not the last alone, where the answer is one. */
  readonly allSteps: boolean;
}

/**
 * Reads a request for a stream: an inference request, or an object with a field for each input, whose shape follows
 * from its nesting. The parameters `steps`, `all_steps`, `timeout` and `priority` are for the stream.
 * Throws MW0817 to MW0819 and MW0821.
 */
export function readGenerateRequest(body: Buffer, header: string | undefined, model: Asked): GenerateCall {
  const text = header === undefined ? body.toString("utf8") : "";
  const fields = header === undefined ? objectOf(parseJson(text), "the body") : undefined;
  if (fields === undefined || fields.inputs !== undefined) {
    const call = readInferRequest(body, header, model);
    return { ...call, ...wishes(call.parameters), asInference: true };
  }
  const parameters = parametersOf(fields);
  const { id } = fields;
  return {
    id: typeof id === "string" ? id : undefined,
    inputs: readFields(fields, text, model),
    asInference: false,
    ...schedule(parameters),
    ...wishes(parameters),
  };
}

function wishes(parameters: Fields): Pick<GenerateCall, "steps" | "allSteps"> {
  const steps = wholeOf(parameters, "steps");
  const { all_steps: allSteps = false } = parameters;
  if (typeof allSteps !== "boolean")
    throw badRequest('the parameter "all_steps" to be true or false', shown(allSteps));
  return { steps: steps === 0 ? undefined : steps, allSteps };
}

function readFields(fields: Fields, text: string, { signature }: Asked): Tensors {
  // JSON.parse rounds what needs more than 15 digits.
  const digits = /\d{16}/.test(text) ? (parseJsonDigits(text) as Fields) : fields;
  const tensors = signature.inputs.map((spec) => {
    const from = datatypeOf(spec.dtype)?.kind === "long" ? digits : fields;
    return [spec.name, readField(spec, from[spec.name])] as const;
  });
  return Object.fromEntries(tensors);
}

function readField({ name, dtype, shape: dims }: TensorSpec, value: unknown): TensorValue {
  const datatype = datatypeOf(dtype);
  if (datatype === undefined || value === undefined)
    throw badRequest(`a field for the input ${shown(name)}`, "none");
  const nested = sizesOf(value);
  if (nested.length > dims.length)
    throw badRequest(
      `at most ${dims.length} levels of arrays in the field ${shown(name)}`,
      `${nested.length}`,
    );
  // One row need not say that it is one, nor a single value that it is a list of one.
  const ones = Array<number>(dims.length - nested.length).fill(1);
  const wrapped = ones.reduce<unknown>((inner) => [inner], value);
  const data = Array.isArray(wrapped) ? (wrapped as readonly unknown[]) : [wrapped];
  const shape = [...ones, ...nested];
  const count = shape.reduce((product, size) => product * size, 1);
  return tensorOf(datatype, shape, readJsonData({ name, datatype, shape, data }, count));
}

/** The sizes that a value's nesting says it has, by its first elements. */
function sizesOf(value: unknown): readonly number[] {
  const sizes: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) sizes.push(inner.length);
  return sizes;
}
