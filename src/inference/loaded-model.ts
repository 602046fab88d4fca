import {
  checkProbes,
  readFeaturePackage,
  type BlobReader,
  type FeatureManifest,
  type ProbeReport,
  type ProbeSet,
} from "../registry/index.js";
import { guarded } from "./disposal.js";
import { inferenceErrors } from "./errors.js";
import { checkTexts } from "./input-tensors.js";
import type { Session, SessionFactory } from "./ports.js";
import { checkSignature, type Widths } from "./signature.js";

/** A verified model of features in memory. */
export interface LoadedModel {
  readonly packageId: string;
  readonly modelHash: string;
  readonly manifest: FeatureManifest;
  readonly probes: ProbeSet;
  /** How the stored probes fared when the model was loaded. */
  readonly probeReport: ProbeReport;
  /**
   * The outputs of every row, row-major. `numeric` (NaN is missing) and `text` are row-major and must not change before the
   * promise settles. Calls may overlap. Throws MW0703 to MW0707.
   */
  predict(numeric: Float32Array, rows: number, text?: readonly string[]): Promise<Float32Array>;
  /** Takes no more predictions, waits for those under way and frees the memory; again is harmless. */
  dispose(): Promise<void>;
}

export interface LoadContext {
  readonly blobs: BlobReader;
  readonly sessions: SessionFactory;
}

/**
 * Loads a package: verifies every hash, opens the graph, compares it with the signature and runs the
 * probes. Stored inputs must give the stored outputs, or nothing is loaded. Throws MW0604 to MW0608,
 * MW0630 for a graph that was imported, MW0701 and MW0702.
 */
export async function loadModel(packageId: string, { blobs, sessions }: LoadContext): Promise<LoadedModel> {
  const { manifest, model, modelHash, probes } = await readFeaturePackage(packageId, blobs);
  const session = await sessions.open(model, { threads: 1 });
  try {
    const { predict, dispose } = guard(session, checkSignature(manifest.signature, session));
    const probeReport = await checkProbes(probes, ({ numeric, rows, text }) => predict(numeric, rows, text));
    return Object.freeze({ packageId, modelHash, manifest, probes, probeReport, predict, dispose });
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

const noText: readonly string[] = Object.freeze([]);

/** The session behind checks of its inputs and outputs, and a disposal that waits for calls under way. */
export function guard(session: Session, widths: Widths): Pick<LoadedModel, "predict" | "dispose"> {
  const calls = guarded(session);
  const predict = (numeric: Float32Array, rows: number, text = noText) =>
    calls.call(async () => {
      if (numeric.length !== rows * widths.numeric)
        throw wrongSize("numeric", rows * widths.numeric, numeric.length);
      if (text.length !== rows * widths.text) throw wrongSize("text", rows * widths.text, text.length);
      checkTexts("text", text);
      return checkOutput(await session.run(numeric, rows, text), rows, widths.output);
    });
  return { predict, dispose: () => calls.dispose() };
}

/** The outputs of so many rows. Throws MW0703 and MW0705. */
export function checkOutput(output: Float32Array, rows: number, width: number): Float32Array {
  if (output.length !== rows * width) {
    throw inferenceErrors.error("MW0705", {
      expected: `${rows * width} outputs, ${width} per row`,
      found: `${output.length}`,
      remedy: "The graph does not keep rows apart; make the package again from its run.",
    });
  }
  for (let index = 0; index < output.length; index++) {
    if (Number.isFinite(output[index])) continue;
    const row = Math.floor(index / width);
    throw inferenceErrors.error("MW0703", {
      expected: "a finite output for every row",
      found: `${output[index]} for row ${row}`,
      remedy: "Look at the row's features for values far outside of the training data.",
      details: { row },
    });
  }
  return output;
}

function wrongSize(input: string, expected: number, found: number) {
  return inferenceErrors.error("MW0704", {
    expected: `${expected} values for the input "${input}"`,
    found: String(found),
    remedy: "Give one value per row and feature column, in the order of the signature.",
    details: { input, expected, found },
  });
}
