import { shorterMs, withinCallerLimit } from "../caller-limit.js";
import { createDeadlines, type Deadlines } from "../http/deadlines.js";
import { askModel } from "../oip/ask-model.js";
import { answerLate } from "../refusals.js";
import type { GrpcCall, GrpcInferred, OpenDoor } from "./door.js";
import type { Waiting } from "./incoming.js";
import type { InferRequest, InferResponse } from "./messages.js";
import { readInputs, readOutputs, readWishes } from "./read-request.js";
import { settled } from "./settled.js";
import { writeAnswer } from "./write-answer.js";

/** Answers one inference request of a call or stream. Throws coded errors of this room, of the host and of models. */
export type AnswerInference = (request: InferRequest, waiting: Waiting) => Promise<InferResponse>;

/** One inference under way. */
interface Attempt {
  readonly signal: AbortSignal;
  readonly startedMs: number;
  /** When the caller or the server gives up, on the clock's monotonic scale. */
  readonly deadlineMs: number;
}

/** Inference behind admission, authentication and one time limit, cancelled when the caller is gone. */
export function createInference(door: OpenDoor): AnswerInference {
  const deadlines = createDeadlines(door.options.requestTimeoutMs, door.clock);
  return async (request, waiting) => {
    const refusal = door.admission.enter();
    if (refusal !== undefined) throw refusal;
    const call = inferCall(request, waiting);
    try {
      return await settled(door, call, () =>
        withinLimits({ door, deadlines, waiting }, (attempt) => answer(door, { request, call, attempt })),
      );
    } finally {
      door.admission.leave();
    }
  };
}

interface Limits {
  readonly door: OpenDoor;
  readonly deadlines: Deadlines;
  readonly waiting: Waiting;
}

/** Runs the work, whose signal fires when nobody waits any more; what comes later than that is dropped. */
function withinLimits(
  { door, deadlines, waiting }: Limits,
  work: (attempt: Attempt) => Promise<InferResponse>,
): Promise<InferResponse> {
  const controller = new AbortController();
  const { requestTimeoutMs } = door.options;
  const startedMs = door.clock.monotonicMs();
  // grpc-js answers a caller's own deadline; here it only tells the queue when an answer is of no use.
  const deadlineMs = Math.min(startedMs + requestTimeoutMs, waiting.deadlineMs);
  return new Promise((resolve, reject) => {
    const settle = deadlines.start(() => {
      const error = answerLate(requestTimeoutMs);
      reject(error);
      controller.abort(error);
    });
    const forget = waiting.onGone(() => controller.abort());
    work({ signal: controller.signal, startedMs, deadlineMs })
      .catch((error: unknown) => {
        // Whatever is still under way is for nobody, such as after the caller's own limit.
        controller.abort(error);
        throw error;
      })
      .then(resolve, reject)
      .finally(() => {
        settle();
        forget();
      });
  });
}

interface Asked {
  readonly request: InferRequest;
  readonly call: GrpcCall;
  readonly attempt: Attempt;
}

async function answer(door: OpenDoor, asked: Asked): Promise<InferResponse> {
  const caller = await door.authenticate?.(asked.call);
  const { model_name: model, model_version: version } = asked.request;
  return askModel(door.host, version === "" ? { model } : { model, version }, (found) =>
    answerOf(door, asked, { model: found, caller }),
  );
}

async function answerOf(
  door: OpenDoor,
  { request, call, attempt }: Asked,
  { model, caller }: Pick<GrpcInferred, "model" | "caller">,
): Promise<InferResponse> {
  const outputs = readOutputs(request, model);
  const { priority, timeoutMs } = readWishes(request);
  const deadlineMs = shorterMs(
    attempt.deadlineMs,
    timeoutMs === undefined ? undefined : attempt.startedMs + timeoutMs,
  );
  const work = model.infer(readInputs(request), {
    ...{ signal: attempt.signal, deadlineMs, priority },
  });
  const inferred = await withinCallerLimit(
    {
      ...{ serverMs: door.options.requestTimeoutMs, wishedMs: timeoutMs },
      ...{ arrivedMs: attempt.startedMs, clock: door.clock },
    },
    work,
  );
  const answered = writeAnswer({ id: request.id, model, outputs, inferred });
  if (door.onInferred !== undefined) {
    const latencyMs = door.clock.monotonicMs() - attempt.startedMs;
    try {
      door.onInferred({ call, caller, id: request.id, model, inferred, latencyMs });
    } catch (error) {
      door.explain(error, call.method);
    }
  }
  return answered;
}

function inferCall({ model_name: model, inputs }: InferRequest, waiting: Waiting): GrpcCall {
  const rows = Number(inputs.at(0)?.shape.at(0) ?? 1);
  return describeCall(
    { verb: "predict", model, rows: Number.isSafeInteger(rows) && rows > 0 ? rows : 1 },
    waiting,
  );
}

/** A call as `authenticate` sees it. */
export const describeCall = (
  about: Pick<GrpcCall, "verb" | "model" | "rows">,
  { method, peer, metadata }: Waiting,
): GrpcCall => ({
  ...about,
  method,
  peer,
  header: (name) => metadata.get(name).at(0)?.toString(),
});
