import type { Infer, Inferred } from "../infer.js";
import { cancelled } from "../queue/refusals.js";
import { resilienceErrors } from "./resilience-errors.js";
import type { Timers } from "./timers.js";

/**
 * Every call settles within `timeoutMs`, with MW0716 if need be; the call below is told by its signal, so that what
 * has not begun to compute never does. A caller that goes away is answered at once (MW0712).
 */
export function withCallTimeout(infer: Infer, timeoutMs: number, timers: Timers): Infer {
  return async (inputs, options = {}) => {
    const { signal } = options;
    if (signal?.aborted === true) throw cancelled(signal.reason);
    const controller = new AbortController();
    const { promise, stop } = limit({ timeoutMs, timers, controller, ...(signal && { signal }) });
    try {
      return await Promise.race([infer(inputs, { ...options, signal: controller.signal }), promise]);
    } finally {
      stop();
    }
  };
}

interface Limit {
  readonly timeoutMs: number;
  readonly timers: Timers;
  /** Told first, so that the call below hears of it before anybody above acts on the error. */
  readonly controller: AbortController;
  readonly signal?: AbortSignal;
}

/** Rejects when the time is over or the caller goes away. `stop` must be called, or signal and timer keep it alive. */
function limit({ timeoutMs, timers, controller, signal }: Limit): {
  readonly promise: Promise<Inferred>;
  readonly stop: () => void;
} {
  let fail: (error: unknown) => void = () => undefined;
  const promise = new Promise<never>((_resolve, reject) => (fail = reject));
  const cancel = () => {
    controller.abort(signal?.reason);
    fail(cancelled(signal?.reason));
  };
  const callOff = timers.after(timeoutMs, () => {
    const error = outOfTime(timeoutMs);
    controller.abort(error);
    fail(error);
  });
  signal?.addEventListener("abort", cancel, { once: true });
  const stop = () => {
    callOff();
    signal?.removeEventListener("abort", cancel);
  };
  return { promise, stop };
}

function outOfTime(timeoutMs: number) {
  return resilienceErrors.error("MW0716", {
    expected: `an answer within ${timeoutMs} ms`,
    found: "none",
    remedy: "Look at the model's queue and compute times, or allow it more time.",
    details: { timeoutMs },
  });
}
