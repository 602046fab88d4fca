/** Waiting for time to pass, which domains do not do by themselves. */
export interface Timers {
  /**
   * Calls once after `delayMs`, from 0 to 2^31 - 1; the function that comes back calls it off, again is harmless.
   * `setTimeout` calls at once for a longer time.
   */
  after(delayMs: number, call: () => void): () => void;
}

export const longestDelayMs = 2 ** 31 - 1;
