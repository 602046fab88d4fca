import type { Clock } from "../kernel/index.js";
import { answerLate } from "./refusals.js";

/** How one caller wants to be served. */
export interface Wishes {
  /** 0 to 9, 0 first, as `InferOptions` has it; 0 without a wish. */
  readonly priority: number;
  /** Undefined without a wish. */
  readonly timeoutMs: number | undefined;
}

/** The last priority that a caller may wish for, over every protocol. */
export const lastPriority = 10;

/**
 * What a caller's numbers wish for, over every protocol: priority 1 goes first, then 2, to {@link lastPriority}, which
 * the protocol's reader checks; 0 leaves either to the server.
 */
export const wishesOf = (priority: number, timeoutMs: number): Wishes => ({
  priority: Math.max(0, priority - 1),
  timeoutMs: timeoutMs === 0 ? undefined : timeoutMs,
});

/** What a wish may be, for messages. */
export const rangeText = (most: number): string => (most === Infinity ? "from 0 on" : `from 0 to ${most}`);

/** How long a call may take: a caller may shorten the server's limit, not lengthen it. */
export const shorterMs = (serverMs: number, wishedMs: number | undefined): number =>
  Math.min(serverMs, wishedMs ?? serverMs);

/** The server's limit, and the one that a caller wishes for, of a request that began to arrive at a moment. */
export interface CallLimits {
  readonly serverMs: number;
  readonly wishedMs: number | undefined;
  readonly arrivedMs: number;
  readonly clock: Pick<Clock, "monotonicMs">;
}

/**
 * The outcome of a caller's work, or MW0808 once the limit that the caller set itself is over; what comes later than
 * that is dropped. The server's own limit is for its deadlines, which cost less.
 */
export function withinCallerLimit<Result>(
  { serverMs, wishedMs: limitMs, arrivedMs, clock }: CallLimits,
  work: Promise<Result>,
): Promise<Result> {
  if (limitMs === undefined || limitMs >= serverMs) return work;
  return new Promise((resolve, reject) => {
    const leftMs = Math.max(0, Math.ceil(arrivedMs + limitMs - clock.monotonicMs()));
    const timer = setTimeout(() => reject(answerLate(limitMs)), leftMs);
    void work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
