import type { Clock } from "../kernel/index.js";
import {
  readFeaturePackage,
  type FeatureManifest,
  type Tensors,
  type TensorSignature,
  type TensorValue,
} from "../registry/index.js";
import type { Infer, Inferred, InferStatistics, ServedGraph } from "./infer.js";
import { checkOutput, guard, type LoadContext, type LoadedModel } from "./loaded-model.js";
import type { ModelServing } from "./model-serving.js";
import { placeSessions } from "./placed-sessions.js";
import { statisticsRecorder } from "./queue/infer-statistics.js";
import { serveGraph } from "./queue/served-graph.js";
import { checkSignature } from "./signature.js";
import { requireWanted } from "./wanted.js";

/** A model of features in memory, verified and warm, where its cost belongs. */
export interface PlacedModel {
  readonly packageId: string;
  readonly manifest: FeatureManifest;
  readonly placement: ServedGraph["placement"];
  /** What `infer` takes, `numeric` and `text` as far as the graph has them, and gives: its first output alone. */
  readonly signature: TensorSignature;
  /** Computes with nothing in between; absent where the model stands behind a queue. */
  readonly predict?: LoadedModel["predict"];
  /** Throws MW0703 for outputs that are not finite, so that whatever stands around it sees them as failures. */
  readonly infer: Infer;
  statistics(): InferStatistics;
  /** Answers what it was asked, then frees the memory; again is harmless. */
  dispose(): Promise<void>;
}

/**
 * Loads a package: verifies every hash, opens the graph, compares it with the signature, runs the probes, warms up and
 * finds its place. In this thread it is called directly; what takes long computes in processes of its own, behind a
 * queue that batches. Throws what loading a model and a graph throw; then nothing is left in memory.
 */
export async function openPlacedModel(
  packageId: string,
  context: LoadContext & { readonly clock: Clock },
  serving: ModelServing,
): Promise<PlacedModel> {
  const read = await readFeaturePackage(packageId, context.blobs);
  const placed = await placeSessions(read, context, serving);
  const { inputs, outputs } = read.manifest.signature;
  const signature = Object.freeze({ inputs, outputs: [outputs[0]] });
  const widths = checkSignature(read.manifest.signature, placed.sessions[0]);
  const identity = { packageId, manifest: read.manifest, placement: placed.placement, signature };
  const { clock } = context;
  if (placed.placement === "worker") {
    const graph = serveGraph(
      placed.sessions,
      { inputs, outputs },
      { ...placed, clock, batching: serving.batching },
    );
    const infer = firstOutput(graph.infer, outputs[0].name, widths.output);
    return Object.freeze({
      ...{ ...identity, infer },
      statistics: () => graph.statistics(),
      dispose: () => graph.dispose(),
    });
  }
  const { predict: compute, dispose } = guard(placed.sessions[0], widths);
  const { predict, statistics } = counted(compute, clock);
  return Object.freeze({
    ...identity,
    predict,
    infer: inline(predict, signature, clock),
    statistics,
    dispose,
  });
}

/** A model that computes in this thread, its calls counted as a queue would count them. */
function counted(
  predict: LoadedModel["predict"],
  clock: Clock,
): Pick<PlacedModel, "statistics"> & LoadedPredict {
  const recorder = statisticsRecorder();
  return {
    statistics: () => recorder.statistics(0),
    async predict(numbers, rows, texts) {
      const startedMs = clock.monotonicMs();
      try {
        const outputs = await predict(numbers, rows, texts);
        const finishedMs = clock.monotonicMs();
        recorder.ran(rows, finishedMs - startedMs);
        const passage = { queuedMs: startedMs, startedMs, finishedMs, batch: 0, batchRows: rows };
        recorder.answered(passage, clock.nowMs());
        return outputs;
      } catch (error) {
        recorder.failed(error, clock.monotonicMs() - startedMs);
        throw error;
      }
    },
  };
}

type LoadedPredict = Pick<LoadedModel, "predict">;

/** The calls of a model that computes in this thread, as tensors. */
function inline(predict: LoadedModel["predict"], { outputs }: TensorSignature, clock: Clock): Infer {
  const [{ name, shape }] = outputs;
  const rest = shape.slice(1).map(Number);
  return async (inputs, options = {}) => {
    requireWanted(options, clock);
    const startedMs = clock.monotonicMs();
    const { numeric, text } = inputs;
    const rows = (numeric ?? text).shape[0];
    const data = await predict(floatsOf(numeric), rows, textsOf(text));
    const passage = {
      queuedMs: startedMs,
      startedMs,
      finishedMs: clock.monotonicMs(),
      batch: 0,
      batchRows: rows,
    };
    return {
      outputs: { [name]: { dtype: "float32", shape: [rows, ...rest], data } },
      origin: ownOrigin,
      passage,
    };
  };
}

const ownOrigin = Object.freeze({ kind: "model" });
const noNumbers = new Float32Array(0);

const floatsOf = (value: TensorValue | undefined) => (value?.dtype === "float32" ? value.data : noNumbers);
const textsOf = (value: TensorValue | undefined) => (value?.dtype === "string" ? value.data : []);

/** The first output, finite. */
function firstOutput(infer: Infer, name: string, width: number): Infer {
  return async (inputs, options) => {
    const answer: Inferred = await infer(inputs, options);
    const output = answer.outputs[name];
    checkOutput(floatsOf(output), rowsOf(inputs), width);
    return { ...answer, outputs: { [name]: output } };
  };
}

const rowsOf = ({ numeric, text }: Tensors): number => (numeric ?? text).shape[0];
