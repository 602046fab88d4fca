import type { Clock } from "../../kernel/index.js";
import type { Tensors, TensorSignature } from "../../registry/index.js";
import { boundedAnswers, type AnswerLimits } from "./bounded-answers.js";
import { defaultAnswer, type DeclaredAnswer } from "./default-answer.js";
import { allowsFallback, codeOf } from "./failure-kinds.js";
import type { Infer, Inferred } from "../infer.js";
import { checkInputs } from "../input-tensors.js";
import type { InferStep, KeyedCall } from "./infer-steps.js";

/** Something that answers in place of a model. */
export type StandInPlan =
  | { readonly kind: "model"; readonly model: string }
  | { readonly kind: "last known"; readonly limits: AnswerLimits; readonly maxAgeMs: number }
  | { readonly kind: "default"; readonly outputs: Tensors | DeclaredAnswer };

/** A version of another model. */
export interface FallbackModel {
  /** How answers name it: `simple@3`. */
  readonly name: string;
  readonly infer: Infer;
}

export interface FallbackPorts<Asked = undefined> {
  readonly clock: Clock;
  readonly signature: TensorSignature;
  /** The version that a reference such as `simple` or `simple@3` names now. Throws when it is not loaded. */
  readonly fallbackModel: (reference: string, asked?: Asked) => FallbackModel;
}

interface StandIn<Asked> {
  /** Sees every answer of the model itself. */
  remember?(key: string, outputs: Tensors): void;
  /** Undefined, or an error, when it has no answer either. */
  answer(call: KeyedCall<Asked>): Promise<Given | undefined>;
}

interface Given {
  readonly by: string;
  readonly outputs: Tensors;
}

/** A call whose model may be stood in for. */
export interface FallbackInfer<Asked = undefined> {
  readonly infer: InferStep<Asked>;
  /** Answers by what gave them: `simple@3`, `last known`, `default`. */
  statistics(): ReadonlyMap<string, number>;
}

/**
 * Asks one stand-in after another when the model gives no answer; when none of them does, the model's own error is
 * thrown. A call that was cancelled, came too late or cannot be answered by any model (MW0707) is not stood in for.
 * Throws MW0719 for a declared default that does not fit the outputs.
 */
export function withFallback<Asked = undefined>(
  next: InferStep<Asked>,
  plans: readonly StandInPlan[],
  ports: FallbackPorts<Asked>,
): FallbackInfer<Asked> {
  const standIns = plans.map((plan) => standIn(plan, ports));
  const given = new Map<string, number>();
  const isOver = ({ options: { signal, deadlineMs = Infinity } }: KeyedCall<Asked>) =>
    signal?.aborted === true || ports.clock.monotonicMs() >= deadlineMs;

  async function replace(call: KeyedCall<Asked>, because: string): Promise<Inferred | undefined> {
    for (const one of standIns) {
      if (isOver(call)) return undefined;
      const found = await one.answer(call).catch(() => undefined);
      if (found === undefined) continue;
      const { by, outputs } = found;
      given.set(by, (given.get(by) ?? 0) + 1);
      return { outputs, origin: { kind: "fallback", by, because } };
    }
    return undefined;
  }

  async function infer(call: KeyedCall<Asked>): Promise<Inferred> {
    try {
      const answer = await next(call);
      if (call.key !== undefined) for (const one of standIns) one.remember?.(call.key, answer.outputs);
      return answer;
    } catch (error) {
      if (!allowsFallback(error)) throw error;
      // A model that was not asked, behind an open breaker, has not looked at its inputs.
      checkInputs(ports.signature.inputs, call.inputs);
      const answer = await replace(call, codeOf(error));
      if (answer === undefined) throw error;
      return answer;
    }
  }

  return Object.freeze({ infer, statistics: () => new Map(given) });
}

function standIn<Asked>(
  plan: StandInPlan,
  { clock, signature, fallbackModel }: FallbackPorts<Asked>,
): StandIn<Asked> {
  switch (plan.kind) {
    case "model":
      return {
        async answer({ inputs, options, asked }) {
          const { name, infer } = fallbackModel(plan.model, asked);
          const { outputs, origin } = await infer(inputs, options);
          // What really answered is named, even if the simpler model was itself stood in for.
          return { outputs, by: origin.kind === "fallback" ? origin.by : name };
        },
      };
    case "last known": {
      const answers = boundedAnswers(plan.limits, clock);
      return {
        remember: (key, outputs) => answers.set(key, outputs, plan.maxAgeMs),
        async answer({ key }) {
          const outputs = key === undefined ? undefined : answers.get(key);
          return outputs === undefined ? undefined : { outputs, by: "last known" };
        },
      };
    }
    case "default": {
      const answerRows = defaultAnswer(signature, plan.outputs);
      return {
        async answer({ inputs }) {
          const outputs = answerRows(inputs);
          return outputs && { outputs, by: "default" };
        },
      };
    }
  }
}
