import type { Clock } from "../../kernel/index.js";
import type { Tensors } from "../../registry/index.js";
import { copyTensors, sizeOfTensors } from "./tensor-bytes.js";

/** How much is kept, whichever is reached first. */
export interface AnswerLimits {
  readonly entries: number;
  /** Memory of all answers, about. */
  readonly sizeBytes: number;
}

/** Answers by key, in memory. What was used longest ago goes first. */
export interface BoundedAnswers {
  /** A copy; undefined for what is not kept or has outlived its time. */
  get(key: string): Tensors | undefined;
  /** Keeps a copy. An answer larger than the limit is not kept (false), and neither is the one before it. */
  set(key: string, outputs: Tensors, ttlMs: number): boolean;
  size(): { readonly entries: number; readonly sizeBytes: number };
}

interface Kept {
  readonly outputs: Tensors;
  readonly sizeBytes: number;
  readonly untilMs: number;
}

/** Times are on the clock's monotonic scale, so that an answer lives as long as was said, whatever the date does. */
export function boundedAnswers(limits: AnswerLimits, clock: Clock): BoundedAnswers {
  /** From the one used longest ago to the one used last. */
  const kept = new Map<string, Kept>();
  let sizeBytes = 0;

  function drop(key: string): void {
    const old = kept.get(key);
    if (old === undefined) return;
    kept.delete(key);
    sizeBytes -= old.sizeBytes;
  }

  return Object.freeze({
    get(key: string) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      if (found.untilMs <= clock.monotonicMs()) {
        drop(key);
        return undefined;
      }
      kept.delete(key);
      kept.set(key, found);
      return copyTensors(found.outputs);
    },
    set(key: string, outputs: Tensors, ttlMs: number) {
      drop(key);
      const own = sizeOfTensors(outputs);
      if (own > limits.sizeBytes) return false;
      kept.set(key, {
        outputs: copyTensors(outputs),
        sizeBytes: own,
        untilMs: clock.monotonicMs() + ttlMs,
      });
      sizeBytes += own;
      for (const oldest of kept.keys()) {
        if (kept.size <= limits.entries && sizeBytes <= limits.sizeBytes) break;
        drop(oldest);
      }
      return true;
    },
    size: () => ({ entries: kept.size, sizeBytes }),
  });
}
