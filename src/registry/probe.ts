import { registryErrors } from "./errors.js";
import {
  anyText,
  checkShape,
  distance,
  listOf,
  number,
  objectOf,
  orNull,
  parseCanonical,
} from "./json-shape.js";

/** One stored row and its stored outputs. */
export type Probe = {
  /** Values of the numeric columns, each exactly a float32; null is missing. */
  readonly numeric: readonly (number | null)[];
  /** Values of the text columns as the graph receives them. */
  readonly text: readonly string[];
  /** What the model gave when it was packed, each exactly a float32. */
  readonly outputs: readonly number[];
};

/** `probes.json`: never empty, since no data is not a pass. */
export type ProbeSet = {
  /** Largest allowed absolute difference; 0 asks for equal bits. */
  readonly tolerance: number;
  readonly probes: readonly Probe[];
};

const probeSetShape = objectOf<ProbeSet>({
  tolerance: distance,
  probes: listOf(
    objectOf<Probe>({ numeric: listOf(orNull(number)), text: listOf(anyText), outputs: listOf(number, 1) }),
    1,
  ),
});

/** Reads the bytes of `probes.json`. Throws MW0606. */
export function parseProbes(bytes: Uint8Array): ProbeSet {
  return checkShape("probes.json", parseCanonical("probes.json", bytes), probeSetShape);
}

/** Rows as the graph receives them: row-major, NaN is missing. */
export interface ProbeBatch {
  readonly rows: number;
  readonly numeric: Float32Array;
  readonly text: readonly string[];
}

/** All probes as one batch. */
export function probeBatch({ probes }: ProbeSet): ProbeBatch {
  return {
    rows: probes.length,
    numeric: Float32Array.from(probes.flatMap(({ numeric }) => numeric.map((value) => value ?? NaN))),
    text: probes.flatMap(({ text }) => text),
  };
}

/** How far the outputs were from the stored ones, when all were within the tolerance. */
export interface ProbeReport {
  readonly probes: number;
  readonly maxDifference: number;
}

/** Compares with the stored outputs. Throws MW0608 naming the first probe that differs. */
export async function checkProbes(
  set: ProbeSet,
  predict: (batch: ProbeBatch) => Promise<Float32Array>,
): Promise<ProbeReport> {
  const found = await predict(probeBatch(set));
  const expected = set.probes.flatMap(({ outputs }, probe) => outputs.map((output) => ({ probe, output })));
  let maxDifference = 0;
  for (const [index, { probe, output }] of expected.entries()) {
    const difference = Math.abs(found[index] - output);
    // Written so that NaN, which a missing or undefined output gives, is a mismatch.
    if (!(difference <= set.tolerance)) {
      throw registryErrors.error("MW0608", {
        expected: `${output} for probe ${probe}${set.tolerance === 0 ? "" : ` ± ${set.tolerance}`}`,
        found: String(found[index]),
        remedy: "Do not serve this version here; find what differs in the engine or rebuild the package.",
        details: { probe, expected: output, found: found[index] },
      });
    }
    maxDifference = Math.max(maxDifference, difference);
  }
  return { probes: set.probes.length, maxDifference };
}
