import { quantileRanks } from "./load-binomial.js";
import type { LoadMeasurements } from "./load-measurements.js";
import type { LoadPlan, LoadStage } from "./load-plan.js";
import { latencySeries, sharedEdges, type LoadMoment } from "./load-series.js";
import {
  cutShort,
  judgeAvailability,
  judgeLatency,
  loadConfidence,
  worstVerdict,
  type LoadObjective,
  type LoadVerdict,
} from "./load-verdicts.js";

/**
 * Percentiles of the requests that were not refused, from the moment at which each was meant to be sent to the last byte
 * of its answer. Null where so many failed that the percentile is among them, or where there was no request.
 */
export interface LoadLatency {
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
  /** Ends of the interval around p95 by order statistics; null where too few requests, or failures, leave it open. */
  readonly p95LowMs: number | null;
  readonly p95HighMs: number | null;
}

/** How a stage of a load test went. Plain JSON. */
export interface LoadStep {
  readonly kind: LoadStage["kind"];
  readonly share: number;
  /** False when the test was broken off before its end. */
  readonly complete: boolean;
  readonly seconds: number;
  /** Requests that were meant to be sent in a second, and those that were; good answers that came in a second. */
  readonly offeredPerSecond: number;
  readonly sentPerSecond: number;
  readonly goodPerSecond: number;
  readonly requests: number;
  readonly good: number;
  readonly refused: number;
  readonly failed: number;
  /** Every way in which requests ended, the most frequent first. */
  readonly outcomes: readonly { readonly label: string; readonly kind: string; readonly count: number }[];
  readonly latency: LoadLatency;
  /** Good answers by their latency; the edges are the same in all steps of a test. */
  readonly histogram: { readonly edgesMs: readonly number[]; readonly counts: readonly number[] };
  readonly series: readonly LoadMoment[];
  /** Whether all that was asked was answered within the objective: a refusal counts against it. */
  readonly verdict: LoadVerdict;
  /** The same of the requests that were not refused. */
  readonly acceptedVerdict: LoadVerdict;
  /** What the generator did to the figures. */
  readonly generator: {
    /** How late requests were sent although a connection was free. */
    readonly lateP99Ms: number | null;
    readonly lateMaxMs: number | null;
    /** Requests that were due while all connections were busy. */
    readonly waitedForConnection: number;
    readonly utilization: number | null;
    readonly loopDelayP99Ms: number | null;
  };
}

export interface MeasuredPlan {
  readonly plan: LoadPlan;
  readonly measured: LoadMeasurements;
}

/** Every stage that began, the warm-up left out. */
export function summariseStages(load: MeasuredPlan, objective: LoadObjective): LoadStep[] {
  const { plan, measured } = load;
  const begun = plan.stages.filter(
    ({ kind, startMs }) => kind !== "warm-up" && startMs < (measured.stoppedMs ?? Infinity),
  );
  const stages = begun.map((stage) => ({ stage, part: partOf(load, stage) }));
  const edgesMs = sharedEdges(stages.map(({ part }) => part.goodMs));
  return stages.map(({ stage, part }) => summarise(load, { stage, part, edgesMs, objective }));
}

/** The requests of a stage whose end is known. */
interface StagePart {
  /** Their numbers in the plan. */
  readonly requests: readonly number[];
  /** Ascending; Infinity for those that failed, without those that were refused. */
  readonly acceptedMs: Float64Array;
  readonly goodMs: Float64Array;
  readonly refused: number;
}

function partOf({ plan, measured }: MeasuredPlan, { first, end }: LoadStage): StagePart {
  const requests: number[] = [];
  const accepted: number[] = [];
  let refused = 0;
  for (let i = first; i < end; i++) {
    if (measured.outcome[i] === 0) continue;
    requests.push(i);
    const { kind } = measured.outcomes[measured.outcome[i] - 1];
    if (kind === "refused") refused++;
    else accepted.push(kind === "good" ? measured.doneMs[i] - plan.intendedMs[i] : Infinity);
  }
  const acceptedMs = Float64Array.from(accepted).sort();
  return { requests, acceptedMs, goodMs: acceptedMs.filter(Number.isFinite), refused };
}

interface Summary {
  readonly stage: LoadStage;
  readonly part: StagePart;
  readonly edgesMs: readonly number[];
  readonly objective: LoadObjective;
}

function summarise(load: MeasuredPlan, { stage, part, edgesMs, objective }: Summary): LoadStep {
  const { stoppedMs = Infinity } = load.measured;
  const endMs = Math.min(stage.endMs, stoppedMs);
  const complete = stage.endMs <= stoppedMs;
  const { requests, acceptedMs, goodMs, refused } = part;
  const latency = judgeLatency(acceptedMs, objective);
  const verdict = worstVerdict([latency, judgeAvailability(goodMs.length, requests.length, objective)]);
  const accepted = worstVerdict([latency, judgeAvailability(goodMs.length, acceptedMs.length, objective)]);
  return {
    kind: stage.kind,
    share: stage.share,
    complete,
    seconds: (endMs - stage.startMs) / 1000,
    ...rates(load, stage, endMs),
    requests: requests.length,
    good: goodMs.length,
    refused,
    failed: acceptedMs.length - goodMs.length,
    outcomes: outcomesOf(load.measured, requests),
    latency: latencyOf(acceptedMs),
    histogram: { edgesMs, counts: countsOf(goodMs, edgesMs) },
    series: latencySeries(load, stage, endMs),
    verdict: complete ? verdict : cutShort(verdict),
    acceptedVerdict: complete ? accepted : cutShort(accepted),
    generator: generatorOf(load, stage),
  };
}

function rates({ plan, measured }: MeasuredPlan, { startMs, first, end }: LoadStage, endMs: number) {
  const seconds = (endMs - startMs) / 1000;
  const within = (times: Float64Array, counts: (i: number) => boolean) =>
    times.reduce((sum, at, i) => sum + Number(at >= startMs && at < endMs && counts(i)), 0) / seconds;
  const offered = plan.intendedMs.subarray(first, end).reduce((sum, at) => sum + Number(at < endMs), 0);
  return {
    offeredPerSecond: offered / seconds,
    sentPerSecond: within(measured.sentMs, () => true),
    // Answers to earlier requests come in this stage too: what counts is how many the server gives in a second.
    goodPerSecond: within(measured.doneMs, (i) => {
      const outcome = measured.outcome[i];
      return outcome > 0 && measured.outcomes[outcome - 1].kind === "good";
    }),
  };
}

function outcomesOf({ outcome, outcomes }: LoadMeasurements, requests: readonly number[]) {
  const counts = new Map<number, number>();
  for (const i of requests) counts.set(outcome[i], (counts.get(outcome[i]) ?? 0) + 1);
  return [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .map(([index, count]) => ({ ...outcomes[index - 1], count }));
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** The smallest value that at least a share of them does not exceed; null without values. */
const quantile = (sorted: Float64Array, q: number): number | null =>
  finite(sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]);

function latencyOf(sorted: Float64Array): LoadLatency {
  const { low, high } = quantileRanks(sorted.length, 0.95, loadConfidence);
  return {
    p50Ms: quantile(sorted, 0.5),
    p90Ms: quantile(sorted, 0.9),
    p95Ms: quantile(sorted, 0.95),
    p99Ms: quantile(sorted, 0.99),
    maxMs: quantile(sorted, 1),
    p95LowMs: low === null ? null : finite(sorted[low - 1]),
    p95HighMs: high === null ? null : finite(sorted[high - 1]),
  };
}

function countsOf(sorted: Float64Array, edgesMs: readonly number[]): number[] {
  const counts = new Array<number>(Math.max(0, edgesMs.length - 1)).fill(0);
  let bin = 0;
  for (const value of sorted) {
    while (bin < counts.length - 1 && value >= edgesMs[bin + 1]) bin++;
    counts[bin]++;
  }
  return counts;
}

function generatorOf({ plan, measured }: MeasuredPlan, stage: LoadStage): LoadStep["generator"] {
  const late: number[] = [];
  let waitedForConnection = 0;
  for (let i = stage.first; i < stage.end; i++) {
    waitedForConnection += measured.waited[i];
    const lateMs = measured.sentMs[i] - plan.intendedMs[i];
    if (measured.waited[i] === 0 && Number.isFinite(lateMs)) late.push(lateMs);
  }
  const sorted = Float64Array.from(late).sort();
  const own = measured.generator[plan.stages.indexOf(stage)];
  return {
    lateP99Ms: quantile(sorted, 0.99),
    lateMaxMs: quantile(sorted, 1),
    waitedForConnection,
    utilization: finite(own?.utilization),
    loopDelayP99Ms: finite(own?.loopDelayP99Ms),
  };
}
