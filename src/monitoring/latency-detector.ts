import { latencyRelativeError, type LatencySketch } from "../stats/index.js";
import { compilePolicy, numberBetween, wholeNumberFrom } from "./policy.js";
import type { Unanswered } from "./state.js";

/** What a model promises about its answers' duration. */
export interface LatencyPolicy {
  /** Largest tolerated 95th percentile; default 100. */
  readonly p95Ms: number;
  /** Fewer requests than this are `insufficient`; default 100. */
  readonly minRequests: number;
}

/** Fills in defaults and refuses unknown keys and bad values. Throws MW0901. */
export function compileLatencyPolicy(given: Readonly<Partial<LatencyPolicy>> = {}): LatencyPolicy {
  const rules = { p95Ms: numberBetween(0, Infinity), minRequests: wholeNumberFrom(1) };
  return compilePolicy({ p95Ms: 100, minRequests: 100 }, rules, given);
}

export interface LatencyEvidence {
  /** `drift` means over the objective. */
  readonly state: "ok" | "drift";
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly convention: string;
}

export type LatencyResult = { readonly n: number; readonly objectiveMs: number } & (
  Unanswered | LatencyEvidence
);

/**
 * Compares a window's 95th percentile with its objective. The objective is a statement about the requests that were
 * served, all of which are in the sketch, so there is no sampling error to test and no `unresolved`.
 */
export function assessLatency(sketch: LatencySketch, policy: LatencyPolicy): LatencyResult {
  const subject = { n: sketch.count, objectiveMs: policy.p95Ms };
  const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((q) => sketch.quantile(q));
  if (p50Ms === null || p95Ms === null || p99Ms === null) {
    return Object.freeze({ ...subject, state: "missing", reason: "No request was recorded." });
  }
  if (sketch.count < policy.minRequests) {
    const reason = `${sketch.count} requests were recorded, fewer than ${policy.minRequests}.`;
    return Object.freeze({ ...subject, state: "insufficient", reason });
  }
  const state = p95Ms > policy.p95Ms ? "drift" : "ok";
  const convention = `DDSketch quantiles within ${latencyRelativeError * 100} % of the exact order statistic`;
  return Object.freeze({ ...subject, state, p50Ms, p95Ms, p99Ms, convention });
}
