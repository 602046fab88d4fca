import type { Clock } from "../../kernel/index.js";

/** One time limit for many requests, with one timer for all of them. */
export interface Deadlines {
  /** Calls `onLate` once the limit has passed, unless the returned function was called before. */
  start(onLate: () => void): () => void;
}

/**
 * Deadlines in the order in which they fall due, which is the order of their start because the limit is the
 * same for all. fastify's own `handlerTimeout` makes a timer and an abort signal per request, and fires that
 * signal after every answer: a fifth of the cost of a prediction.
 */
export function createDeadlines(limitMs: number, clock: Clock): Deadlines {
  interface Deadline {
    readonly dueMs: number;
    readonly onLate: () => void;
  }
  const pending = new Set<Deadline>();
  let armed = false;
  const arm = (inMs: number) => {
    armed = true;
    setTimeout(expire, Math.ceil(inMs)).unref();
  };
  const expire = () => {
    armed = false;
    for (const deadline of pending) {
      const remainingMs = deadline.dueMs - clock.monotonicMs();
      if (remainingMs > 0) {
        arm(remainingMs);
        return;
      }
      pending.delete(deadline);
      deadline.onLate();
    }
  };
  return Object.freeze({
    start(onLate: () => void) {
      const deadline = { dueMs: clock.monotonicMs() + limitMs, onLate };
      pending.add(deadline);
      if (!armed) arm(limitMs);
      return () => {
        pending.delete(deadline);
      };
    },
  });
}
