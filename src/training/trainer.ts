import type { Canonical } from "../kernel/index.js";
import {
  compileGbdtOptions,
  compileLogisticOptions,
  featureImportance,
  toOnnx,
  trainGbdt,
  trainLogistic,
  type BinaryExamples,
  type FeatureImportance,
  type FittedModel,
  type GbdtOptions,
  type GraphInfo,
  type LogisticOptions,
} from "../learning/index.js";

export interface FitContext {
  /** Threads to use. The result does not depend on it. */
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a trainer hands over: a graph with its preprocessing inside, and what it learned. */
export interface FittedPipeline {
  readonly onnx: Uint8Array;
  readonly importances: readonly FeatureImportance[];
}

/** Turns a training set into a fitted pipeline. */
export interface Trainer {
  readonly name: string;
  /** The resolved options, defaults included: part of what a run is a function of. */
  readonly options: Canonical;
  readonly seed: number;
  fit(examples: BinaryExamples, graph: GraphInfo, context: FitContext): Promise<FittedPipeline>;
}

function exported(model: FittedModel, graph: GraphInfo): FittedPipeline {
  return { onnx: toOnnx(model, graph), importances: featureImportance(model) };
}

/** Gradient-boosted trees on histograms, in TypeScript on worker threads. */
export function gbdt(given: Partial<GbdtOptions> = {}): Trainer {
  const options = compileGbdtOptions(given);
  return Object.freeze({
    name: "gbdt",
    options: { ...options },
    seed: options.seed,
    async fit(examples: BinaryExamples, graph: GraphInfo, { threads, signal, onProgress }: FitContext) {
      const model = await trainGbdt(examples, options, {
        threads,
        ...(signal === undefined ? {} : { signal }),
        onTree: (done: number) => onProgress?.(done, options.trees),
      });
      return exported(model, graph);
    },
  });
}

/** Logistic regression with L2 penalty, means for missing values, standardised inputs. */
export function logistic(given: Partial<LogisticOptions> = {}): Trainer {
  const options = compileLogisticOptions(given);
  return Object.freeze({
    name: "logistic",
    options: { ...options },
    seed: 0,
    async fit(examples: BinaryExamples, graph: GraphInfo, { threads, signal }: FitContext) {
      const context = { threads, ...(signal === undefined ? {} : { signal }) };
      return exported(await trainLogistic(examples, options, context), graph);
    },
  });
}
