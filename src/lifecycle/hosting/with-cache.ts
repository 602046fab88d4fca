import type { InferStatistics, Protected } from "../../inference/index.js";

/** What a model did, with what its cache answered, which the model does not see. */
export function withCache(
  statistics: InferStatistics,
  guarded: Pick<Protected, "statistics">,
): InferStatistics {
  const { cacheHit, cacheMiss } = guarded.statistics();
  const { success } = statistics;
  return {
    ...{ ...statistics, cacheHit, cacheMiss },
    success: { count: success.count + cacheHit.count, totalMs: success.totalMs + cacheHit.totalMs },
  };
}
