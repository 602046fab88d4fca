import type { Inferred } from "../../inference/index.js";
import type { HostedModel } from "../../lifecycle/index.js";
import type { TensorValue } from "../../registry/index.js";
import { oipErrors } from "../oip-errors.js";
import { binaryOf } from "./binary-data.js";
import { datatypeOf, type Datatype, type FloatArray } from "./datatypes.js";
import type { InferCall } from "./infer-request.js";
import { shown } from "./refusals.js";

/** The body of an answer. */
export interface InferAnswer {
  /** JSON text, or the JSON and the binary tensors behind it. */
  readonly body: string | Buffer;
  /** Bytes of the JSON, for the header Inference-Header-Content-Length; undefined for an answer of JSON alone. */
  readonly headerLength: number | undefined;
}

type Answered = Pick<HostedModel, "name" | "version" | "signature">;

/** Tensors of the binary part begin at a multiple of this, so that a client can read the first one where it lies. */
const alignment = 8;

/**
 * Writes the answer of an inference: the wanted outputs in their order, the request's id, and where the answer comes
 * from when it is not the model itself. Written by hand, since JSON.stringify is twice as slow on arrays of numbers.
 *
 * JSON has no numbers that are not finite: they are null, which numpy reads as NaN. Who needs infinity asks for binary
 * data, which is exact. Throws MW0821 for FP16 as JSON.
 */
export function writeInferAnswer(
  model: Answered,
  { id, outputs }: Pick<InferCall, "id" | "outputs">,
  { outputs: tensors, origin }: Pick<Inferred, "outputs" | "origin">,
): InferAnswer {
  const binary: Uint8Array[] = [];
  let text = `{${headOf(model)}`;
  if (id !== undefined) text += `,"id":${JSON.stringify(id)}`;
  if (origin.kind !== "model") text += `,"parameters":${originParameters(origin)}`;
  text += ',"outputs":[';
  let separator = "";
  for (const wanted of outputs) {
    const tensor = tensors[wanted.name];
    const datatype = known(tensor);
    text += `${separator}{"name":${nameText(wanted.name)},"datatype":"${datatype.name}","shape":[${tensor.shape.join(",")}],`;
    if (wanted.binary) {
      const bytes = binaryOf(tensor.data);
      binary.push(bytes);
      text += `"parameters":{"binary_data_size":${bytes.length}}}`;
    } else text += `"data":[${jsonData(wanted.name, tensor, datatype)}]}`;
    separator = ",";
  }
  text += "]}";
  return outputs.some((wanted) => wanted.binary)
    ? joined(text, binary)
    : { body: text, headerLength: undefined };
}

function joined(text: string, binary: readonly Uint8Array[]): InferAnswer {
  const jsonBytes = Buffer.byteLength(text);
  const headerLength = Math.ceil(jsonBytes / alignment) * alignment;
  const body = Buffer.allocUnsafe(binary.reduce((sum, bytes) => sum + bytes.length, headerLength));
  body.write(text);
  body.fill(" ", jsonBytes, headerLength);
  let at = headerLength;
  for (const bytes of binary) {
    body.set(bytes, at);
    at += bytes.length;
  }
  return { body, headerLength };
}

const heads = new WeakMap<Answered, string>();

function headOf(model: Answered): string {
  let head = heads.get(model);
  if (head === undefined) {
    head = `"model_name":${JSON.stringify(model.name)},"model_version":${JSON.stringify(model.version)}`;
    heads.set(model, head);
  }
  return head;
}

/** A name as JSON; most need no escapes. */
const nameText = (name: string): string => (/^[\w./:-]*$/.test(name) ? `"${name}"` : JSON.stringify(name));

function originParameters(origin: Exclude<Inferred["origin"], { readonly kind: "model" }>): string {
  return JSON.stringify(
    origin.kind === "cache"
      ? { millwright_origin: "cache" }
      : {
          millwright_origin: "fallback",
          millwright_fallback: origin.by,
          millwright_because: origin.because,
        },
  );
}

function known(tensor: TensorValue): Datatype {
  const datatype = datatypeOf(tensor.dtype);
  if (datatype !== undefined) return datatype;
  throw new TypeError(`an output of type ${tensor.dtype}`);
}

/** The elements of an output, separated by commas. Throws MW0821. */
export function jsonData(name: string, tensor: TensorValue, datatype = known(tensor)): string {
  const { data } = tensor;
  switch (datatype.kind) {
    case "float":
      return floatsText(data as FloatArray);
    case "bool":
      return Array.from(data as Uint8Array, (byte) => (byte === 0 ? "false" : "true")).join(",");
    case "text":
      return (data as readonly string[]).map((text) => JSON.stringify(text)).join(",");
    case "bits":
      throw oipErrors.error("MW0821", {
        expected: "outputs that JSON can hold",
        found: `output ${shown(name)} of ${datatype.name}`,
        remedy:
          "Ask for binary data: the parameter binary_data of the output, or binary_data_output of the request.",
      });
    default:
      return data.join(",");
  }
}

function floatsText(data: FloatArray): string {
  for (let i = 0; i < data.length; i++) {
    if (data[i] - data[i] !== 0)
      return Array.from(data, (value) => (Number.isFinite(value) ? `${value}` : "null")).join(",");
  }
  return data.join(",");
}
