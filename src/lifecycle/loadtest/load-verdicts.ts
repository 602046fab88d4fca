import { binomialAtLeast, binomialAtMost, exactInterval, quantileRanks } from "./load-binomial.js";

/** `insufficient`: what was measured supports neither, for instance because there were too few requests. */
export interface LoadVerdict {
  readonly state: "met" | "missed" | "insufficient";
  /** Why, with the figures. */
  readonly reason: string;
}

/** What a model promises to those who ask it. */
export interface LoadObjective {
  /** 95 % of the answers take at most this. */
  readonly p95Ms: number;
  /** Share of requests that are answered well, between 0 and 1. */
  readonly availability: number;
}

/** Confidence of every interval, two-sided, each by itself. */
export const loadConfidence = 0.95;
const error = (1 - loadConfidence) / 2;

export const milliseconds = (value: number): string => `${Number(value.toPrecision(3))} ms`;
const percent = (share: number): string => `${Number((share * 100).toPrecision(5))} %`;
const counted = (n: number): string => n.toLocaleString("en");

/**
 * Whether 95 % of latencies are within the objective, by the order statistics around that percentile.
 * @param sorted ascending; Infinity for a request that was not answered well.
 */
export function judgeLatency(sorted: Float64Array, { p95Ms }: LoadObjective): LoadVerdict {
  const { low, high } = quantileRanks(sorted.length, 0.95, loadConfidence);
  const [from, to] = [low === null ? 0 : sorted[low - 1], high === null ? Infinity : sorted[high - 1]];
  const between = `${placeOf(from, to)}; the objective is ${milliseconds(p95Ms)}`;
  if (high !== null && to <= p95Ms) return { state: "met", reason: between };
  if (low !== null && from > p95Ms) return { state: "missed", reason: between };
  if (high !== null) return { state: "insufficient", reason: `${between}: more requests would tell` };
  const needed = requestsFor(0.95);
  const reason = `${counted(sorted.length)} requests are too few for a 95th percentile; it takes ${needed}`;
  return { state: "insufficient", reason };
}

function placeOf(from: number, to: number): string {
  if (from === Infinity) return "more than 5 of 100 requests failed, so that there is no 95th percentile";
  if (to === Infinity)
    return `the 95th percentile is at least ${milliseconds(from)}, or among the requests that failed`;
  return `the 95th percentile lies between ${milliseconds(from)} and ${milliseconds(to)}`;
}

/** Whether the share of good answers reaches the objective, by the exact interval of a proportion. */
export function judgeAvailability(
  good: number,
  requests: number,
  { availability }: LoadObjective,
): LoadVerdict {
  if (requests === 0) return { state: "insufficient", reason: "nothing was asked" };
  const [low, high] = exactInterval(good, requests, loadConfidence);
  const found =
    `${counted(good)} of ${counted(requests)} were answered well, which shows between ${percent(low)} and ` +
    `${percent(high)}; the objective is ${percent(availability)}`;
  if (availability === 1) {
    const reason = good < requests ? found : `${found}, which no number of requests can show`;
    return { state: good < requests ? "missed" : "insufficient", reason };
  }
  if (binomialAtLeast(good, requests, availability) <= error) return { state: "met", reason: found };
  if (binomialAtMost(good, requests, availability) <= error) return { state: "missed", reason: found };
  const reason = `${found}: it takes ${counted(requestsFor(availability))} requests without a failure`;
  return { state: "insufficient", reason };
}

/** The fewest requests, all of them good, that show a share. */
export const requestsFor = (share: number): number => Math.ceil(Math.log(error) / Math.log(share));

const order = ["missed", "insufficient", "met"] as const;

/** The worst of several. */
export function worstVerdict(verdicts: readonly LoadVerdict[]): LoadVerdict {
  return verdicts.reduce((worst, next) =>
    order.indexOf(next.state) < order.indexOf(worst.state) ? next : worst,
  );
}

/** A step that was broken off can still have missed its objective, but not have met it. */
export const cutShort = (verdict: LoadVerdict): LoadVerdict =>
  verdict.state === "missed"
    ? verdict
    : { state: "insufficient", reason: "the test was broken off before the step was over" };
