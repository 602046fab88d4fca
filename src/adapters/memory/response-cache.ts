import { boundedAnswers, type AnswerLimits, type ResponseCache } from "../../inference/index.js";
import type { Clock } from "../../kernel/index.js";

/** Answers that live as long as the process, bounded by number and memory; what was used longest ago goes first. */
export function memoryResponseCache(limits: AnswerLimits, clock: Clock): ResponseCache {
  let answers = boundedAnswers(limits, clock);
  let skipped = 0;
  let closed = false;
  return Object.freeze({
    get: (key: string) => answers.get(key),
    set(key: string, outputs: Parameters<ResponseCache["set"]>[1], ttlMs: number) {
      if (!closed && answers.set(key, outputs, ttlMs)) return;
      skipped++;
    },
    statistics: () => ({ failures: 0, skipped }),
    async close() {
      closed = true;
      answers = boundedAnswers(limits, clock);
    },
  });
}
