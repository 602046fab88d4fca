import type { HostedModel } from "../../lifecycle/index.js";
import type { TensorValue, Tensors } from "../../registry/index.js";
import { lastPriority, rangeText, wishesOf, type Wishes } from "../caller-limit.js";
import { readBinaryData, textOf } from "./binary-data.js";
import { datatypeNamed, datatypeNames, datatypeOf, tensorOf, type Datatype } from "./datatypes.js";
import { parseJson, parseJsonDigits } from "./json-text.js";
import { readJsonData } from "./json-data.js";
import { badBinary, badBody, badRequest, shown } from "./refusals.js";

/** An output that a caller asked for, and in which form. */
export interface WantedOutput {
  readonly name: string;
  readonly binary: boolean;
}

/** An inference request, read. */
export interface InferCall extends Wishes {
  /** Echoed in the answer; absent when the request has none. */
  readonly id: string | undefined;
  readonly inputs: Tensors;
  /** In the order of the answer. */
  readonly outputs: readonly WantedOutput[];
  /** What the request says besides, by name. */
  readonly parameters: Fields;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Names, types and shapes of the model that is asked; what a request may name. */
export type Asked = Pick<HostedModel, "signature" | "maxBatchRows">;

/**
 * Reads the body of an inference request: JSON, JSON and binary tensors, or one raw tensor. `headerLength` is the
 * header Inference-Header-Content-Length, which alone says which. Fields that the protocol does not know are passed
 * over. Throws MW0817 to MW0819 and MW0821; types and sizes that do not fit the model are left to it.
 */
export function readInferRequest(body: Buffer, headerLength: string | undefined, model: Asked): InferCall {
  if (headerLength === undefined) return readCall(body.toString("utf8"), undefined, model);
  const jsonBytes = /^\d{1,15}$/.test(headerLength) ? Number(headerLength) : NaN;
  if (!(jsonBytes <= body.length))
    throw badBody(`Inference-Header-Content-Length from 0 to ${body.length}`, shown(headerLength));
  if (jsonBytes === 0) return readRaw(body, model);
  return readCall(body.toString("utf8", 0, jsonBytes), body.subarray(jsonBytes), model);
}

function readCall(text: string, binary: Buffer | undefined, model: Asked): InferCall {
  if (/^\s*$/.test(text)) throw badRequest("an inference request", "an empty body");
  const request = objectOf(parseJson(text), "an inference request");
  const { id, inputs, outputs } = request;
  if (id !== undefined && id !== null && typeof id !== "string")
    throw badRequest('"id" to be a text', shown(id));
  const parameters = parametersOf(request);
  const { priority, timeoutMs } = schedule(parameters);
  return {
    id: id ?? undefined,
    inputs: readInputs(listOf(inputs, '"inputs"'), { text, binary }),
    outputs: wantedOutputs(outputs, parameters, model),
    parameters,
    priority,
    timeoutMs,
  };
}

/** Priority and time limit, in microseconds, that the parameters of a request wish for. Throws MW0817. */
export const schedule = (parameters: Fields): Wishes =>
  wishesOf(wholeOf(parameters, "priority", lastPriority), wholeOf(parameters, "timeout") / 1000);

/** A parameter that counts something; 0 when it is absent. Throws MW0817. */
export function wholeOf(parameters: Fields, name: string, most = Infinity): number {
  const value = parameters[name];
  if (value === undefined) return 0;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
  throw badRequest(`the parameter "${name}" to be a whole number ${rangeText(most)}`, shown(value));
}

interface Body {
  readonly text: string;
  readonly binary: Buffer | undefined;
}

function readInputs(inputs: readonly unknown[], body: Body): Tensors {
  const tensors = new Map<string, TensorValue>();
  let used = 0;
  for (let i = 0; i < inputs.length; i++) {
    const input = objectOf(inputs[i], "an input");
    const head = headOf(input);
    if (tensors.has(head.name)) throw badRequest("each input once", `${shown(head.name)} twice`);
    const size = binarySize(input, head.name);
    if (size === undefined) {
      tensors.set(
        head.name,
        jsonTensor(input, head, () => exactData(body.text, i)),
      );
      continue;
    }
    const end = used + size;
    if (body.binary === undefined || end > body.binary.length) throw missingBytes(head.name, size, body);
    const data = readBinaryData(head, body.binary.subarray(used, end), head.count);
    tensors.set(head.name, tensorOf(head.datatype, head.shape, data));
    used = end;
  }
  if (body.binary !== undefined && used !== body.binary.length)
    throw badBody(`${used} bytes after the JSON`, `${body.binary.length}`);
  return Object.fromEntries(tensors);
}

interface Head {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly count: number;
}

function headOf({ name, shape, datatype }: Fields): Head {
  if (typeof name !== "string") throw badRequest('every input to have a "name"', shown(name));
  const known = datatypeNamed(datatype);
  if (known === undefined)
    throw badRequest(`the datatype of input ${shown(name)}: ${datatypeNames.join(", ")}`, shown(datatype));
  if (!Array.isArray(shape)) throw badRequest(`a list as shape of input ${shown(name)}`, shown(shape));
  let count = 1;
  for (const size of shape as readonly unknown[]) {
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
      throw badRequest(`whole numbers from 0 on as shape of input ${shown(name)}`, shown(size));
    count *= size;
  }
  if (!Number.isSafeInteger(count)) throw badRequest("a shape of at most 2^53 elements", `${count}`);
  return { name, datatype: known, shape: shape as readonly number[], count };
}

function binarySize(input: Fields, name: string): number | undefined {
  const { binary_data_size: size, shared_memory_region: region } = parametersOf(input);
  if (region !== undefined) throw badRequest("tensors in the body", `input ${shown(name)} in shared memory`);
  if (size === undefined) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw badBody("binary_data_size to be a whole number from 0 on", shown(size));
  if (input.data !== undefined)
    throw badRequest("either data or binary_data_size", `both in input ${shown(name)}`);
  return size;
}

function jsonTensor(input: Fields, head: Head, exact: () => unknown): TensorValue {
  const { datatype, shape, count, name } = head;
  const data = datatype.kind === "long" ? (exact() ?? input.data) : input.data;
  if (!Array.isArray(data)) throw badRequest(`a list as data of input ${shown(name)}`, shown(data));
  return tensorOf(datatype, shape, readJsonData({ name, datatype, shape, data: data as unknown[] }, count));
}

/** The data of an input with all its digits, where JSON.parse, which rounds what needs more than 15, may have lost some. */
function exactData(text: string, i: number): unknown {
  if (!/\d{16}/.test(text)) return undefined;
  return (parseJsonDigits(text) as { readonly inputs: readonly Fields[] }).inputs[i].data;
}

function wantedOutputs(outputs: unknown, parameters: Fields, { signature }: Asked): readonly WantedOutput[] {
  const binary = flagOf(parameters, "binary_data_output", false);
  // Without a list, or with an empty one, all are wanted.
  const wanted = outputs === undefined || outputs === null ? [] : listOf(outputs, '"outputs"');
  if (wanted.length === 0) return signature.outputs.map(({ name }) => ({ name, binary }));
  const names = new Set<string>();
  return wanted.map((value) => {
    const output = objectOf(value, "an output");
    const found = signature.outputs.find(({ name }) => name === output.name);
    if (found === undefined) throw noSuchOutput(output.name, signature.outputs);
    if (names.has(found.name)) throw badRequest("each output once", `${shown(found.name)} twice`);
    names.add(found.name);
    const own = parametersOf(output);
    if (own.classification !== undefined || own.shared_memory_region !== undefined)
      throw badRequest("outputs as tensors", "a wish for classification or shared memory");
    return { name: found.name, binary: flagOf(own, "binary_data", binary) };
  });
}

/** A body that is one tensor: its shape follows from the model's signature and the number of bytes. */
function readRaw(body: Buffer, { signature, maxBatchRows }: Asked): InferCall {
  const [spec, another] = signature.inputs;
  const datatype = datatypeOf(spec.dtype);
  if (another !== undefined || datatype === undefined)
    throw badRequest("a model of one input for a raw body", `${signature.inputs.length} inputs`);
  const outputs = signature.outputs.map(({ name }) => ({ name, binary: true }));
  const { name } = spec;
  const common = { id: undefined, outputs, parameters: {}, ...wishesOf(0, 0) };
  if (datatype.kind === "text") {
    const one = [textOf(spec, body)];
    const value = tensorOf(datatype, Array<number>(Math.max(1, spec.shape.length)).fill(1), one);
    return { ...common, inputs: Object.fromEntries([[name, value]]) };
  }
  const shape = rawShape(spec.shape, body.length / datatype.array.BYTES_PER_ELEMENT, maxBatchRows > 1);
  const count = shape.reduce((product, size) => product * size, 1);
  const value = tensorOf(datatype, shape, readBinaryData({ name, datatype, shape }, body, count));
  return { ...common, inputs: Object.fromEntries([[name, value]]) };
}

/** One free dimension takes what the others leave; of two the first is the batch's, and it has one row. */
function rawShape(spec: readonly (number | null)[], elements: number, batches: boolean): readonly number[] {
  const free = spec.filter((size) => size === null).length;
  const sizes = free === 2 && batches && spec[0] === null ? [1, ...spec.slice(1)] : spec;
  const fixed = sizes.reduce<number>((product, size) => product * (size ?? 1), 1);
  if (sizes.filter((size) => size === null).length > 1)
    throw badRequest(
      "an input of one free dimension for a raw body",
      `shape [${spec.map((size) => size ?? -1).join(",")}]`,
    );
  if (fixed > 0 && Number.isSafeInteger(elements / fixed))
    return sizes.map((size) => size ?? elements / fixed);
  throw badBinary(`whole rows of ${fixed} elements`, `${elements} elements`);
}

/** A JSON object. Throws MW0817. */
export function objectOf(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw badRequest(`${what} to be an object`, shown(value));
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw badRequest(`${what} to be an array`, shown(value));
}

const none: Fields = Object.freeze({});

/** The parameters of a request or tensor. Throws MW0817. */
export const parametersOf = ({ parameters }: Fields): Fields =>
  parameters === undefined || parameters === null ? none : objectOf(parameters, '"parameters"');

function flagOf(parameters: Fields, name: string, absent: boolean): boolean {
  const value = parameters[name] ?? absent;
  if (typeof value === "boolean") return value;
  throw badRequest(`the parameter "${name}" to be true or false`, shown(value));
}

function missingBytes(name: string, size: number, { binary }: Body) {
  return binary === undefined
    ? badBody("the header Inference-Header-Content-Length beside binary_data_size", "none")
    : badBody(`${size} bytes of input ${shown(name)}`, `a body of ${binary.length} bytes after the JSON`);
}

function noSuchOutput(name: unknown, outputs: readonly { readonly name: string }[]) {
  return badRequest(
    `an output of the model: ${outputs.map((output) => output.name).join(", ")}`,
    shown(name),
  );
}
