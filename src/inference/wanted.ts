import type { Clock } from "../kernel/index.js";
import type { InferOptions } from "./infer.js";
import { cancelled, expired } from "./queue/refusals.js";

/** Throws MW0712 for a call that was given up, and MW0711 for one whose deadline is over: neither is computed. */
export function requireWanted({ signal, deadlineMs }: InferOptions, clock: Clock): void {
  if (signal?.aborted === true) throw cancelled(signal.reason);
  if (deadlineMs === undefined) return;
  const nowMs = clock.monotonicMs();
  if (nowMs >= deadlineMs) throw expired(deadlineMs, nowMs);
}
