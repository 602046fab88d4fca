import type { LoadMeasurements } from "./load-measurements.js";
import type { LoadPlan, LoadStage } from "./load-plan.js";

/** What became of the requests that were meant to be sent in a short while. */
export interface LoadMoment {
  /** From the start of the stage. */
  readonly fromMs: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly maxMs: number | null;
  readonly good: number;
  readonly refused: number;
  readonly failed: number;
}

const momentsOfStage = 40;
const shortestMomentMs = 50;

interface Load {
  readonly plan: LoadPlan;
  readonly measured: LoadMeasurements;
}

/** A stage in moments of equal length, by the times at which requests were meant to be sent. */
export function latencySeries({ plan, measured }: Load, stage: LoadStage, endMs: number): LoadMoment[] {
  const lengthMs = Math.max(shortestMomentMs, (stage.endMs - stage.startMs) / momentsOfStage);
  const moments: LoadMoment[] = [];
  let i = stage.first;
  for (let k = 0; stage.startMs + k * lengthMs < endMs; k++) {
    const untilMs = stage.startMs + (k + 1) * lengthMs;
    const goodMs: number[] = [];
    const counts = { good: 0, refused: 0, failed: 0 };
    for (; i < stage.end && plan.intendedMs[i] < untilMs; i++) {
      if (measured.outcome[i] === 0) continue;
      const { kind } = measured.outcomes[measured.outcome[i] - 1];
      counts[kind]++;
      if (kind === "good") goodMs.push(measured.doneMs[i] - plan.intendedMs[i]);
    }
    const sorted = Float64Array.from(goodMs).sort();
    const at = (q: number) => (sorted.length === 0 ? null : sorted[Math.ceil(q * sorted.length) - 1]);
    moments.push({ fromMs: k * lengthMs, p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1), ...counts });
  }
  return moments;
}

const bins = 40;
/** Shorter latencies are not told apart. */
const shortestMs = 0.01;

/** Edges of equal ratio around the latencies of all stages; none without a latency. */
export function sharedEdges(sorted: readonly Float64Array[]): number[] {
  const some = sorted.filter(({ length }) => length > 0);
  if (some.length === 0) return [];
  const low = Math.max(shortestMs, Math.min(...some.map((values) => values[0])));
  const high = Math.max(low * 1.001, ...some.map((values) => values[values.length - 1]));
  return Array.from({ length: bins + 1 }, (_, i) => low * (high / low) ** (i / bins));
}

/** How the server came back after the overload. */
export interface LoadRecovery {
  readonly state: "recovered" | "not recovered" | "insufficient";
  /** From the end of the overload until answers are within the objective again; null where they never were. */
  readonly afterMs: number | null;
  readonly reason: string;
}

/** So many requests in a row are looked at, and all but one of them must be good: 95 %. */
const run = 20;

/**
 * From which request of the last stage on 95 % of the next twenty, that one among them, were answered within the
 * objective. Requests count by the times at which they were meant to be sent, so that a backlog delays it.
 */
export function judgeRecovery({ plan, measured }: Load, stage: LoadStage, p95Ms: number): LoadRecovery {
  const known: number[] = [];
  for (let i = stage.first; i < stage.end; i++) if (measured.outcome[i] > 0) known.push(i);
  if (known.length < run) {
    const reason = `${known.length} requests after the overload are too few; it takes ${run}`;
    return { state: "insufficient", afterMs: null, reason };
  }
  const good = known.map((i) => {
    const { kind } = measured.outcomes[measured.outcome[i] - 1];
    return kind === "good" && measured.doneMs[i] - plan.intendedMs[i] <= p95Ms;
  });
  for (let k = 0; k + run <= known.length; k++) {
    if (!good[k] || good.slice(k, k + run).filter(Boolean).length < run * 0.95) continue;
    const afterMs = plan.intendedMs[known[k]] - stage.startMs;
    return { state: "recovered", afterMs, reason: `from then on 19 of 20 requests were within ${p95Ms} ms` };
  }
  if (measured.stoppedMs !== undefined) {
    return { state: "insufficient", afterMs: null, reason: "the test was broken off" };
  }
  const seconds = (stage.endMs - stage.startMs) / 1000;
  const reason = `within ${seconds} s there were no 20 requests in a row of which 19 were within ${p95Ms} ms`;
  return { state: "not recovered", afterMs: null, reason };
}
