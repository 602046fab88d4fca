import type { BatchQueue } from "./batch-queue.js";
import { tooLate } from "./refusals.js";
import type { RowCost } from "./row-cost.js";
import type { Batch } from "./run-batch.js";
import type { Call } from "./waiting-call.js";

/** What a new call finds before it. */
export interface Load {
  readonly queue: BatchQueue;
  readonly running: ReadonlySet<Batch>;
  readonly cost: RowCost;
  readonly instances: number;
  readonly maxBatchRows: number;
  readonly nowMs: number;
}

/**
 * Throws MW0710 for a call that would be answered after its deadline, as far as the cost of batches so far tells. To
 * be asked while every session computes: were a call refused while one is idle, a prediction that is far too high would
 * refuse all calls, and with no batch run no new cost would ever mend it.
 */
export function refuseTooLate({ rows, priority, deadlineMs }: Call, load: Load): void {
  if (deadlineMs === Infinity) return;
  const { nowMs, cost, maxBatchRows } = load;
  const waitMs = drainMs(load, priority);
  const ownMs = cost.predictMs(Math.min(rows, maxBatchRows), 1);
  if (waitMs === undefined || ownMs === undefined) return;
  const lateMs = nowMs + waitMs + ownMs + cost.marginMs() - deadlineMs;
  if (lateMs > 0) throw tooLate(lateMs, waitMs);
}

/**
 * Milliseconds until everything that runs or goes before a new call of a priority is computed, the sessions sharing the
 * work; undefined before the first batch. Takes the calls that wait for being of one kind, which makes most of a batch.
 */
export function drainMs(load: Load, priority: number): number | undefined {
  const { queue, running, cost, instances, maxBatchRows, nowMs } = load;
  const { calls, rows } = queue.ahead(priority);
  const batches = Math.min(calls, Math.ceil(rows / maxBatchRows));
  const predictedMs = cost.predictMs(rows, batches);
  if (predictedMs === undefined) return undefined;
  const waitingMs = batches === 0 ? predictedMs : Math.min(predictedMs, cost.longestMs(rows, batches));
  let runningMs = 0;
  for (const batch of running)
    runningMs += Math.max(0, batch.startedMs + (cost.predictMs(batch.rows, 1) ?? 0) - nowMs);
  return (waitingMs + runningMs) / instances;
}
