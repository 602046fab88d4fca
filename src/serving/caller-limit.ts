import { answerLate } from "./refusals.js";

/** How one caller wants to be served. */
export interface Wishes {
  /** 0 to 9, 0 first, as `InferOptions` has it; 0 without a wish. */
  readonly priority: number;
  /** Undefined without a wish. */
  readonly timeoutMs: number | undefined;
}

/** What a caller's numbers wish for, over every protocol: priority 1 goes first, and 0 leaves either to the server. */
export const wishesOf = (priority: number, timeoutMs: number): Wishes => ({
  priority: Math.min(9, Math.max(0, priority - 1)),
  timeoutMs: timeoutMs === 0 ? undefined : timeoutMs,
});

/** How long a call may take: a caller may shorten the server's limit, not lengthen it. */
export const shorterMs = (serverMs: number, wishedMs: number | undefined): number =>
  Math.min(serverMs, wishedMs ?? serverMs);

/** The server's limit, and the one that a caller wishes for. */
export interface CallLimits {
  readonly serverMs: number;
  readonly wishedMs: number | undefined;
}

/**
 * The outcome of a caller's work, or MW0808 once the limit that the caller set itself is over; what comes later than
 * that is dropped. The server's own limit is for its deadlines, which cost less.
 */
export function withinCallerLimit<Result>(
  { serverMs, wishedMs: limitMs }: CallLimits,
  work: Promise<Result>,
): Promise<Result> {
  if (limitMs === undefined || limitMs >= serverMs) return work;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(answerLate(limitMs)), Math.ceil(limitMs));
    void work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
