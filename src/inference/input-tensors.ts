import { didYouMean } from "../kernel/index.js";
import {
  tensorProblem,
  tensorText,
  type Tensors,
  type TensorSpec,
  type TensorValue,
} from "../registry/index.js";
import { inferenceErrors } from "./errors.js";

/** What MW0707 says as data, for doors whose callers know tensors by other words. */
export interface UnfitInput {
  readonly input: string;
  /** The names that there are, where `input` is none of them. */
  readonly names?: readonly string[];
  /** What the input is by the signature. */
  readonly wanted?: Pick<TensorSpec, "dtype" | "shape">;
  /** What was given where that is a tensor of another type or shape. */
  readonly given?: Pick<TensorValue, "dtype" | "shape">;
}

const never = () => false;

/** Checks that tensors are those of a signature, and that the engine can read their texts. Throws MW0707. */
export function checkInputs(specs: readonly TensorSpec[], values: Tensors): void {
  checkTensors(specs, values);
  for (const { name, dtype } of specs) {
    const value = values[name];
    if (dtype === "string" && value.dtype === "string") checkTexts(name, value.data);
  }
}

/** Refuses texts with the character NUL (MW0707): the engine's texts end there, and it would compute on the rest. */
export function checkTexts(input: string, texts: readonly string[]): void {
  for (let index = 0; index < texts.length; index++) {
    if (!texts[index].includes("\0")) continue;
    const facts = {
      expected: `texts without the character NUL in the input ${JSON.stringify(input)}`,
      found: `one at element ${index}, after ${texts[index].indexOf("\0")} characters`,
    };
    throw unfit({ input }, facts, "Take it out of the text: a graph reads a text as far as its first NUL.");
  }
}

/** Whether an input has no rows, so that what comes of it says nothing of how the model fares with others. */
export function hasNoRows(inputs: Tensors): boolean {
  for (const name in inputs) if (inputs[name].shape[0] === 0) return true;
  return false;
}

/** MW0707 for inputs without rows, of which the graph gives no answer: `cause` is what it gave. */
export function noAnswerToNoRows(inputs: Tensors, cause: Error) {
  const input = Object.keys(inputs).find((name) => inputs[name].shape[0] === 0) ?? "";
  const facts = {
    expected: "at least one row, for the graph does not compute none",
    found: `no rows in the input ${JSON.stringify(input)}: ${cause.message}`,
  };
  return unfit({ input }, { ...facts, cause }, "Leave the call out, or send a row.");
}

/**
 * Checks that tensors are those of a signature, whatever the caller's compiler let through. A shape of `[]` in the
 * signature is a single value, or one that the graph does not state, which the engine judges. Throws MW0707.
 */
export function checkTensors(
  specs: readonly TensorSpec[],
  values: Tensors,
  mayMiss: (name: string) => boolean = never,
): void {
  const stranger = Object.keys(values).find((name) => !specs.some((spec) => spec.name === name));
  if (stranger !== undefined) throw unknownInput(stranger, specs);
  for (const spec of specs) {
    const { name, dtype, shape } = spec;
    const refuse = (found: string, given?: UnfitInput["given"]) =>
      unfit(
        { input: name, wanted: { dtype, shape }, ...(given && { given }) },
        { expected: `${name}, ${tensorText(spec)}`, found },
      );
    if (!Object.hasOwn(values, name)) {
      if (mayMiss(name)) continue;
      throw refuse("nothing");
    }
    const value = values[name];
    const problem = tensorProblem(value);
    if (problem !== undefined) throw refuse(`a tensor that is none: ${problem}`);
    if (!fits(spec, value)) throw refuse(tensorText(value), { dtype: value.dtype, shape: value.shape });
  }
}

function fits({ dtype, shape }: TensorSpec, value: TensorValue): boolean {
  if (value.dtype !== dtype) return false;
  if (shape.length === 0) return true;
  return (
    shape.length === value.shape.length && shape.every((size, i) => size === null || size === value.shape[i])
  );
}

function unknownInput(input: string, specs: readonly TensorSpec[]) {
  const names = specs.map(({ name }) => name);
  const facts = { expected: `the inputs ${names.join(", ")}`, found: JSON.stringify(input) };
  return unfit({ input, names }, facts, didYouMean(input, names));
}

function unfit(
  details: UnfitInput,
  facts: { readonly expected: string; readonly found: string; readonly cause?: unknown },
  remedy = "Give every input of the signature as { dtype, shape, data }.",
) {
  return inferenceErrors.error("MW0707", { ...facts, remedy, details: { ...details } });
}
