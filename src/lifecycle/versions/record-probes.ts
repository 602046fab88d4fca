import { checkInputs, type Session } from "../../inference/index.js";
import { isMillwrightError, throwIfCancelled, type MillwrightError } from "../../kernel/index.js";
import {
  checkTensorProbes,
  loadTensors,
  probeRanges,
  seededInputs,
  storeTensors,
  tensorDifference,
  type GivenProbes,
  type TensorProbeSet,
  type Tensors,
  type TensorSignature,
} from "../../registry/index.js";
import { importErrors } from "./import-errors.js";

/** Probes of a graph, and where their inputs come from. */
export interface RecordedProbes {
  readonly set: TensorProbeSet;
  readonly origin: "made up" | "given";
  /** Largest difference of answers to the same input; 0 for a graph that is deterministic. */
  readonly spread: number;
}

export interface Recording {
  readonly session: Pick<Session, "compute">;
  readonly signature: TensorSignature;
  readonly given?: GivenProbes | undefined;
}

const repetitions = 3;
/** For a graph whose answers were seen to differ. */
const moreRepetitions = 20;

/**
 * Computes probes of a graph: on the given inputs, or on some that are made up from its signature. Every input is
 * computed several times; where answers differ, the tolerance is the smallest power of ten that holds. Throws MW0608
 * when given outputs are not met, MW0634, MW0707, MW1151, MW1152 and MW1181.
 */
export async function recordProbes(recording: Recording, signal?: AbortSignal): Promise<RecordedProbes> {
  const { given, signature } = recording;
  if (given === undefined) return recordSeeded(recording, signal);
  for (const { inputs } of given.probes) checkInputs(signature.inputs, inputs);
  const recorded = await record(
    recording,
    given.probes.map(({ inputs }) => inputs),
    signal,
  );
  const tolerance = Math.max(given.tolerance, recorded.set.tolerance);
  const probes = recorded.set.probes.map((probe, i) => {
    const { outputs } = given.probes[i];
    return outputs === undefined ? probe : { ...probe, outputs: storeTensors(outputs) };
  });
  const set = { tolerance, probes };
  await checkTensorProbes(set, (inputs) => recording.session.compute(inputs));
  return { set, origin: "given", spread: recorded.spread };
}

async function recordSeeded(recording: Recording, signal?: AbortSignal): Promise<RecordedProbes> {
  let refusal: Error | undefined;
  for (const range of probeRanges) {
    try {
      return {
        ...(await record(recording, seededInputs(recording.signature, range), signal)),
        origin: "made up",
      };
    } catch (error) {
      if (!isMillwrightError(error, "MW0705")) throw error;
      refusal = error;
    }
  }
  if (isMillwrightError(refusal) && refusal.details.outOfMemory === true) throw tooMuchMemory(refusal);
  throw importErrors.error("MW1151", {
    expected: "a graph that computes on small numbers of its input types",
    found: isMillwrightError(refusal) ? refusal.found : "a refusal",
    remedy: "Give inputs that it takes: --probes probes.json.",
    cause: refusal,
  });
}

async function record(
  { session }: Recording,
  inputs: readonly Tensors[],
  signal?: AbortSignal,
): Promise<Omit<RecordedProbes, "origin">> {
  let spread = 0;
  let scale = 0;
  const probes: TensorProbeSet["probes"][number][] = [];
  for (const tensors of inputs) {
    throwIfCancelled(signal);
    const stored = storeTensors(tensors);
    const outputs = await session.compute(loadTensors(stored));
    for (let i = 1; i < (spread === 0 ? repetitions : moreRepetitions); i++) {
      spread = Math.max(spread, furthest(outputs, await session.compute(loadTensors(stored))));
    }
    const kept = storeTensors(outputs);
    scale = Math.max(scale, largest(kept));
    probes.push({ inputs: stored, outputs: kept });
  }
  if (probes.every(({ outputs }) => Object.values(outputs).every(({ data }) => data.length === 0)))
    throw nothingFound();
  const tolerance = spread === 0 ? 0 : 10 ** Math.ceil(Math.log10(spread));
  if (spread > 0 && !(tolerance < scale)) throw doNotRepeat(spread, scale);
  return { set: { tolerance, probes }, spread };
}

const furthest = (a: Tensors, b: Tensors): number =>
  Math.max(...Object.keys(a).map((name) => tensorDifference(a[name], b[name])));

/** The largest finite number of all outputs, without its sign. */
function largest(outputs: TensorProbeSet["probes"][number]["outputs"]): number {
  let most = 0;
  for (const { dtype, data } of Object.values(outputs)) {
    if (dtype === "string" || dtype === "bool") continue;
    for (const value of data)
      if (Number.isFinite(Number(value))) most = Math.max(most, Math.abs(Number(value)));
  }
  return most;
}

function tooMuchMemory(refusal: MillwrightError) {
  return importErrors.error("MW1181", {
    expected: "a graph that computes on small inputs within the memory that an import may take",
    found: refusal.found,
    remedy:
      "Export it with smaller tensors between its nodes, of a lower precision or for fewer rows at a time. It asks for this much on the smallest inputs that were made up.",
    cause: refusal,
  });
}

function nothingFound() {
  return importErrors.error("MW1151", {
    expected: "outputs with at least one element, which probes can hold on to",
    found: "empty tensors alone",
    remedy: "Give inputs that lead to an output: --probes probes.json.",
  });
}

function doNotRepeat(spread: number, scale: number) {
  return importErrors.error("MW1152", {
    expected: "the same answer for the same input, or nearly",
    found: Number.isFinite(spread)
      ? `answers up to ${spread} apart, where the largest is ${scale}`
      : "answers of another shape, text or finiteness",
    remedy: "Export the model for inference: without dropout, sampling or noise.",
  });
}
