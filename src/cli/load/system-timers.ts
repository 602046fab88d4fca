import type { Timers } from "../../inference/index.js";

/** Timers of this process; they fire up to about a millisecond late. */
export const systemTimers: Timers = Object.freeze({
  after(delayMs: number, call: () => void) {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
});
