import type { Timers } from "../../inference/index.js";
import type { Clock } from "../../kernel/index.js";
import type { LoadMeasurements, LoadOutcome } from "../../lifecycle/index.js";

/** Sends one request; `ended` is called once, at the last byte of its answer or when it has failed. */
export type Wire = (request: number, ended: (outcome: LoadOutcome) => void) => { cancel(): void };

export interface OpenLoopOptions {
  /** When each request is meant to be sent, from the start; ascending. */
  readonly intendedMs: Float64Array;
  /** Most requests under way at once. */
  readonly connections: number;
  /** From the moment at which a request is meant to be sent. */
  readonly timeoutMs: number;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly onProgress?: (ended: number) => void;
}

/** Requests that are sent by the clock alone. */
export interface OpenLoop {
  /** Resolves when all requests ended, or at the stop. */
  readonly finished: Promise<void>;
  /** Ends it: what is under way is given up and counts as never asked. */
  stop(): void;
  measured(): Omit<LoadMeasurements, "generator">;
}

/**
 * Sends every request when it is due, whether or not earlier ones were answered. A request for which no connection is free
 * goes out when one is, in the order in which they were due; its time limit runs meanwhile.
 */
export function openLoop(options: OpenLoopOptions): OpenLoop {
  const { intendedMs, connections, timeoutMs, wire, clock, timers, onProgress } = options;
  const count = intendedMs.length;
  const startMs = clock.monotonicMs();
  const notes = notebook(count);
  /** In the order in which they were sent, which is that of their time limits. */
  const underWay = new Map<number, { cancel(): void }>();
  /** The first request that was not sent; those below `due` are to be. */
  let next = 0;
  let due = 0;
  let ended = 0;
  /** A request may end while it is being sent; the turn that sends it then goes on. */
  let turning = false;
  let stoppedMs: number | undefined;
  let callOff: () => void = () => undefined;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const late = { label: `no answer in ${timeoutMs} ms`, kind: "failed" } as const;
  const unsent = { label: `not sent in ${timeoutMs} ms`, kind: "failed" } as const;

  function end(request: number, outcome: LoadOutcome, atMs: number): void {
    notes.end(request, outcome, atMs);
    onProgress?.(++ended);
  }

  function send(request: number, nowMs: number): void {
    notes.sentMs[request] = nowMs;
    let over = false;
    const call = wire(request, (outcome) => {
      if (over || stoppedMs !== undefined) return;
      over = true;
      underWay.delete(request);
      end(request, outcome, clock.monotonicMs() - startMs);
      if (!turning) turn();
    });
    if (over) return;
    underWay.set(request, {
      cancel() {
        over = true;
        call.cancel();
      },
    });
  }

  function giveUp(nowMs: number): void {
    for (const [request, call] of underWay) {
      if (intendedMs[request] + timeoutMs > nowMs) break;
      underWay.delete(request);
      call.cancel();
      end(request, late, intendedMs[request] + timeoutMs);
    }
    for (; next < due && intendedMs[next] + timeoutMs <= nowMs; next++) {
      end(next, unsent, intendedMs[next] + timeoutMs);
    }
  }

  /** Everything that the time asks for, and then sleep until it asks for more. */
  function turn(): void {
    if (stoppedMs !== undefined) return;
    callOff();
    const nowMs = clock.monotonicMs() - startMs;
    const before = due;
    while (due < count && intendedMs[due] <= nowMs) due++;
    turning = true;
    giveUp(nowMs);
    while (next < due && underWay.size < connections) send(next++, nowMs);
    turning = false;
    notes.waited.fill(1, Math.max(before, next), due);
    if (ended === count) {
      finish();
      return;
    }
    const [first] = underWay.keys();
    const wakeMs = Math.min(intendedMs[due] ?? Infinity, (intendedMs[first ?? next] ?? Infinity) + timeoutMs);
    callOff = timers.after(Math.max(0, wakeMs - nowMs), turn);
  }

  turn();
  return Object.freeze({
    finished,
    stop() {
      if (stoppedMs !== undefined || ended === count) return;
      stoppedMs = clock.monotonicMs() - startMs;
      callOff();
      for (const call of underWay.values()) call.cancel();
      finish();
    },
    measured: () => ({ ...notes.measured(), ...(stoppedMs === undefined ? {} : { stoppedMs }) }),
  });
}

/** What is written down of every request. */
function notebook(count: number) {
  const sentMs = new Float64Array(count).fill(NaN);
  const doneMs = new Float64Array(count).fill(NaN);
  const waited = new Uint8Array(count);
  const outcome = new Uint16Array(count);
  const outcomes: LoadOutcome[] = [];
  const indices = new Map<string, number>();
  return {
    sentMs,
    waited,
    end(request: number, how: LoadOutcome, atMs: number): void {
      let index = indices.get(how.label);
      if (index === undefined) {
        index = outcomes.push(how);
        indices.set(how.label, index);
      }
      outcome[request] = index;
      doneMs[request] = atMs;
    },
    measured: () => ({ sentMs, doneMs, waited, outcome, outcomes }),
  };
}
