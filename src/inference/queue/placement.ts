import type { Clock } from "../../kernel/index.js";
import type { Tensors } from "../../registry/index.js";
import type { ServedGraph } from "../infer.js";
import type { Session } from "../ports.js";
import { rowsOf, sliceRows } from "./split-tensors.js";

/** Up to this cost of one row a graph computes in the thread that serves. */
const lightMs = 1;

/**
 * Where a graph is computed. In line costs no hop, and blocks the event loop for as long as the engine computes; apart
 * costs a message each way, with copies of the tensors. Up to 1 ms a row (`limitMs`) the hop is a good part of the cost
 * and the block goes unnoticed; above it the hop hardly shows, and the block would delay every other request.
 */
export const choosePlacement = (measuredMs: number, limitMs = lightMs): ServedGraph["placement"] =>
  measuredMs <= limitMs ? "inline" : "worker";

export interface GraphWarmUp {
  readonly runs: number;
  /** Median time of one row, the wait for the event loop included. */
  readonly medianMs: number;
}

export interface WarmGraphOptions {
  readonly clock: Clock;
  /** Most runs. Default 200. */
  readonly runs?: number;
  /** After so long it ends early, though not before the fifth run. Default 2000. */
  readonly budgetMs?: number;
}

const fewestRuns = 5;

/**
 * Computes the first rows of probes in turn, whole probes where there are no rows to tell apart, so that first requests
 * do not pay for cold code, and measures what one costs. Throws what the session throws.
 */
export async function warmGraph(
  session: Session,
  probes: readonly Tensors[],
  options: WarmGraphOptions,
): Promise<GraphWarmUp> {
  const freeRows = session.inputs.every(({ shape }) => shape[0] === null);
  const singles = probes.map((probe) =>
    freeRows && (rowsOf(probe) ?? 0) > 1 ? sliceRows(probe, 0, 1) : probe,
  );
  return warmCalls(
    singles.map((single) => () => session.compute(single)),
    options,
  );
}

/** Makes calls of one row each in turn, and measures what one costs. */
export async function warmCalls(
  calls: readonly (() => Promise<unknown>)[],
  { clock, runs = 200, budgetMs = 2000 }: WarmGraphOptions,
): Promise<GraphWarmUp> {
  const timesMs: number[] = [];
  const beginMs = clock.monotonicMs();
  for (let nowMs = beginMs; timesMs.length < runs;) {
    if (timesMs.length >= fewestRuns && nowMs - beginMs >= budgetMs) break;
    await calls[timesMs.length % calls.length]();
    const endMs = clock.monotonicMs();
    timesMs.push(endMs - nowMs);
    nowMs = endMs;
  }
  return { runs: timesMs.length, medianMs: median(timesMs) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
