import { bulkhead } from "cockatiel";
import type { Clock } from "../../kernel/index.js";
import type { Infer } from "../infer.js";
import { resilienceErrors } from "./resilience-errors.js";

/** Before the first call has ended. */
const firstGuessMs = 100;
/** Weight of the last call in the running mean of their times. */
const weight = 0.1;

/**
 * At most so many calls under way, and no queue: one too many is refused (MW0717) with `retryAfterMs`, the time after
 * which one of them is done on average. A call is under way until it settles, even if its caller is gone.
 */
export function withBulkhead(infer: Infer, maxConcurrent: number, clock: Clock): Infer {
  const slots = bulkhead(maxConcurrent, 0);
  let meanMs = firstGuessMs;

  return async (inputs, options) => {
    if (slots.executionSlots === 0) throw refused(maxConcurrent, meanMs);
    const startedMs = clock.monotonicMs();
    return slots.execute(async () => {
      try {
        return await infer(inputs, options);
      } finally {
        meanMs += weight * (clock.monotonicMs() - startedMs - meanMs);
      }
    });
  };
}

function refused(maxConcurrent: number, meanMs: number) {
  return resilienceErrors.error("MW0717", {
    expected: `at most ${maxConcurrent} calls of the model under way`,
    found: "one more",
    remedy: "Try again later, or raise maxConcurrent.",
    details: { maxConcurrent, retryAfterMs: Math.max(1, Math.ceil(meanMs / maxConcurrent)) },
  });
}
