import type { Clock } from "../../kernel/index.js";
import type { Tensors } from "../../registry/index.js";
import type { ResponseCache } from "./cache-port.js";
import type { Inferred, InferOptions, Tally } from "../infer.js";
import type { InferStep, KeyedCall } from "./infer-steps.js";
import type { SingleFlight } from "./single-flight.js";

/** Answers of a model version that are given again, and calls that share one computation. */
export interface CachedInfer {
  readonly infer: InferStep;
  /** Every call is a hit or a miss. The time of a hit is the whole call's, that of a miss the search's alone. */
  statistics(): { readonly hit: Tally; readonly miss: Tally };
}

interface CachePorts {
  readonly cache: ResponseCache;
  readonly ttlMs: number;
  readonly flights: SingleFlight;
  readonly clock: Clock;
}

/**
 * Answers from the cache; what is not there is computed once for all who ask at the same time. The model's own answers
 * alone are kept: a failure or a stand-in, kept, would outlive its cause.
 */
export function withResponseCache(
  next: InferStep,
  { cache, ttlMs, flights, clock }: CachePorts,
): CachedInfer {
  const hit = tally();
  const miss = tally();

  /** Answers a question that nobody is computing, unless the cache does. */
  async function lookUp(
    call: KeyedCall & { readonly key: string },
    found: Promise<Tensors | undefined> | undefined,
  ): Promise<Inferred> {
    const stored = found && (await found);
    if (stored !== undefined) return fromCache(stored);
    const answer = await next(call);
    if (answer.origin.kind === "model") void cache.set(call.key, answer.outputs, ttlMs);
    return answer;
  }

  async function infer(call: KeyedCall): Promise<Inferred> {
    const { inputs, key, options } = call;
    if (key === undefined) return next(call);
    const startedMs = clock.monotonicMs();
    const joins = flights.joins(key, options);
    const found = joins ? undefined : cache.get(key);
    if (found !== undefined && !(found instanceof Promise)) {
      hit.add(clock.monotonicMs() - startedMs);
      return fromCache(found);
    }
    const searchedMs = clock.monotonicMs() - startedMs;
    const start = (shared: InferOptions) => lookUp({ inputs, key, options: shared }, found);
    const answer = await flights.share(key, options, start).catch((error: unknown) => {
      miss.add(searchedMs);
      throw error;
    });
    if (answer.origin.kind === "cache") hit.add(clock.monotonicMs() - startedMs);
    else miss.add(searchedMs);
    return answer;
  }

  return Object.freeze({ infer, statistics: () => ({ hit: hit.read(), miss: miss.read() }) });
}

const fromCache = (outputs: Tensors): Inferred => ({ outputs, origin: { kind: "cache" } });

function tally() {
  let count = 0;
  let totalMs = 0;
  return {
    add(ms: number) {
      count++;
      totalMs += ms;
    },
    read: (): Tally => ({ count, totalMs }),
  };
}
