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

/**
 * Checks that tensors are those of a signature, whatever the caller's compiler let through. A shape of `[]` in the
 * signature is a single value, or one that the graph does not state, which the engine judges. Throws MW0707.
 */
export function checkInputs(
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
  facts: { readonly expected: string; readonly found: string },
  remedy = "Give every input of the signature as { dtype, shape, data }.",
) {
  return inferenceErrors.error("MW0707", { ...facts, remedy, details: { ...details } });
}
