import { checkNumber, durationMs, rejectUnknownKeys, type Duration } from "../../kernel/index.js";
import { parseReference, type Tensors } from "../../registry/index.js";
import type { AnswerLimits } from "./bounded-answers.js";
import type { BreakerPolicy } from "./breaker.js";
import type { DeclaredAnswer } from "./default-answer.js";
import type { StandInPlan } from "./fallback.js";
import { longestDelayMs } from "./timers.js";

/** What stands around a model's calls. What is left out is not there and costs nothing. */
export interface ResilienceOptions {
  /** Equal questions get the answer again, and share one computation while it is under way. */
  readonly cache?: CacheOptions;
  /**
   * Longest time of a call, queue included, in milliseconds. Default: none; 30000 with a breaker, whose trial must
   * come to an end.
   */
  readonly timeoutMs?: number;
  /** Most calls under way; one more is refused. Default: no limit. */
  readonly maxConcurrent?: number;
  readonly breaker?: BreakerOptions;
  /** NaN and infinite outputs are failures. Default: true for a model of features, false for an imported graph. */
  readonly rejectNaN?: boolean;
  /** What answers when the model does not, in this order. */
  readonly fallback?: readonly FallbackOptions[];
}

export interface CacheOptions {
  /** Most answers, of a cache in memory; default 10000. */
  readonly entries?: number;
  /** Most memory for them; default 64 MiB. */
  readonly sizeBytes?: number;
  /** How long an answer is given again; default `5m`. */
  readonly ttl?: Duration;
}

export interface BreakerOptions {
  /** It opens when more than this share of the last calls failed, over 0 and under 1; default 0.5. */
  readonly failureShare?: number;
  /** How many calls are looked back at; default 20. */
  readonly lastCalls?: number;
  /** It stays closed until so many were made; default 10, or `lastCalls` where that is less. */
  readonly minCalls?: number;
  /** How long it stays open before one call is let through on trial; default `10s`. */
  readonly openFor?: Duration;
}

export type FallbackOptions =
  /**
   * A simpler model. Of an imported graph another one, `simple` or `simple@3`, that takes the same inputs and gives the
   * same outputs; of a model of features another one of the project, by its name, that answers the same task.
   */
  | { readonly model: string }
  /**
   * The model's last answer to the same question; default 1000 entries, 16 MiB, `1d`. Of a model of features: to a
   * request of the same fields, at whatever time it was asked.
   */
  | { readonly lastKnown: LastKnownOptions }
  /**
   * Of a model of features a fixed answer in the form of its task, such as `{ probability: 0.1 }`. Of an imported graph
   * fixed outputs, each with a single row, which is repeated for every row of the question.
   */
  | { readonly default: Tensors | DeclaredAnswer };

export interface LastKnownOptions {
  readonly entries?: number;
  readonly sizeBytes?: number;
  readonly maxAge?: Duration;
}

export interface CompiledCache extends AnswerLimits {
  readonly ttlMs: number;
}

/** {@link ResilienceOptions}, checked, with defaults and in milliseconds. */
export interface CompiledResilience {
  readonly cache?: CompiledCache;
  readonly timeoutMs?: number;
  readonly maxConcurrent?: number;
  readonly breaker?: BreakerPolicy;
  readonly rejectNaN: boolean;
  readonly fallback: readonly StandInPlan[];
}

/** The keys of {@link ResilienceOptions}. */
export const resilienceKeys = [
  "cache",
  "timeoutMs",
  "maxConcurrent",
  "breaker",
  "rejectNaN",
  "fallback",
] as const;
const mebibyte = 2 ** 20;
const trialTimeoutMs = 30_000;

export interface ResilienceDefaults {
  /** How messages call the options: `resilience of model "churn"`. */
  readonly where: string;
  readonly rejectNaN: boolean;
}

/** Throws MW0101, MW0103, MW0104 and MW0618 for options that cannot be. */
export function compileResilience(
  options: ResilienceOptions,
  { where, rejectNaN: usual }: ResilienceDefaults,
): CompiledResilience {
  rejectUnknownKeys(options, resilienceKeys, where);
  const { cache, timeoutMs, maxConcurrent, breaker, rejectNaN = usual, fallback = [] } = options;
  const limit = timeoutMs ?? (breaker === undefined ? undefined : trialTimeoutMs);
  return Object.freeze({
    ...(cache && { cache: compileCache(cache, `cache in ${where}`) }),
    ...(limit !== undefined && {
      timeoutMs: checkNumber(limit, `timeoutMs in ${where}`, { min: 1, max: longestDelayMs, whole: true }),
    }),
    ...(maxConcurrent !== undefined && {
      maxConcurrent: checkWhole(maxConcurrent, `maxConcurrent in ${where}`),
    }),
    ...(breaker && { breaker: compileBreaker(breaker, `breaker in ${where}`) }),
    rejectNaN,
    fallback: Object.freeze(fallback.map((one, i) => compileFallback(one, `fallback[${i}] in ${where}`))),
  });
}

const checkWhole = (value: number, where: string): number =>
  checkNumber(value, where, { min: 1, max: Number.MAX_SAFE_INTEGER, whole: true });

function compileCache(options: CacheOptions, where: string): CompiledCache {
  rejectUnknownKeys(options, ["entries", "sizeBytes", "ttl"], where);
  const { entries = 10_000, sizeBytes = 64 * mebibyte, ttl = "5m" } = options;
  return { ...compileLimits({ entries, sizeBytes }, where), ttlMs: durationMs(ttl) };
}

const compileLimits = ({ entries, sizeBytes }: AnswerLimits, where: string): AnswerLimits => ({
  entries: checkWhole(entries, `entries of ${where}`),
  sizeBytes: checkWhole(sizeBytes, `sizeBytes of ${where}`),
});

function compileBreaker(options: BreakerOptions, where: string): BreakerPolicy {
  rejectUnknownKeys(options, ["failureShare", "lastCalls", "minCalls", "openFor"], where);
  const { failureShare = 0.5, lastCalls = 20, minCalls = Math.min(10, lastCalls), openFor = "10s" } = options;
  checkNumber(lastCalls, `lastCalls of ${where}`, { min: 1, max: 100_000, whole: true });
  return {
    failureShare: checkNumber(failureShare, `failureShare of ${where}`, { min: 0.001, max: 0.999 }),
    lastCalls,
    minCalls: checkNumber(minCalls, `minCalls of ${where}`, { min: 1, max: lastCalls, whole: true }),
    openMs: durationMs(openFor),
  };
}

function compileFallback(options: FallbackOptions, where: string): StandInPlan {
  if ("model" in options) {
    rejectUnknownKeys(options, ["model"], where);
    parseReference(options.model);
    return { kind: "model", model: options.model };
  }
  if ("lastKnown" in options) {
    rejectUnknownKeys(options, ["lastKnown"], where);
    rejectUnknownKeys(options.lastKnown, ["entries", "sizeBytes", "maxAge"], `lastKnown of ${where}`);
    const { entries = 1000, sizeBytes = 16 * mebibyte, maxAge = "1d" } = options.lastKnown;
    const limits = compileLimits({ entries, sizeBytes }, `lastKnown of ${where}`);
    return { kind: "last known", limits, maxAgeMs: durationMs(maxAge) };
  }
  rejectUnknownKeys(options, ["model", "lastKnown", "default"], where);
  return { kind: "default", outputs: options.default };
}
