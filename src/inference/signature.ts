import { inferenceErrors } from "./errors.js";
import type { Signature, TensorSignature, TensorSpec } from "../registry/index.js";
import type { Session } from "./ports.js";

/** Values per row of the two inputs and of the first output. */
export interface Widths {
  readonly numeric: number;
  readonly text: number;
  readonly output: number;
}

/**
 * Checks that the graph is the one that the signature describes and that the feature columns fill its
 * inputs. A free dimension of the graph has any name. Returns the widths; throws MW0702.
 */
export function checkSignature({ inputs, columns, outputs }: Signature, session: Session): Widths {
  const widths = {
    numeric: columns.filter(({ kind }) => kind === "number").length,
    text: columns.filter(({ kind }) => kind === "text").length,
    output: outputWidth(outputs[0]),
  };
  const filled: TensorSpec[] = [
    { name: "numeric", dtype: "float32", shape: [null, widths.numeric] },
    { name: "text", dtype: "string", shape: [null, widths.text] },
  ];
  expectEqual(
    "inputs that the feature columns fill",
    filled.filter(({ shape }) => shape[1] !== 0),
    inputs,
  );
  expectEqual("inputs", inputs, session.inputs);
  expectEqual("outputs", outputs, session.outputs);
  return widths;
}

/** Checks that the graph takes and gives what a signature of tensors says. Throws MW0702. */
export function checkTensorSignature({ inputs, outputs }: TensorSignature, session: Session): void {
  expectEqual("inputs", inputs, session.inputs);
  expectEqual("outputs", outputs, session.outputs);
}

/** A row's values: those of all dimensions but the first, which counts rows. */
function outputWidth(output: TensorSpec): number {
  const { dtype, shape } = output;
  const width = shape.slice(1).reduce<number>((product, size) => product * (size ?? NaN), 1);
  if (dtype === "float32" && shape[0] === null && width >= 1) return width;
  throw mismatch("float32 values of every row, equally many, as first output", describe([output]));
}

function expectEqual(what: string, expected: readonly TensorSpec[], found: readonly TensorSpec[]): void {
  if (describe(expected) !== describe(found))
    throw mismatch(`${what}: ${describe(expected)}`, describe(found));
}

/** `numeric float32[*,10], text string[*,2]`, in the order of names, which the graph's order does not matter for. */
function describe(tensors: readonly TensorSpec[]): string {
  return tensors
    .map(({ name, dtype, shape }) => `${name} ${dtype}[${shape.map((size) => size ?? "*").join(",")}]`)
    .sort()
    .join(", ");
}

function mismatch(expected: string, found: string) {
  return inferenceErrors.error("MW0702", {
    expected,
    found,
    remedy: "The package is inconsistent; make it again from its run.",
  });
}
