import { didYouMean } from "../kernel/index.js";
import { registryErrors } from "./errors.js";
import type { TensorSignature, TensorSpec } from "./manifest.js";
import {
  elementText,
  isElement,
  isTensorType,
  loadTensor,
  tensorText,
  writtenElement,
  type StoredElement,
  type Tensors,
} from "./tensor.js";

const mostDimensions = 16;

/** Probes as somebody wrote them. */
export interface GivenProbes {
  readonly tolerance: number;
  readonly probes: readonly { readonly inputs: Tensors; readonly outputs?: Tensors }[];
}

/**
 * Reads probes that somebody wrote as JSON: `{ "tolerance": 1e-6, "probes": [{ "inputs": { "x": [[1, 2]] }, "outputs":
 * { "y": [0.5] } }] }`. A tensor is a value or lists of values, nested as its shape says; its type is that of the
 * signature, to which numbers are rounded. `tolerance` is 0 when left out; `outputs` may be left out too. Throws MW0633.
 */
export function parseProbeFile(bytes: Uint8Array, { inputs, outputs }: TensorSignature): GivenProbes {
  const file = membersOf(parseJson(bytes), "the file", ["probes", "tolerance"]);
  const { tolerance = 0, probes } = file;
  if (typeof tolerance !== "number" || !(tolerance >= 0)) throw bad("a tolerance from 0 on", tolerance);
  if (!Array.isArray(probes) || probes.length === 0) throw bad("probes, a list of at least one", probes);
  return {
    tolerance,
    probes: probes.map((probe: unknown, i) => {
      const at = `probes[${i}]`;
      const given = membersOf(probe, at, ["inputs", "outputs"]);
      const read = tensorsOf(given.inputs, inputs, `${at}.inputs`);
      const missing = inputs.find(({ name }) => !Object.hasOwn(read, name));
      if (missing !== undefined) throw bad(`${at}.inputs.${missing.name}, ${tensorText(missing)}`, undefined);
      if (given.outputs === undefined) return { inputs: read };
      const expected = tensorsOf(given.outputs, outputs, `${at}.outputs`);
      if (Object.keys(expected).length === 0) throw bad(`an output in ${at}.outputs`, given.outputs);
      return { inputs: read, outputs: expected };
    }),
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw bad("JSON", undefined, cause instanceof Error ? cause.message : String(cause));
  }
}

/** The members of an object with no names but these. */
function membersOf(value: unknown, at: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw bad(`${at} as an object`, value);
  const stranger = Object.keys(value).find((key) => !known.includes(key));
  if (stranger !== undefined) {
    throw bad(`${known.join(" and ")} in ${at}`, stranger, `"${stranger}". ${didYouMean(stranger, known)}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function tensorsOf(value: unknown, specs: readonly TensorSpec[], at: string): Tensors {
  const names = specs.map(({ name }) => name);
  const members = membersOf(value, at, names);
  return Object.fromEntries(
    specs
      .filter(({ name }) => Object.hasOwn(members, name))
      .map((spec) => [spec.name, tensorOf(members[spec.name], spec, `${at}.${spec.name}`)]),
  );
}

function tensorOf(value: unknown, spec: TensorSpec, at: string) {
  const { dtype } = spec;
  if (!isTensorType(dtype)) throw bad(`${at} of a known type`, dtype);
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  if (shape.length > mostDimensions) throw bad(`${at} of at most ${mostDimensions} dimensions`, shape.length);
  const data: StoredElement[] = [];
  const collect = (item: unknown, depth: number): void => {
    if (depth < shape.length) {
      if (!Array.isArray(item) || item.length !== shape[depth])
        throw bad(`${at} with lists of ${shape[depth]} at depth ${depth + 1}`, item);
      for (const inner of item) collect(inner, depth + 1);
      return;
    }
    const element = typeof item === "number" ? writtenElement(dtype, item) : item;
    if (!isElement(dtype, element)) throw bad(`${elementText(dtype)} in ${at}`, item);
    data.push(element);
  };
  collect(value, 0);
  return loadTensor({ dtype, shape, data });
}

function bad(expected: string, value: unknown, found = JSON.stringify(value)?.slice(0, 80) ?? "nothing") {
  return registryErrors.error("MW0633", {
    expected,
    found,
    remedy: 'Write {"probes": [{"inputs": {"<input>": [[…]]}}]}, or import without --probes.',
  });
}
