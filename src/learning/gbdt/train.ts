import { firstResult, workerModule } from "../../kernel/index.js";
import { crossFitFeatures } from "../cross-fitting.js";
import { encodeFeatures, type FittedFeature } from "../feature-encoding.js";
import { checkExamples, type Examples } from "../feature-table.js";
import { frozen } from "../frozen.js";
import { compileOptions } from "../numeric-options.js";
import { workerFailed } from "../worker-failed.js";
import { barrierMemory } from "./barrier.js";
import { boundsPerFeature } from "./bins.js";
import { exchangeBytes } from "./crew.js";
import { histogramRoom } from "./histogram.js";
import { quantileRoom } from "./leaf-quantiles.js";
import { leafQuantile } from "./losses.js";
import { lossRoom } from "./mean-losses.js";
import { compileGbdtOptions, type GbdtOptions } from "./options.js";
import { baseScores, constraintsOf, problemOf, type Problem } from "./problem.js";
import type { Boosted } from "./rounds.js";
import type { GbdtWorkerInput } from "./train-worker.js";
import type { GbdtModel } from "./tree.js";
import { treeFeatures } from "./tree-features.js";

/** Mean losses after a round. */
export interface RoundLosses {
  readonly train: number;
  readonly validation: number;
}

export interface TrainContext {
  /** Worker threads. The model does not depend on it. Default 1, 1 to 256. */
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  /** Rows to watch, for curves and early stopping, with the target of the training rows. */
  readonly validation?: Examples | undefined;
  /** Called after every round; losses only with validation rows. */
  readonly onTree?: ((done: number, losses?: RoundLosses) => void) | undefined;
}

const threadRule = { threads: { default: 1, min: 1, max: 256, whole: true } };

/**
 * Gradient-boosted trees: histograms, leaf-wise growth, second-order steps. Learns binary labels (logistic
 * loss), classes (softmax), numbers (squared, absolute, quantile or Poisson loss) and relevance (as a number,
 * each row by itself). Missing values take the side that gains more. Time grows with rows × features × trees;
 * memory with about 32 + 6 × features bytes a row. The caller's thread stays free. Equal examples and options
 * give an equal model on any number of threads.
 * Throws MW0401 to MW0405 and MW0408 to MW0412, MW0105 when cancelled, MW0407 if a worker dies.
 */
export async function trainGbdt(
  examples: Examples,
  given: Partial<GbdtOptions>,
  context: TrainContext,
): Promise<GbdtModel> {
  const options = compileGbdtOptions(given);
  const { threads } = compileOptions(threadRule, { threads: context.threads });
  checkExamples(examples);
  const problem = problemOf(examples, options);
  const features = treeFeatures(examples, options.maxBins);
  const base = baseScores(problem);
  const shared = sharedInput(examples, { options, problem, features, base, threads, context });
  const losses = shared.losses;
  const { trees, curves } = await firstResult<Boosted>({
    module: workerModule(import.meta.url, "train-worker.js"),
    inputs: Array.from({ length: threads }, (_, thread) => ({ ...shared, seat: { thread, threads } })),
    signal: context.signal,
    failure: workerFailed,
    isSmall: isSmall(shared, options),
    onProgress: (done) => context.onTree?.(done, losses && lossesAfter(losses, done)),
  });
  return frozen<GbdtModel>({
    kind: "gbdt",
    task: problem.task,
    loss: problem.loss,
    classes: [...problem.classes],
    features,
    options,
    rowCount: examples.rowCount,
    base,
    trees,
    curves,
  });
}

/** What a kept worker may leave to the collector. */
const smallBytes = 2 ** 24;

/** Whether a thread has its share of the rows and its histograms in so few bytes that it may stay. */
function isSmall(
  { training, base, memory }: Omit<GbdtWorkerInput, "seat">,
  { leaves }: GbdtOptions,
): boolean {
  const { columns, targets } = training;
  const rows = targets.length * (24 + 2 * columns.length + 4 * base.length);
  return rows + leaves * histogramRoom(columns.length) * 8 + memory.exchange.byteLength <= smallBytes;
}

function lossesAfter(losses: Float64Array, rounds: number): RoundLosses {
  return { train: losses[2 * rounds - 2], validation: losses[2 * rounds - 1] };
}

function sharedInput(
  examples: Examples,
  work: {
    readonly options: GbdtOptions;
    readonly problem: Problem;
    readonly features: readonly FittedFeature[];
    readonly base: readonly number[];
    readonly threads: number;
    readonly context: TrainContext;
  },
): Omit<GbdtWorkerInput, "seat"> {
  const { options, problem, features, base, threads } = work;
  const { targets, weights, loss } = problem;
  const constraints = constraintsOf(examples, options);
  const columns = crossFitFeatures(features, examples, options.seed);
  const validation = validationOf(work.context.validation, { options, problem, features });
  const room = Math.max(
    histogramRoom(columns.length),
    lossRoom,
    leafQuantile(loss) === undefined ? 0 : quantileRoom(options.leaves),
  );
  return {
    training: { columns, targets, weights },
    validation,
    losses: validation && new Float64Array(new SharedArrayBuffer(16 * options.trees)),
    options,
    loss,
    base,
    monotone: constraints && Int8Array.from(features, ({ name }) => constraints.get(name) ?? 0),
    largestWeight: weights?.reduce((most, weight) => Math.max(most, weight), 0) ?? 1,
    memory: {
      barrier: barrierMemory(),
      exchange: new SharedArrayBuffer(exchangeBytes(threads, room)),
    },
    bounds: new Float32Array(new SharedArrayBuffer(4 * boundsPerFeature * columns.length)),
    categories: Int32Array.from(features, (of) => (of.kind === "category" ? of.categories.length : 0)),
  };
}

function validationOf(
  examples: Examples | undefined,
  work: {
    readonly options: GbdtOptions;
    readonly problem: Problem;
    readonly features: readonly FittedFeature[];
  },
) {
  if (examples === undefined) return undefined;
  const { targets, weights } = problemOf(examples, work.options);
  return { columns: encodeFeatures(work.features, examples), targets, weights };
}
