import type { Clock } from "../../kernel/index.js";
import { withBreaker, type Breaker, type BreakerState } from "./breaker.js";
import { withBulkhead } from "./bulkhead.js";
import type { AnswerLimits } from "./bounded-answers.js";
import type { ResponseCache } from "./cache-port.js";
import { withCallTimeout } from "./call-timeout.js";
import { questionKey } from "./canonical-input.js";
import { withFallback, type FallbackInfer, type FallbackPorts } from "./fallback.js";
import { withFiniteOutputs } from "./finite-outputs.js";
import type { Infer, Tally } from "../infer.js";
import type { InferStep } from "./infer-steps.js";
import type { CompiledResilience } from "./resilience-options.js";
import { withResponseCache, type CachedInfer } from "./response-cache.js";
import { singleFlight, type SingleFlight } from "./single-flight.js";
import type { Timers } from "./timers.js";

/** What every protection needs besides its fallbacks. */
export interface GuardPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  /** What tells answers of this version from those of all others: the id of its package. */
  readonly versionId: string;
  /** Where answers are kept; asked for once, when a cache is configured. Closing it is its owner's matter. */
  readonly openCache: (limits: AnswerLimits) => ResponseCache;
}

export interface ProtectionPorts extends GuardPorts, FallbackPorts {}

/** A model's calls with all that was configured around them. */
export interface Protected {
  readonly infer: Infer;
  /** Undefined without a breaker. */
  breakerState(): BreakerState | undefined;
  statistics(): ProtectionStatistics;
}

export interface ProtectionStatistics {
  readonly cacheHit: Tally;
  readonly cacheMiss: Tally;
  /** Calls that joined an equal one under way. */
  readonly joined: number;
  /** Answers that something else gave, by what gave them. */
  readonly fallbacks: ReadonlyMap<string, number>;
}

const nothing: Tally = Object.freeze({ count: 0, totalMs: 0 });

/**
 * Puts around a model's calls what its options say: cache, single flight, fallback, breaker, check of the outputs,
 * time limit, bulkhead, in this order from the outside; the README of this room says why. With nothing configured
 * `infer` is the very function that was given. Throws MW0719 for a default answer that does not fit.
 */
export function protect(infer: Infer, options: CompiledResilience, ports: ProtectionPorts): Protected {
  const { guarded, breaker } = guardCalls(infer, options, ports);
  const { cache, fallback } = options;
  const direct: InferStep = ({ inputs, options: own }) => guarded(inputs, own);
  const standing = fallback.length === 0 ? undefined : withFallback(direct, fallback, ports);
  const flights = cache && singleFlight(ports);
  const cached =
    flights &&
    withResponseCache(standing?.infer ?? direct, {
      ...{ flights, clock: ports.clock, ttlMs: cache.ttlMs },
      cache: ports.openCache(cache),
    });
  const outermost = cached?.infer ?? standing?.infer;
  const needsKey = cache !== undefined || fallback.some(({ kind }) => kind === "last known");
  const keyed: Infer | undefined = outermost && keyedInfer(outermost, needsKey ? ports.versionId : undefined);
  return Object.freeze({
    infer: keyed ?? guarded,
    breakerState: () => breaker?.state(),
    statistics: () => statisticsOf({ cached, standing, flights }),
  });
}

/** What stands directly around the calls, whatever they ask. */
export function guardCalls(
  infer: Infer,
  { maxConcurrent, timeoutMs, rejectNaN, breaker: policy }: CompiledResilience,
  { clock, timers }: Pick<GuardPorts, "clock" | "timers">,
): { readonly guarded: Infer; readonly breaker: Breaker | undefined } {
  let guarded = infer;
  if (maxConcurrent !== undefined) guarded = withBulkhead(guarded, maxConcurrent, clock);
  if (timeoutMs !== undefined) guarded = withCallTimeout(guarded, timeoutMs, timers);
  if (rejectNaN) guarded = withFiniteOutputs(guarded);
  const breaker = policy && withBreaker(guarded, policy, clock);
  return { guarded: breaker?.infer ?? guarded, breaker };
}

const keyedInfer =
  (step: InferStep, versionId: string | undefined): Infer =>
  async (inputs, options = {}) =>
    step({ inputs, options, key: versionId === undefined ? undefined : questionKey(versionId, inputs) });

interface Parts {
  readonly cached: Pick<CachedInfer, "statistics"> | undefined;
  readonly standing: Pick<FallbackInfer, "statistics"> | undefined;
  readonly flights: SingleFlight | undefined;
}

export function statisticsOf({ cached, standing, flights }: Parts): ProtectionStatistics {
  const { hit, miss } = cached?.statistics() ?? { hit: nothing, miss: nothing };
  return {
    cacheHit: hit,
    cacheMiss: miss,
    joined: flights?.joined() ?? 0,
    fallbacks: standing?.statistics() ?? new Map(),
  };
}
