import { didYouMean } from "../kernel/index.js";
import {
  tensorProblem,
  tensorText,
  type Tensors,
  type TensorSpec,
  type TensorValue,
} from "../registry/index.js";
import { inferenceErrors } from "./errors.js";

/**
 * Checks that tensors are those of a signature, whatever the caller's compiler let through. A shape of `[]` in the
 * signature is a single value, or one that the graph does not state, which the engine judges. Throws MW0707.
 */
export function checkInputs(specs: readonly TensorSpec[], values: Tensors): void {
  const stranger = Object.keys(values).find((name) => !specs.some((spec) => spec.name === name));
  if (stranger !== undefined) {
    const names = specs.map(({ name }) => name);
    throw unfit(
      `the inputs ${names.join(", ")}`,
      `${JSON.stringify(stranger)}. ${didYouMean(stranger, names)}`,
    );
  }
  for (const spec of specs) {
    const refuse = (found: string) => unfit(`${spec.name}, ${tensorText(spec)}`, found);
    if (!Object.hasOwn(values, spec.name)) throw refuse("nothing");
    const value = values[spec.name];
    const problem = tensorProblem(value);
    if (problem !== undefined) throw refuse(`a tensor that is none: ${problem}`);
    if (!fits(spec, value)) throw refuse(tensorText(value));
  }
}

function fits({ dtype, shape }: TensorSpec, value: TensorValue): boolean {
  if (value.dtype !== dtype) return false;
  if (shape.length === 0) return true;
  return (
    shape.length === value.shape.length && shape.every((size, i) => size === null || size === value.shape[i])
  );
}

function unfit(expected: string, found: string) {
  return inferenceErrors.error("MW0707", {
    expected,
    found,
    remedy: "Give every input of the signature as { dtype, shape, data }.",
  });
}
