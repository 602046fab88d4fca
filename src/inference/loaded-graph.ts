import {
  checkProbes,
  checkTensorProbes,
  readPackage,
  type Manifest,
  type ModelPackage,
  type ProbeReport,
  type TensorSignature,
  type Tensors,
} from "../registry/index.js";
import { guarded } from "./disposal.js";
import { checkInputs } from "./input-tensors.js";
import type { LoadContext } from "./loaded-model.js";
import type { Session } from "./ports.js";
import { checkSignature, checkTensorSignature } from "./signature.js";

/** A verified package of either kind in memory, computing on tensors. */
export interface LoadedGraph {
  readonly packageId: string;
  readonly modelHash: string;
  readonly manifest: Manifest;
  /** Names, types and shapes of what it takes and gives. */
  readonly signature: TensorSignature;
  /** How the stored probes fared when the graph was loaded. */
  readonly probeReport: ProbeReport;
  /**
   * All outputs as the graph gives them, NaN and infinite numbers included: what they mean is the caller's to say.
   * The data of the inputs must not change before the promise settles. Calls may overlap. Throws MW0705 to MW0707.
   */
  compute(inputs: Tensors): Promise<Tensors>;
  /** As `compute` for many rows, so many at a time: the answers of the batches in their order. */
  computeBatches(inputs: Tensors, batchRows: number): Promise<readonly Tensors[]>;
  /** Takes no more calls, waits for those under way and frees the memory; again is harmless. */
  dispose(): Promise<void>;
}

/**
 * Loads a package of either kind: verifies every hash, opens the graph, compares it with the signature and runs the
 * probes. Stored inputs must give the stored outputs, or nothing is loaded. Throws MW0604 to MW0608, MW0701 and MW0702.
 */
export async function loadGraph(packageId: string, { blobs, sessions }: LoadContext): Promise<LoadedGraph> {
  const read = await readPackage(packageId, blobs);
  const { manifest, modelHash } = read;
  const { inputs, outputs } = manifest.signature;
  const signature = Object.freeze({ inputs, outputs });
  const session = await sessions.open(read.model, { threads: 1 });
  try {
    const probeReport = await verifySession(read, session);
    const guard = guarded(session);
    const compute = async (values: Tensors) => {
      checkInputs(inputs, values);
      return guard.call(() => session.compute(values));
    };
    // A first dimension that is not free is one of a batch.
    const ofRows = inputs.map((spec) => ({ ...spec, shape: [null, ...spec.shape.slice(1)] }));
    const computeBatches = async (values: Tensors, batchRows: number) => {
      checkInputs(ofRows, values);
      return guard.call(() => session.computeBatches(values, batchRows));
    };
    const dispose = () => guard.dispose();
    const loaded = { packageId, modelHash, manifest, signature, probeReport };
    return Object.freeze({ ...loaded, compute, computeBatches, dispose });
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

/** Compares an open graph with its signature and runs the probes. Throws MW0608 and MW0702. */
export async function verifySession(read: ModelPackage, session: Session): Promise<ProbeReport> {
  if (read.kind === "tensors") {
    checkTensorSignature(read.manifest.signature, session);
    return checkTensorProbes(read.probes, (inputs) => session.compute(inputs));
  }
  checkSignature(read.manifest.signature, session);
  return checkProbes(read.probes, ({ numeric, rows, text }) => session.run(numeric, rows, text));
}
