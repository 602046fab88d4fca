import { questionKey } from "./resilience/canonical-input.js";
import { withFallback, type FallbackPorts } from "./resilience/fallback.js";
import type { Infer } from "./infer.js";
import type { InferStep } from "./resilience/infer-steps.js";
import { guardCalls, statisticsOf, type GuardPorts, type Protected } from "./resilience/protected.js";
import type { CompiledResilience } from "./resilience/resilience-options.js";
import { withResponseCache } from "./resilience/response-cache.js";
import { singleFlight } from "./resilience/single-flight.js";

/** The calls of a model of features with all that was configured around them. */
export interface ProtectedModel<Asked> extends Omit<Protected, "infer"> {
  /** Undefined where nothing was configured. A call's `key` names the question that its last known answer is for. */
  readonly infer: InferStep<Asked> | undefined;
}

/**
 * As `protect` does, but with the fallback outside of the cache: a stand-in reads features of its own, so two questions
 * with equal tensors, which share one computation, need not have the same stand-in. That outputs are finite is for
 * `infer` to see to. Throws MW0719 for a default answer that does not fit.
 */
export function protectModel<Asked>(
  infer: Infer,
  options: CompiledResilience,
  ports: GuardPorts & FallbackPorts<Asked>,
): ProtectedModel<Asked> {
  const { cache, fallback } = options;
  const { guarded, breaker } = guardCalls(infer, { ...options, rejectNaN: false }, ports);
  const flights = cache && singleFlight(ports);
  const cached =
    flights &&
    withResponseCache(({ inputs, options: own }) => guarded(inputs, own), {
      ...{ flights, clock: ports.clock, ttlMs: cache.ttlMs },
      cache: ports.openCache(cache),
    });
  const own: InferStep<Asked> =
    cached === undefined
      ? ({ inputs, options: how }) => guarded(inputs, how)
      : ({ inputs, options: how }) =>
          cached.infer({ inputs, options: how, key: questionKey(ports.versionId, inputs) });
  const standing = fallback.length === 0 ? undefined : withFallback(own, fallback, ports);
  const bare = cached === undefined && guarded === infer;
  return Object.freeze({
    infer: standing?.infer ?? (bare ? undefined : own),
    breakerState: () => breaker?.state(),
    statistics: () => statisticsOf({ cached, standing, flights }),
  });
}
