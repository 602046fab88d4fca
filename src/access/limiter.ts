import { isMillwrightError, type Clock } from "../kernel/index.js";
import type { Caller } from "./caller.js";
import { accessErrors } from "./errors.js";
import type { LimitsPolicy } from "./limits-options.js";
import type { RateAnswer, RateLimit, RateStore } from "./ports.js";
import type { Verb } from "./scopes.js";

/** For how long a store that did not answer is not asked again. */
const pauseMs = 1_000;

export interface Limiter {
  /** Throws MW1612, MW1613, and MW1614 when the store cannot tell and the policy is to refuse. */
  admit(caller: Caller, verb: Verb, rows: number): Promise<void>;
  /** Requests that were served or refused unchecked, for the store could not tell. */
  readonly unchecked: number;
}

/** A store that is gone costs one request a second its time limit; the others are served or refused at once. */
export function createLimiter(policy: LimitsPolicy, store: RateStore, clock: Clock): Limiter {
  let unchecked = 0;
  let askAgainMs = -Infinity;

  async function ask(key: string, limit: RateLimit, rows: number): Promise<RateAnswer | undefined> {
    if (clock.monotonicMs() < askAgainMs) return undefined;
    try {
      return await store.take({ key, limit, rows });
    } catch (error) {
      // Anything else than a storage error is a mistake in the program, and is told.
      if (!isMillwrightError(error)) throw error;
      askAgainMs = clock.monotonicMs() + pauseMs;
      return undefined;
    }
  }

  return Object.freeze({
    get unchecked() {
      return unchecked;
    },
    async admit(caller: Caller, verb: Verb, rows: number) {
      const limits = caller.kind === "anonymous" ? policy.anonymous : policy.caller;
      if (limits === undefined) return;
      const own = limits.verbs[verb];
      const limit = own ?? limits;
      if (rows > limit.burst) throw tooManyRows(rows, limit);
      // No id of a caller holds a line feed.
      const answer = await ask(own === undefined ? caller.id : `${caller.id}\n${verb}`, limit, rows);
      if (answer === undefined) {
        unchecked += 1;
        if (policy.onFailure === "refuse") throw notChecked();
      } else if (!answer.admitted) {
        throw limitReached(answer.retryAfterMs, limit);
      }
    },
  });
}

const limitText = ({ perSecond, burst }: RateLimit) => `${perSecond} rows a second, ${burst} at once`;

const limitReached = (retryAfterMs: number, limit: RateLimit) =>
  accessErrors.error("MW1612", {
    expected: `at most ${limitText(limit)}`,
    found: "more",
    remedy: `Try again after ${retryAfterMs} ms.`,
    details: { retryAfterMs, perSecond: limit.perSecond, burst: limit.burst },
  });

const tooManyRows = (rows: number, limit: RateLimit) =>
  accessErrors.error("MW1613", {
    expected: `a request within the limit of ${limitText(limit)}`,
    found: `${rows} rows`,
    remedy: `Send at most ${limit.burst} rows in one request.`,
    details: { rows, burst: limit.burst },
  });

const notChecked = () =>
  accessErrors.error("MW1614", {
    expected: "a store of rate limits that answers",
    found: "none",
    remedy: "Try again in a second.",
    details: { retryAfterMs: pauseMs },
  });
