import type { HostedModel } from "../../lifecycle/index.js";
import { shorterMs, withinCallerLimit } from "../caller-limit.js";
import { askModel, rowsAsked, type Named } from "./ask-model.js";
import type { Answered, OipDoor } from "./door.js";
import { readInferRequest } from "./infer-request.js";
import { writeInferAnswer, type InferAnswer } from "./infer-response.js";

/** One inference over HTTP, whatever read the request. */
export interface InferenceAsked {
  readonly named: Named;
  /** When its head was there, on the clock's monotonic scale. */
  readonly arrivedMs: number;
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
  { named, arrivedMs, body: bodyOf, headerLength, signal, admit, onInferred }: InferenceAsked,
): Promise<InferAnswer> {
  let admitted = admit === undefined;
  return askModel(host, named, async (model: HostedModel) => {
    const body = bodyOf();
    const call = readInferRequest(Buffer.isBuffer(body) ? body : await body, headerLength, model);
    const rows = rowsAsked(call.inputs);
    if (!admitted) await admit?.(rows);
    admitted = true;
    const startedMs = clock.monotonicMs();
    const work = model.infer(call.inputs, {
      signal: signal(),
      deadlineMs: arrivedMs + shorterMs(requestTimeoutMs, call.timeoutMs),
      priority: call.priority,
    });
    const limits = { serverMs: requestTimeoutMs, wishedMs: call.timeoutMs, arrivedMs, clock };
    const inferred = await withinCallerLimit(limits, work);
    const written = writeInferAnswer(model, call, inferred);
    onInferred({ model, inferred, rows, latencyMs: clock.monotonicMs() - startedMs });
    return written;
  });
}
