import type { HostedModel } from "../../lifecycle/index.js";
import { shorterMs, withinCallerLimit } from "../caller-limit.js";
import { askModel, rowsAsked, type Named } from "./ask-model.js";
import type { Answered, OipDoor } from "./door.js";
import { readInferRequest } from "./infer-request.js";
import { writeInferAnswer, type InferAnswer } from "./infer-response.js";

/** One inference over HTTP, whatever read the request. */
export interface InferenceAsked {
  readonly named: Named;
  /** Asked for once the model is found. */
  readonly body: () => Buffer | Promise<Buffer>;
  /** The header Inference-Header-Content-Length. */
  readonly headerLength: string | undefined;
  /** Fires when nobody waits any more. */
  readonly signal: () => AbortSignal;
  /** Counts the rows against the caller's limits, once. */
  readonly admit?: ((rows: number) => Promise<void>) | undefined;
  readonly onInferred: (answered: Answered) => void;
}

/** Reads, computes and writes one inference. Throws what finding, reading, admitting and computing throw. */
export function inferOnce(
  { host, clock, requestTimeoutMs }: Pick<OipDoor, "host" | "clock" | "requestTimeoutMs">,
  { named, body: bodyOf, headerLength, signal, admit, onInferred }: InferenceAsked,
): Promise<InferAnswer> {
  let admitted = admit === undefined;
  return askModel(host, named, async (model: HostedModel) => {
    const body = bodyOf();
    const call = readInferRequest(Buffer.isBuffer(body) ? body : await body, headerLength, model);
    if (!admitted) await admit?.(rowsAsked(call.inputs));
    admitted = true;
    const startedMs = clock.monotonicMs();
    const work = model.infer(call.inputs, {
      signal: signal(),
      deadlineMs: startedMs + shorterMs(requestTimeoutMs, call.timeoutMs),
      priority: call.priority,
    });
    const inferred = await withinCallerLimit({ serverMs: requestTimeoutMs, wishedMs: call.timeoutMs }, work);
    const written = writeInferAnswer(model, call, inferred);
    onInferred({ model, inferred, latencyMs: clock.monotonicMs() - startedMs });
    return written;
  });
}
