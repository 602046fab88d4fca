import type { Clock } from "../../kernel/index.js";
import { isBackendFailure, isOfCaller } from "./failure-kinds.js";
import type { Inferred, InferOptions } from "../infer.js";
import { cancelled, expired } from "../queue/refusals.js";
import { copyTensors } from "./tensor-bytes.js";
import { longestDelayMs, type Timers } from "./timers.js";

/** Equal questions that are under way at the same time share one computation. */
export interface SingleFlight {
  /** Whether a call with this key and these options would join another one. */
  joins(key: string, options: InferOptions): boolean;
  /**
   * The answer of the computation under way, or of one that `start` begins. It goes on as long as anyone waits for it,
   * whoever began it. Every caller gets outputs of its own, by its own deadline (MW0711) and signal (MW0712).
   */
  share(key: string, options: InferOptions, start: StartInfer): Promise<Inferred>;
  /** Calls that joined another one. */
  joined(): number;
}

/** Begins a computation; its signal fires when nobody waits any longer. */
export type StartInfer = (options: InferOptions) => Promise<Inferred>;

interface Flight {
  readonly key: string;
  readonly priority: number;
  readonly deadlineMs: number;
  /** Absent when the first caller cannot go away, or at its deadline alone, which the call below has too. */
  readonly controller: AbortController | undefined;
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
  waiting: number;
  /** Several wait for the outcome: each needs a copy, for the first to get it may change it. */
  shared: boolean;
}

type Outcome = { readonly answer: Inferred } | { readonly error: unknown };

const defaultPriority = 0;
const priorityOf = ({ priority = defaultPriority }: InferOptions) => priority;
const deadlineOf = ({ deadlineMs = Infinity }: InferOptions) => deadlineMs;

interface Time {
  readonly clock: Clock;
  readonly timers: Timers;
}

export function singleFlight({ clock, timers }: Time): SingleFlight {
  const flights = new Map<string, Flight>();
  let joined = 0;

  /** The flight to join. A call that goes before others does not wait for one that lets others go first. */
  const find = (key: string, options: InferOptions): Flight | undefined => {
    const flight = flights.get(key);
    return flight !== undefined && flight.priority <= priorityOf(options) ? flight : undefined;
  };

  const remove = (flight: Flight): void => {
    if (flights.get(flight.key) === flight) flights.delete(flight.key);
  };

  function begin(key: string, options: InferOptions, start: StartInfer): Flight {
    const { signal, ...others } = options;
    const controller = signal && new AbortController();
    const outcome = start(controller === undefined ? others : { ...others, signal: controller.signal }).then(
      (answer): Outcome => settle({ answer }),
      (error: unknown): Outcome => settle({ error }),
    );
    const flight: Flight = {
      ...{ key, controller, outcome, waiting: 0, shared: false },
      ...{ priority: priorityOf(options), deadlineMs: deadlineOf(options) },
    };
    const settle = (settled: Outcome) => {
      remove(flight);
      flight.shared = flight.waiting > 1;
      return settled;
    };
    flights.set(key, flight);
    return flight;
  }

  const delayTo = (deadlineMs: number) =>
    Math.min(longestDelayMs, Math.max(0, deadlineMs - clock.monotonicMs()));

  /** The outcome, or the end of this caller's patience. */
  function wait(flight: Flight, { signal, deadlineMs }: InferOptions): Promise<Outcome> {
    flight.waiting++;
    if (signal === undefined && deadlineMs === undefined) return flight.outcome;
    return new Promise((resolve) => {
      const finish = (outcome: Outcome) => {
        callOff?.();
        signal?.removeEventListener("abort", cancel);
        resolve(outcome);
      };
      const leave = (error: unknown) => {
        flight.waiting--;
        finish({ error });
        if (flight.waiting > 0) return;
        // From here on it must not be joined: it is being given up.
        remove(flight);
        flight.controller?.abort(error);
      };
      const cancel = () => leave(cancelled(signal?.reason));
      const expire = () => leave(expired(deadlineMs ?? 0, clock.monotonicMs()));
      const callOff = deadlineMs === undefined ? undefined : timers.after(delayTo(deadlineMs), expire);
      signal?.addEventListener("abort", cancel, { once: true });
      void flight.outcome.then(finish);
    });
  }

  async function share(key: string, options: InferOptions, start: StartInfer): Promise<Inferred> {
    for (let first = true; ; first = false) {
      if (options.signal?.aborted === true) throw cancelled(options.signal.reason);
      const [deadlineMs, nowMs] = [deadlineOf(options), clock.monotonicMs()];
      if (nowMs >= deadlineMs) throw expired(deadlineMs, nowMs);
      const found = find(key, options);
      if (found !== undefined && first) joined++;
      const flight = found ?? begin(key, options, start);
      const outcome = await wait(flight, options);
      if ("answer" in outcome) return flight.shared ? ownCopy(outcome.answer) : outcome.answer;
      if (found === undefined || !fallsWithItsDeadline(outcome.error, flight, options)) throw outcome.error;
    }
  }

  return Object.freeze({
    joins: (key: string, options: InferOptions) => find(key, options) !== undefined,
    share,
    joined: () => joined,
  });
}

/** Whether a failure may be due to the deadline of who began it, and this caller, who has more time, tries again. */
const fallsWithItsDeadline = (error: unknown, flight: Flight, options: InferOptions): boolean =>
  deadlineOf(options) > flight.deadlineMs && !isBackendFailure(error) && !isOfCaller(error);

const ownCopy = (answer: Inferred): Inferred => ({ ...answer, outputs: copyTensors(answer.outputs) });
