import {
  protectModel,
  requireWanted,
  type BreakerState,
  type FallbackModel,
  type Inferred,
  type InferOptions,
  type InferStatistics,
  type PlacedModel,
  type ResponseCache,
} from "../../inference/index.js";
import { canonicalHash, type Value } from "../../kernel/index.js";
import type { Tensors } from "../../registry/index.js";
import type { ModelDefinition } from "../../training/index.js";
import type { Project } from "../project.js";
import { withOutputs } from "../hosting/stand-ins.js";
import { withCache } from "../hosting/with-cache.js";

/** One row of a request, and the features that were read for it. */
export interface ModelQuestion {
  /** The request's values. */
  readonly values: readonly Value[];
  readonly numbers: Float32Array;
  readonly texts: readonly string[];
}

/** What stands in for the answer of a model. */
export interface Fallback {
  /** What answered: `simple@3`, `last known` or `default`. */
  readonly by: string;
  /** The code of the error for which the model itself did not answer. */
  readonly because: string;
}

/** Outputs of one row. */
export interface ModelAnswer {
  readonly outputs: Float32Array;
  /** Absent where the model itself answered. */
  readonly fallback?: Fallback;
}

/** What a version of a model computes, with all around it that the configuration asks for. */
export interface ModelAnswers {
  answer(question: ModelQuestion, options: InferOptions): Promise<ModelAnswer>;
  /** The same with the origin of the answer. */
  infer(question: ModelQuestion, options: InferOptions): Promise<Inferred>;
  /** Undefined without a breaker. */
  breakerState(): BreakerState | undefined;
  /** Of the model and its cache, whoever asked; what a stand-in answered is the model's failure. */
  statistics(): InferStatistics;
  /** Frees the model and what was kept of it. Nobody may ask it any more. */
  dispose(): Promise<void>;
}

export interface AnswerPorts {
  readonly project: Pick<Project, "clock" | "timers" | "serving" | "openResponseCache">;
  /** The model of a name, asked in place of this one. */
  readonly standIn: (name: string, values: readonly Value[]) => FallbackModel;
}

/** Throws MW1165 for a default answer that is none of the version's. */
export function modelAnswers(
  model: ModelDefinition,
  loaded: PlacedModel,
  { project, standIn }: AnswerPorts,
): ModelAnswers {
  const { clock, timers, serving } = project;
  const { signature, packageId, predict } = loaded;
  const resilience = withOutputs(model, signature.outputs[0], serving.ofModel(model.name).resilience);
  const caches: ResponseCache[] = [];
  const guarded = protectModel<readonly Value[]>(loaded.infer, resilience, {
    ...{ clock, timers, signature, versionId: packageId },
    openCache: (limits) => {
      const cache = project.openResponseCache(limits);
      caches.push(cache);
      return cache;
    },
    fallbackModel: (name, asked = []) => standIn(name, asked),
  });
  const { infer } = guarded;
  const remembers = resilience.fallback.some(({ kind }) => kind === "last known");
  const keyOf = remembers ? questionKey(model) : () => undefined;
  const tensorsOf = tensorsFor(loaded);

  const inferAll = async (question: ModelQuestion, options: InferOptions): Promise<Inferred> => {
    const inputs = tensorsOf(question);
    if (infer === undefined) return loaded.infer(inputs, options);
    return infer({ inputs, options, key: keyOf(question.values), asked: question.values });
  };

  async function direct(question: ModelQuestion, options: InferOptions): Promise<ModelAnswer> {
    requireWanted(options, clock);
    return { outputs: await (predict as Predict)(question.numbers, 1, question.texts) };
  }

  return Object.freeze({
    answer:
      infer === undefined && predict !== undefined
        ? direct
        : async (question: ModelQuestion, options: InferOptions) =>
            answerOf(await inferAll(question, options)),
    infer: inferAll,
    breakerState: () => guarded.breakerState(),
    statistics: () => withCache(loaded.statistics(), guarded),
    async dispose() {
      await loaded.dispose();
      await Promise.all(caches.map((cache) => cache.close()));
    },
  });
}

type Predict = Exclude<PlacedModel["predict"], undefined>;

/** What a question is remembered by: the request, whatever the time that it was asked for. */
function questionKey({ spine: { time }, features }: ModelDefinition): (values: readonly Value[]) => string {
  const at = time === undefined ? -1 : Object.keys(features.request).indexOf(time);
  return (values) => canonicalHash(values.filter((_value, field) => field !== at));
}

/** The tensors of a row, as far as the graph takes them. */
function tensorsFor({ signature: { inputs } }: PlacedModel): (question: ModelQuestion) => Tensors {
  const takes = (name: string) => inputs.some((input) => input.name === name);
  const [takesNumeric, takesText] = [takes("numeric"), takes("text")];
  return ({ numbers, texts }) => ({
    ...(takesNumeric && { numeric: { dtype: "float32", shape: [1, numbers.length], data: numbers } }),
    ...(takesText && { text: { dtype: "string", shape: [1, texts.length], data: texts } }),
  });
}

/** Every answer is one tensor, that of a stand-in too, by whatever name its graph has it. */
function answerOf({ outputs, origin }: Inferred): ModelAnswer {
  const [output] = Object.values(outputs);
  if (output.dtype !== "float32") throw new TypeError(`outputs of type ${output.dtype}`);
  if (origin.kind !== "fallback") return { outputs: output.data };
  return { outputs: output.data, fallback: { by: origin.by, because: origin.because } };
}
