import {
  tensorProblem,
  tensorText,
  type Tensors,
  type TensorSignature,
  type TensorSpec,
  type TensorValue,
} from "../../registry/index.js";
import { didYouMean, valueText } from "../../kernel/index.js";
import { resilienceErrors } from "./resilience-errors.js";
import { copyTensors } from "./tensor-bytes.js";

/** What a model of features is to answer, in the form of its task: `{ probability: 0.1 }`, `{ value: 3, interval: [1, 5] }`. */
export interface DeclaredAnswer {
  readonly probability?: number;
  readonly label?: string;
  readonly probabilities?: Readonly<Record<string, number>>;
  readonly value?: number;
  readonly score?: number;
  readonly interval?: readonly [low: number, high: number];
  readonly set?: readonly (string | boolean)[];
}

/**
 * What is answered when nothing else is left. Outputs with a row per row of the question are declared with one row,
 * which is repeated; others are answered as they are. No answer to rows that have no elements. Throws MW0719 for tensors that do not fit the outputs.
 */
export function defaultAnswer(
  { inputs, outputs }: TensorSignature,
  declared: Tensors | DeclaredAnswer,
): (inputs: Tensors) => Tensors | undefined {
  const own = copyTensors(checkDeclared(outputs, declared));
  const rowed = inputs.find(({ shape }) => shape[0] === null);
  const repeated = new Set(outputs.filter(({ shape }) => shape[0] === null).map(({ name }) => name));
  return (asked) => {
    const { shape, data } = rowed === undefined ? noRows : asked[rowed.name];
    const [rows] = shape;
    // Rows without elements cost the caller nothing, and the answer to a billion of them much.
    if (rows > data.length) return undefined;
    const answer = Object.entries(own).map(([name, tensor]) => [
      name,
      repeated.has(name) ? repeatRow(tensor, rows) : tensor,
    ]);
    return copyTensors(Object.fromEntries(answer) as Tensors);
  };
}

/** A question of a model that does not know rows. */
const noRows = { shape: [1], data: [0] } as const;

function checkDeclared(outputs: readonly TensorSpec[], given: Tensors | DeclaredAnswer): Tensors {
  const declared = given as Tensors;
  const names = outputs.map(({ name }) => name);
  const stranger = Object.keys(declared).find((name) => !names.includes(name));
  if (stranger !== undefined)
    throw unfit(`only the outputs ${names.join(", ")}`, `"${stranger}". ${didYouMean(stranger, names)}`);
  for (const spec of outputs) {
    const what = `${spec.name}, ${tensorText(oneRow(spec))}`;
    if (!Object.hasOwn(declared, spec.name)) throw unfit(what, "nothing");
    const value = declared[spec.name];
    if (typeof value !== "object" || value === null) throw unfit(what, valueText(value));
    const problem = tensorProblem(value);
    if (problem !== undefined) throw unfit(what, problem);
    if (!fits(oneRow(spec), value)) throw unfit(what, tensorText(value));
  }
  return declared;
}

const oneRow = (spec: TensorSpec): TensorSpec =>
  spec.shape[0] === null ? { ...spec, shape: [1, ...spec.shape.slice(1)] } : spec;

/** A shape of `[]` in a signature is a single value, or one that the graph does not state. */
const fits = ({ dtype, shape }: TensorSpec, value: TensorValue): boolean =>
  value.dtype === dtype &&
  (shape.length === 0 ||
    (shape.length === value.shape.length &&
      shape.every((size, i) => size === null || size === value.shape[i])));

function unfit(expected: string, found: string) {
  return resilienceErrors.error("MW0719", {
    expected: `a default answer with ${expected}`,
    found,
    remedy: "Declare every output of the model as { dtype, shape, data }, with a single row.",
  });
}

function repeatRow({ dtype, shape, data }: TensorValue, rows: number): TensorValue {
  const repeated = { dtype, shape: [rows, ...shape.slice(1)] };
  if (!ArrayBuffer.isView(data))
    return { ...repeated, data: Array.from({ length: rows }, () => data).flat() } as TensorValue;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const all = new Uint8Array(rows * bytes.length);
  for (let row = 0; row < rows; row++) all.set(bytes, row * bytes.length);
  const kind = data.constructor as new (buffer: ArrayBuffer) => typeof data;
  return { ...repeated, data: new kind(all.buffer) } as TensorValue;
}
