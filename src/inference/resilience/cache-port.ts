import type { Tensors } from "../../registry/index.js";

/**
 * Answers by key, kept somewhere for a time. A cache is never the reason for an error: one that is gone, slow or
 * damaged has nothing, takes nothing and counts it.
 */
export interface ResponseCache {
  /**
   * An answer that the caller may change; undefined when there is none, or none any longer. A cache in this process
   * answers at once, which is why this need not be a promise. Never throws, never rejects.
   */
  get(key: string): Tensors | undefined | Promise<Tensors | undefined>;
  /**
   * Keeps an answer for `ttlMs`, a whole number from 1 on. It is read before this returns, so it may be changed
   * afterwards. What comes back settles when the attempt is over. Never throws, never rejects.
   */
  set(key: string, outputs: Tensors, ttlMs: number): void | Promise<void>;
  statistics(): ResponseCacheStatistics;
  close(): Promise<void>;
}

export interface ResponseCacheStatistics {
  /** Calls that failed or came to nothing in time, and values that could not be read. */
  readonly failures: number;
  /** Calls that were not made, because the cache failed a moment ago or the answer was too large for it. */
  readonly skipped: number;
}
