import { didYouMean } from "../../kernel/index.js";
import type { HostedModel } from "../../lifecycle/index.js";
import type { TensorSpec, Tensors, TensorValue } from "../../registry/index.js";
import { lastPriority, rangeText, wishesOf, type Wishes } from "../caller-limit.js";
import { readBinaryData, textOf, type BinaryTensor } from "../oip/binary-data.js";
import { datatypeNamed, datatypeNames, tensorOf, type Elements, type WholeArray } from "../oip/datatypes.js";
import { shown } from "../oip/refusals.js";
import type { InferRequest, InputTensor, Parameter, Parameters, TensorContents } from "./messages.js";
import { inconsistent, notOffered } from "./refusals.js";

/** ONNX graphs stay far below; it keeps a shape of a million sizes out of messages. */
const maxDimensions = 32;

/**
 * The tensors of a request. Whether they are those of the model's signature is for `infer` to judge; here they are
 * only made of what the message says. Shapes are compared with what came before anything is allocated, so one of 2^40
 * elements costs nothing. Throws MW0823 where the message contradicts itself, MW0819 for bytes that are not as many as
 * the shape says, MW0825 for shared memory.
 */
export function readInputs({ inputs, raw_input_contents: raw }: InferRequest): Tensors {
  const isRaw = raw.length > 0;
  if (isRaw && raw.length !== inputs.length) {
    throw inconsistent(`raw_input_contents for each of the ${inputs.length} inputs`, `${raw.length}`);
  }
  const tensors = new Map<string, TensorValue>();
  for (const [i, input] of inputs.entries()) {
    const { name, parameters } = input;
    if (tensors.has(name)) throw inconsistent("every input once", `${shown(name)} twice`);
    refuseSharedMemory(parameters, `input ${shown(name)}`);
    const form = readForm(input);
    if (isRaw && input.contents) {
      throw inconsistent("raw_input_contents alone or contents alone", `both for input ${shown(name)}`);
    }
    const data = isRaw ? readBinaryData(form, raw[i], form.count) : dataOfContents(form, input.contents);
    tensors.set(name, tensorOf(form.datatype, form.shape, data));
  }
  return Object.fromEntries(tensors);
}

/** What an input says of itself. */
interface Form extends BinaryTensor {
  readonly count: number;
}

function readForm({ name, datatype: word, shape: sizes }: InputTensor): Form {
  const datatype = datatypeNamed(word);
  if (datatype === undefined) {
    throw inconsistent(`a datatype of input ${shown(name)}: ${datatypeNames.join(", ")}`, shown(word));
  }
  if (sizes.length > maxDimensions) {
    throw inconsistent(`at most ${maxDimensions} dimensions of input ${shown(name)}`, `${sizes.length}`);
  }
  const shape = sizes.map(Number);
  const bad = shape.findIndex((size) => !Number.isSafeInteger(size) || size < 0);
  if (bad >= 0) {
    throw inconsistent(`whole numbers from 0 on as shape of input ${shown(name)}`, sizes[bad]);
  }
  return { name, datatype, shape, count: shape.reduce((product, size) => product * size, 1) };
}

/** The field that holds the elements of a datatype. FP16 has none. */
const fieldOf: Readonly<Record<string, keyof TensorContents>> = {
  BOOL: "bool_contents",
  INT8: "int_contents",
  INT16: "int_contents",
  INT32: "int_contents",
  INT64: "int64_contents",
  UINT8: "uint_contents",
  UINT16: "uint_contents",
  UINT32: "uint_contents",
  UINT64: "uint64_contents",
  FP32: "fp32_contents",
  FP64: "fp64_contents",
  BYTES: "bytes_contents",
};
const fields = [...new Set(Object.values(fieldOf))];

function dataOfContents(form: Form, contents: TensorContents | null): Elements {
  const { name, datatype, count } = form;
  const what = `input ${shown(name)} of ${datatype.name}`;
  if (!Object.hasOwn(fieldOf, datatype.name)) {
    throw inconsistent(`${what} in raw_input_contents`, "contents, which have no field for it");
  }
  const field = fieldOf[datatype.name];
  const stray = fields.find((other) => other !== field && (contents?.[other].length ?? 0) > 0);
  if (stray !== undefined) throw inconsistent(`${what} to fill ${field} alone`, stray);
  const given = contents?.[field] ?? [];
  if (given.length !== count)
    throw inconsistent(`${count} elements in ${field} of ${what}`, `${given.length}`);
  if (datatype.kind === "text") return given.map((bytes) => textOf(form, bytes as Buffer));
  const { array } = datatype;
  const data = new array(new ArrayBuffer(count * array.BYTES_PER_ELEMENT), 0, count);
  // 64-bit integers come as digits, everything else as what the array keeps.
  if (datatype.kind === "long") for (const [i, digits] of given.entries()) data[i] = BigInt(digits as string);
  else for (const [i, value] of given.entries()) data[i] = Number(value);
  if (datatype.kind === "whole") refuseOverflow(data as WholeArray, given, what);
  return data;
}

/** A typed array wraps what does not fit around, which would be another number. */
function refuseOverflow(kept: WholeArray, given: readonly unknown[], what: string): void {
  const at = given.findIndex((value, i) => value !== kept[i]);
  if (at >= 0) throw inconsistent(`elements that fit ${what}`, String(given[at]));
}

/** The outputs to answer, in the order in which they are asked for; all of the signature without a wish. */
export function readOutputs({ outputs }: InferRequest, { signature }: HostedModel): readonly TensorSpec[] {
  if (outputs.length === 0) return signature.outputs;
  const names = signature.outputs.map(({ name }) => name);
  if (outputs.length > names.length) {
    throw inconsistent(`at most ${names.length} requested outputs, each once`, `${outputs.length}`);
  }
  return outputs.map(({ name, parameters }, i) => {
    const where = `output ${shown(name)}`;
    refuseSharedMemory(parameters, where);
    if (Object.hasOwn(parameters, "classification"))
      throw notOffered("classification", "Take the output as it is.");
    if (outputs.findIndex((other) => other.name === name) !== i)
      throw inconsistent("every output once", where);
    const spec = signature.outputs.find((output) => output.name === name);
    if (spec !== undefined) return spec;
    throw inconsistent(`an output of ${names.join(", ")}`, where, didYouMean(name.slice(0, 200), names));
  });
}

function refuseSharedMemory(parameters: Parameters, where: string): void {
  const region = Object.keys(parameters).find((name) => name.startsWith("shared_memory_"));
  if (region !== undefined) throw notOffered(`${region} of ${where}`, "Send and take tensors in messages.");
}

/**
 * The protocol's `priority` (1 goes first, 10 last, 0 leaves it to the server) and `timeout` (microseconds, 0 leaves it).
 * Other parameters are the caller's own. Throws MW0823 for one that is no such number.
 */
export function readWishes({ parameters }: InferRequest): Wishes {
  return wishesOf(
    wholeNumber(parameters, "priority", lastPriority),
    wholeNumber(parameters, "timeout") / 1000,
  );
}

function wholeNumber(parameters: Parameters, name: string, most = Infinity): number {
  if (!Object.hasOwn(parameters, name)) return 0;
  const given: Parameter = parameters[name];
  const digits = given.int64_param ?? given.uint64_param ?? given.string_param;
  const value = digits === undefined || digits === "" ? NaN : Number(digits);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw inconsistent(
    `the parameter ${name} to be a whole number ${rangeText(most)}`,
    digits ?? "another type",
    "Send it as int64_param or uint64_param, or leave it out: 0 leaves it to the server.",
  );
}
