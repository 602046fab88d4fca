import { firstResult, workerModule } from "../../kernel/index.js";
import { baseRate, encodeFeatures, fitFeatures, sharedLabels } from "../feature-encoding.js";
import { checkExamples, type BinaryExamples } from "../feature-table.js";
import { compileOptions } from "../numeric-options.js";
import { workerFailed } from "../worker-failed.js";
import { barrierMemory } from "./barrier.js";
import { boundsPerFeature } from "./bins.js";
import { compileGbdtOptions, type GbdtOptions } from "./options.js";
import { histogramRoom } from "./histogram.js";
import type { GbdtWorkerInput } from "./train-worker.js";
import type { GbdtModel, Tree } from "./tree.js";

export interface TrainContext {
  /** Worker threads. The model does not depend on it. */
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
}

const threadRule = { threads: { default: 1, min: 1, max: 256, whole: true } };

/**
 * Gradient-boosted trees for a binary label: histograms, leaf-wise growth, second-order steps, logistic loss.
 * Missing values take the side that gains more. Time grows with rows × features × trees; memory with
 * about 32 + 6 × features bytes a row. The caller's thread stays free. Equal examples and options give an
 * equal model on any number of threads.
 * Throws MW0401 to MW0405, MW0105 when cancelled, MW0407 if a worker dies.
 */
export async function trainGbdt(
  examples: BinaryExamples,
  options: Partial<GbdtOptions>,
  context: TrainContext & { readonly onTree?: ((done: number) => void) | undefined },
): Promise<GbdtModel> {
  const compiled = compileGbdtOptions(options);
  checkExamples(examples);
  const features = fitFeatures(examples);
  const rate = baseRate(examples.labels);
  const base = Math.fround(Math.log(rate / (1 - rate)));
  const columns = encodeFeatures(features, examples);
  const { threads } = compileOptions(threadRule, { threads: context.threads });
  const shared: Omit<GbdtWorkerInput, "seat"> = {
    training: { columns, labels: sharedLabels(examples.labels) },
    options: compiled,
    base,
    barrier: barrierMemory(),
    bounds: new Float32Array(new SharedArrayBuffer(4 * boundsPerFeature * columns.length)),
    exchange: new SharedArrayBuffer(
      2 * threads * histogramRoom(columns.length) * Float64Array.BYTES_PER_ELEMENT,
    ),
  };
  const trees = await firstResult<Tree[]>({
    module: workerModule(import.meta.url, "train-worker.js"),
    inputs: Array.from({ length: threads }, (_, thread) => ({ ...shared, seat: { thread, threads } })),
    signal: context.signal,
    failure: workerFailed,
    onProgress: context.onTree,
  });
  return Object.freeze({
    kind: "gbdt",
    features: Object.freeze(features),
    options: compiled,
    rowCount: examples.rowCount,
    base,
    trees: Object.freeze(trees.map(freezeTree)),
  });
}

function freezeTree(tree: Tree): Tree {
  for (const column of Object.values(tree)) Object.freeze(column);
  return Object.freeze(tree);
}
