import { circuitBreaker, CircuitState, CountBreaker, handleWhenResult, type IBackoff } from "cockatiel";
import type { Clock } from "../../kernel/index.js";
import { isBackendFailure } from "./failure-kinds.js";
import type { Infer, Inferred } from "../infer.js";
import { resilienceErrors } from "./resilience-errors.js";

/** When a breaker opens and closes. */
export interface BreakerPolicy {
  /** It opens when more than this share of the last calls failed. */
  readonly failureShare: number;
  /** How many calls are looked back at. */
  readonly lastCalls: number;
  /** It stays closed until so many were made. */
  readonly minCalls: number;
  /** How long it stays open before one call is let through on trial. */
  readonly openMs: number;
}

/** `closed`: calls pass. `open`: they are refused. `half-open`: one is on trial, the others are refused. */
export type BreakerState = "closed" | "open" | "half-open";

export interface Breaker {
  readonly infer: Infer;
  state(): BreakerState;
}

/** What to say to a caller that is refused while the trial is on, whose end nobody knows. */
const trialRetryMs = 1000;

/**
 * A call that came to an end which the breaker must see. A trial that says nothing of the model, because its caller
 * went away or gave nonsense, is over and yet no success: the next call is the trial.
 */
type Seen = { readonly answer: Inferred } | { readonly error: unknown; readonly conclusive: boolean };

/**
 * Leaves a model alone (MW0715) while its calls fail. Only failures of the model count, never those of its callers.
 * Calls are counted, not seconds, so that it works alike at one call a minute and at a thousand a second.
 */
export function withBreaker(infer: Infer, { openMs, ...policy }: BreakerPolicy, clock: Clock): Breaker {
  let readyMs = -Infinity;
  // The library asks `Date.now()` whether `duration` is over. Ours is over or endless, as the monotonic clock says:
  // with the date, setting it back by an hour would keep a breaker open for an hour.
  const pause: IBackoff<{ readonly result: unknown }> = {
    get duration() {
      return clock.monotonicMs() >= readyMs ? -Infinity : Infinity;
    },
    next({ result }) {
      readyMs = clock.monotonicMs() + (isInconclusive(result) ? 0 : openMs);
      return pause;
    },
  };
  const { failureShare: threshold, lastCalls: size, minCalls: minimumNumberOfCalls } = policy;
  const circuit = circuitBreaker(handleWhenResult(isFailure), {
    breaker: new CountBreaker({ threshold, size, minimumNumberOfCalls }),
    halfOpenAfter: pause,
  });

  const guarded: Infer = async (inputs, options) => {
    if (circuit.state === CircuitState.HalfOpen) throw refused(trialRetryMs);
    const trial = circuit.state === CircuitState.Open;
    const leftMs = readyMs - clock.monotonicMs();
    if (trial && leftMs > 0) throw refused(Math.ceil(leftMs));
    const seen = await circuit.execute(() => look(() => infer(inputs, options), trial));
    if ("error" in seen) throw seen.error;
    return seen.answer;
  };
  return Object.freeze({ infer: guarded, state: () => stateNames[circuit.state] });
}

async function look(call: () => Promise<Inferred>, trial: boolean): Promise<Seen> {
  try {
    return { answer: await call() };
  } catch (error) {
    const conclusive = isBackendFailure(error);
    // Thrown, it is neither failure nor success to the library.
    if (!conclusive && !trial) throw error;
    return { error, conclusive };
  }
}

const isFailure = (seen: unknown): boolean => typeof seen === "object" && seen !== null && "error" in seen;

function isInconclusive(result: unknown): boolean {
  const { value } = result as { readonly value?: Seen };
  return value !== undefined && "conclusive" in value && !value.conclusive;
}

const stateNames: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: "closed",
  [CircuitState.Open]: "open",
  [CircuitState.HalfOpen]: "half-open",
  // Nobody isolates ours by hand.
  [CircuitState.Isolated]: "open",
};

function refused(retryAfterMs: number) {
  return resilienceErrors.error("MW0715", {
    expected: "a model whose last calls succeeded",
    found: "too many that failed",
    remedy: "Try again later; see the model's errors for the cause.",
    details: { retryAfterMs },
  });
}
