import { seededRng, type Rng } from "../../kernel/index.js";
import { loadErrors } from "./load-errors.js";

/** When requests are meant to be sent: evenly, or as independent users would send them. */
export type Arrivals = "poisson" | "constant";

export interface LoadPlanOptions {
  /** What 100 % is. */
  readonly peakPerSecond: number;
  /** Parts of the peak, ascending, 1 among them. Default 0.25, 0.5, 1, 1.5 and 2. */
  readonly shares?: readonly number[];
  /** Length of each step. Default 10. */
  readonly seconds?: number;
  /** Default `"poisson"`. */
  readonly arrivals?: Arrivals;
  /** Equal seeds give equal plans. Default 1. */
  readonly seed?: number;
}

/** A stretch of a load test with one rate. */
export interface LoadStage {
  /** What is asked during the warm-up is in no figure. */
  readonly kind: "warm-up" | "step" | "recovery";
  /** Of the peak. */
  readonly share: number;
  readonly perSecond: number;
  /** From the start of the test; `[startMs, endMs)`. */
  readonly startMs: number;
  readonly endMs: number;
  /** Its requests are those from `first` up to `end`, exclusive. */
  readonly first: number;
  readonly end: number;
}

export interface LoadPlan {
  readonly stages: readonly LoadStage[];
  /** When each request is meant to be sent, from the start of the test; ascending. */
  readonly intendedMs: Float64Array<ArrayBuffer>;
}

const defaultShares = [0.25, 0.5, 1, 1.5, 2];
/** A test may be asked for shorter steps, but warms up no longer than this. */
const longestWarmUpSeconds = 3;
const recoveryShare = 0.5;
/** Each request takes some 30 bytes of memory until the end of the test. */
const mostRequests = 5_000_000;

/**
 * The whole test as times at which requests are meant to be sent: a warm-up at the lowest rate, the steps, and a last
 * one at half the peak that shows how the server recovers. It knows nothing of answers, so that a slow server cannot
 * slow it down. Throws MW1176.
 */
export function planLoad(options: LoadPlanOptions): LoadPlan {
  const { peakPerSecond, shares = defaultShares, seconds = 10, arrivals = "poisson", seed = 1 } = options;
  checkShares(shares);
  const warmUp = Math.min(longestWarmUpSeconds, seconds);
  const parts = [
    { kind: "warm-up", share: shares[0], seconds: warmUp } as const,
    ...shares.map((share) => ({ kind: "step", share, seconds }) as const),
    { kind: "recovery", share: recoveryShare, seconds } as const,
  ];
  checkSize(parts.reduce((sum, part) => sum + part.share * peakPerSecond * part.seconds, 0));
  const rng = seededRng(seed);
  const times: number[] = [];
  const stages: LoadStage[] = [];
  let startMs = 0;
  for (const { kind, share, seconds: length } of parts) {
    const endMs = startMs + length * 1000;
    const first = times.length;
    const rate = { perSecond: share * peakPerSecond, startMs, endMs };
    for (const at of arrivals === "constant" ? evenly(rate) : randomly(rate, rng)) times.push(at);
    stages.push(Object.freeze({ kind, share, ...rate, first, end: times.length }));
    startMs = endMs;
  }
  return Object.freeze({ stages, intendedMs: Float64Array.from(times) });
}

interface Stretch {
  readonly perSecond: number;
  readonly startMs: number;
  readonly endMs: number;
}

function* evenly({ perSecond, startMs, endMs }: Stretch): Generator<number> {
  const gapMs = 1000 / perSecond;
  // By multiplication: added gaps would drift away from the rate.
  for (let k = 0; startMs + k * gapMs < endMs; k++) yield startMs + k * gapMs;
}

/** A Poisson process: gaps are independent and exponential. */
function* randomly({ perSecond, startMs, endMs }: Stretch, rng: Rng): Generator<number> {
  const gap = () => (-Math.log(1 - rng.next()) * 1000) / perSecond;
  for (let at = startMs + gap(); at < endMs; at += gap()) yield at;
}

function checkShares(shares: readonly number[]): void {
  const ascending = shares.every((share, i) => share > (i === 0 ? 0 : shares[i - 1]));
  if (ascending && shares.includes(1)) return;
  throw loadErrors.error("MW1176", {
    expected: "ascending steps above 0 %, 100 % among them",
    found: shares.map((share) => `${share * 100} %`).join(", ") || "none",
    remedy: "Give them as --steps 25,50,100,150,200.",
  });
}

function checkSize(requests: number): void {
  if (requests <= mostRequests) return;
  throw loadErrors.error("MW1176", {
    expected: `at most ${mostRequests.toLocaleString("en")} requests in all`,
    found: Math.ceil(requests).toLocaleString("en"),
    remedy:
      "Make the steps shorter with --seconds, or test one of several instances with its part of the rate.",
  });
}
