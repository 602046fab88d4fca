import { isMillwrightError } from "../../kernel/index.js";
import type { InferStatistics, Passage, Tally } from "../infer.js";

/** Counts what a model version does. */
export interface StatisticsRecorder {
  /** A run of the engine that gave outputs. */
  ran(rows: number, durationMs: number): void;
  answered(passage: Passage, nowMs: number): void;
  /** `durationMs` from arrival to the error. */
  failed(error: unknown, durationMs: number): void;
  statistics(pending: number): InferStatistics;
}

type Cause = keyof InferStatistics["failures"];

const causes: Readonly<Record<string, Cause>> = {
  MW0705: "backend",
  MW0708: "backend",
  MW0709: "backend",
  MW0710: "rejected",
  MW0711: "cancelled",
  MW0712: "cancelled",
  MW0713: "backend",
};

interface Counter {
  count: number;
  totalMs: number;
}

const zero = (): Counter => ({ count: 0, totalMs: 0 });
const unused: Tally = Object.freeze(zero());

export function statisticsRecorder(): StatisticsRecorder {
  const success = zero();
  const fail = zero();
  const queue = zero();
  const compute = zero();
  const failures: Record<Cause, number> = { rejected: 0, cancelled: 0, backend: 0, other: 0 };
  const batches = new Map<number, Counter>();
  let inferenceCount = 0;
  let executionCount = 0;
  let lastInferenceMs = 0;
  return Object.freeze({
    ran(rows: number, durationMs: number) {
      inferenceCount += rows;
      executionCount++;
      let ofThisSize = batches.get(rows);
      if (ofThisSize === undefined) batches.set(rows, (ofThisSize = zero()));
      add(ofThisSize, durationMs);
    },
    answered({ queuedMs, startedMs, finishedMs }: Passage, nowMs: number) {
      add(success, finishedMs - queuedMs);
      add(queue, startedMs - queuedMs);
      add(compute, finishedMs - startedMs);
      lastInferenceMs = nowMs;
    },
    failed(error: unknown, durationMs: number) {
      add(fail, durationMs);
      failures[isMillwrightError(error) ? (causes[error.code] ?? "other") : "other"]++;
    },
    statistics: (pending: number) =>
      Object.freeze({
        ...{ inferenceCount, executionCount, lastInferenceMs, pending },
        ...{ success: { ...success }, fail: { ...fail }, queue: { ...queue }, compute: { ...compute } },
        ...{ failures: { ...failures }, cacheHit: unused, cacheMiss: unused },
        batches: new Map([...batches].map(([rows, tally]) => [rows, { ...tally }])),
      }),
  });
}

function add(counter: Counter, ms: number): void {
  counter.count++;
  counter.totalMs += ms;
}
