import type { Canonical } from "../kernel/index.js";
import {
  compileGbdtOptions,
  compileIsolationOptions,
  compileLinearOptions,
  featureImportance,
  requireTarget,
  toOnnx,
  trainGbdt,
  trainIsolation,
  trainLinear,
  type Examples,
  type FeatureImportance,
  type GbdtModel,
  type GbdtOptions,
  type GraphInfo,
  type IsolationOptions,
  type LinearModel,
  type LinearOptions,
  type TargetKind,
} from "../learning/index.js";
import type { PythonRunner } from "./ports.js";
import type { Parameters } from "./tuning/space.js";

export interface FitContext {
  /** Threads to use. The result does not depend on it. */
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** Rows that the fit may watch but not learn from: for early stopping and for curves. */
  readonly validation?: Examples;
  readonly onProgress?: (done: number, total: number) => void;
  /** Runs trainers that need Python. */
  readonly python?: PythonRunner;
  /** What a trainer prints, line by line. */
  readonly onLog?: (line: string) => void;
}

/** A figure of every round of a fit, such as `validation logLoss`. */
export type LearningCurve = { readonly name: string; readonly values: readonly number[] };

/** What a trainer hands over: a graph with its preprocessing inside, and what it learned. */
export interface FittedPipeline {
  readonly onnx: Uint8Array;
  /** Empty where the learner has none. */
  readonly importances: readonly FeatureImportance[];
  readonly curves: readonly LearningCurve[];
  /** Where it was trained, for the run's manifest, if that was not in this process. */
  readonly environment?: Canonical;
}

/**
 * Turns a training set into a fitted pipeline. The graph's first output holds per row: the probability of
 * label 1 (`binary`), one probability per class (`multiclass`), the value (`regression`), or a score, the
 * higher the more relevant (`ranking`) or the stranger (`anomaly`).
 */
export interface Trainer {
  readonly name: string;
  /** What it can learn. */
  readonly tasks: readonly TargetKind[];
  /** The resolved options, defaults included: part of what a run is a function of. */
  readonly options: Canonical;
  readonly seed: number;
  /** The quantile of the label that its output is; absent where it is another thing. */
  readonly quantile?: number;
  /** The same trainer for a quantile of the label, of those that can. */
  forQuantile?(quantile: number): Trainer;
  /** Whether it makes use of rows to watch, such as to stop early. Default false. */
  readonly watches?: boolean;
  /** The same trainer with some of its options changed, for a search. Throws like what made it. */
  with(options: Parameters): Trainer;
  /** Content of files that the fit depends on besides the options: part of what a run is a function of. */
  fingerprint?(python: PythonRunner): Promise<Canonical>;
  fit(examples: Examples, graph: GraphInfo, context: FitContext): Promise<FittedPipeline>;
}

function exported(model: GbdtModel | LinearModel, graph: GraphInfo): FittedPipeline {
  return { onnx: toOnnx(model, graph), importances: featureImportance(model), curves: [] };
}

/** Gradient-boosted trees on histograms, in TypeScript on worker threads. */
export function gbdt(given: Partial<GbdtOptions> = {}): Trainer {
  const options = compileGbdtOptions(given);
  return Object.freeze({
    name: "gbdt",
    tasks: Object.freeze(["binary", "multiclass", "regression", "ranking"] as const),
    options: { ...options, monotone: { ...options.monotone } },
    seed: options.seed,
    ...(options.loss === "quantile" ? { quantile: options.quantile } : {}),
    forQuantile: (quantile: number) => gbdt({ ...given, loss: "quantile", quantile }),
    watches: options.patience > 0,
    with: (changed: Parameters) => gbdt({ ...given, ...changed }),
    async fit(examples: Examples, graph: GraphInfo, context: FitContext) {
      const { threads, signal, validation, onProgress } = context;
      const onTree = (done: number) => onProgress?.(done, options.trees);
      const model = await trainGbdt(examples, options, { threads, signal, validation, onTree });
      return { ...exported(model, graph), curves: model.curves };
    },
  });
}

/** The quantile of the training labels, whatever the features: what a model of that quantile has to beat. */
export function trainingQuantile(quantile: number): Trainer {
  // Trees that can never split are one leaf, and the score that they start from is the quantile.
  const constant = gbdt({ loss: "quantile", quantile, trees: 1, minLeafRows: 1e9 });
  return Object.freeze({
    ...constant,
    name: "trainingQuantile",
    tasks: Object.freeze(["regression"] as const),
    options: { quantile },
    with: () => trainingQuantile(quantile),
  });
}

/** Linear regression with elastic net, means for missing numbers, standardised inputs. A ranking is learned row by row. */
export function linear(given: Partial<LinearOptions> = {}): Trainer {
  return linearTrainer("linear", ["regression", "ranking"], given);
}

/** Logistic regression, softmax for several classes, with elastic net; else as `linear`. */
export function logistic(given: Partial<LinearOptions> = {}): Trainer {
  return linearTrainer("logistic", ["binary", "multiclass"], given);
}

function linearTrainer(name: string, tasks: readonly TargetKind[], given: Partial<LinearOptions>): Trainer {
  const options = compileLinearOptions(given);
  return Object.freeze({
    name,
    tasks: Object.freeze(tasks),
    options: { ...options },
    seed: 0,
    // Nothing here is drawn: every seed gives the same.
    with: ({ seed: _, ...changed }: Parameters) => linearTrainer(name, tasks, { ...given, ...changed }),
    async fit(examples: Examples, graph: GraphInfo, { signal }: FitContext) {
      const known = requireTarget(examples, `${name}()`, ...tasks);
      return exported(await trainLinear(rowByRow(known), options, { signal }), graph);
    },
  });
}

/** A ranking as the regression of its relevance. */
function rowByRow(examples: Examples): Examples {
  const { target } = examples;
  return target.kind === "ranking"
    ? { ...examples, target: { kind: "regression", values: target.relevance } }
    : examples;
}

/** Isolation forest: scores rows by how soon random decisions part them from the rest. On worker threads. */
export function isolationForest(given: Partial<IsolationOptions> = {}): Trainer {
  const options = compileIsolationOptions(given);
  return Object.freeze({
    name: "isolationForest",
    tasks: Object.freeze(["anomaly"] as const),
    options: { ...options },
    seed: options.seed,
    with: (changed: Parameters) => isolationForest({ ...given, ...changed }),
    async fit(examples: Examples, graph: GraphInfo, { threads, signal, onProgress }: FitContext) {
      const onTree = (done: number) => onProgress?.(done, options.trees);
      const model = await trainIsolation(examples, options, { threads, signal, onTree });
      return { onnx: toOnnx(model, graph), importances: [], curves: [] };
    },
  });
}
