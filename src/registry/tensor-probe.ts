import { registryErrors } from "./errors.js";
import { checkShape, distance, listOf, mapOf, objectOf, parseCanonical } from "./json-shape.js";
import type { ProbeReport } from "./probe.js";
import {
  loadTensor,
  storedTensor,
  storeTensor,
  tensorDifference,
  tensorText,
  type StoredTensor,
  type Tensors,
  type TensorValue,
} from "./tensor.js";

/** Stored inputs of a graph and what it gave for them. */
export type TensorProbe = {
  readonly inputs: Readonly<Record<string, StoredTensor>>;
  /** At least one output. */
  readonly outputs: Readonly<Record<string, StoredTensor>>;
};

/** `probes.json` of a graph from elsewhere: never empty, since no data is not a pass. */
export type TensorProbeSet = {
  /** Largest allowed absolute difference of a number; 0 asks for equal numbers. Texts and bools are always equal. */
  readonly tolerance: number;
  readonly probes: readonly TensorProbe[];
};

const tensors = mapOf(storedTensor);
const someTensors: typeof tensors = (value, at, problems): value is TensorProbe["outputs"] => {
  if (!tensors(value, at, problems)) return false;
  if (Object.keys(value).length > 0) return true;
  problems.push(`${at} is empty`);
  return false;
};

const probeSetShape = objectOf<TensorProbeSet>({
  tolerance: distance,
  probes: listOf(objectOf<TensorProbe>({ inputs: tensors, outputs: someTensors }), 1),
});

/** Reads the bytes of `probes.json`. Throws MW0606. */
export function parseTensorProbes(bytes: Uint8Array): TensorProbeSet {
  return checkShape("probes.json", parseCanonical("probes.json", bytes), probeSetShape);
}

/** The JSON of tensors by name. */
export const storeTensors = (tensors: Tensors): Readonly<Record<string, StoredTensor>> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, storeTensor(tensor)]));

/** Tensors by name from their JSON. */
export const loadTensors = (stored: Readonly<Record<string, StoredTensor>>): Tensors =>
  Object.fromEntries(Object.entries(stored).map(([name, tensor]) => [name, loadTensor(tensor)]));

/** Compares with the stored outputs, one probe after another. Throws MW0608 naming the first that differs. */
export async function checkTensorProbes(
  { tolerance, probes }: TensorProbeSet,
  compute: (inputs: Tensors) => Promise<Tensors>,
): Promise<ProbeReport> {
  let maxDifference = 0;
  for (const [probe, { inputs, outputs }] of probes.entries()) {
    const found = await compute(loadTensors(inputs));
    for (const [name, expected] of Object.entries(loadTensors(outputs))) {
      const difference = Object.hasOwn(found, name) ? tensorDifference(expected, found[name]) : Infinity;
      if (difference > tolerance)
        throw mismatch({ probe, name, tolerance, difference, expected }, found[name]);
      maxDifference = Math.max(maxDifference, difference);
    }
  }
  return { probes: probes.length, maxDifference };
}

interface Expectation {
  readonly probe: number;
  readonly name: string;
  readonly tolerance: number;
  readonly difference: number;
  readonly expected: TensorValue;
}

function mismatch(
  { probe, name, tolerance, difference, expected }: Expectation,
  found: TensorValue | undefined,
) {
  const far = Number.isFinite(difference) ? `, up to ${difference} away` : "";
  return registryErrors.error("MW0608", {
    expected: `the stored ${name} of probe ${probe}, ${preview(expected)}${tolerance === 0 ? "" : ` ± ${tolerance}`}`,
    found: found === undefined ? "no such output" : `${preview(found)}${far}`,
    remedy: "Do not use this version here; find what differs in the engine, or import the graph again.",
    details: { probe, output: name, tolerance },
  });
}

/** Type, shape and the first values. */
function preview(value: TensorValue): string {
  const { data } = storeTensor({ ...value, shape: [] });
  const shown = data.slice(0, 4).map((element) => JSON.stringify(element));
  return `${tensorText(value)} of ${shown.join(", ")}${data.length > shown.length ? ", …" : ""}`;
}
