import type { Tensors } from "../../registry/index.js";
import type { Inferred, InferOptions } from "../infer.js";
import { cancelled } from "./refusals.js";

export type Answer = { readonly inferred: Inferred } | { readonly error: unknown };

export interface CallFacts {
  readonly inputs: Tensors;
  /** Rows that it counts for, at least 1. */
  readonly rows: number;
  /** 0 to 9. */
  readonly priority: number;
  readonly queuedMs: number;
  /** Whether it must be the only one of its batch. */
  readonly alone: boolean;
}

/** What is to happen besides, once, when a call is answered. */
export type Settled = (call: Call, answer: Answer) => void;

/**
 * A call from its arrival to its answer. It is answered once: by whoever comes first, the engine or the caller's own
 * signal. The listener on the signal goes with the answer, or a signal that lives as long as the server would keep
 * every call's tensors in memory.
 *
 * A class, since one is made for every request: fields of one shape carry several times the calls a second that
 * closures over them do.
 */
export class Call {
  readonly inputs: Tensors;
  readonly rows: number;
  readonly priority: number;
  /** Infinity where the caller waits for ever. */
  readonly deadlineMs: number;
  readonly queuedMs: number;
  readonly answered: Promise<Inferred>;
  alone: boolean;
  /** Whether it has its answer. */
  settled = false;
  /** Neighbours in the queue; both undefined, and `waiting` false, while it is in none. */
  before: Call | undefined = undefined;
  after: Call | undefined = undefined;
  waiting = false;
  readonly #signal: AbortSignal | undefined;
  readonly #settled: Settled;
  readonly #giveUp: (() => void) | undefined;
  #resolve!: (inferred: Inferred) => void;
  #reject!: (error: unknown) => void;

  constructor(facts: CallFacts, { signal, deadlineMs = Infinity }: InferOptions, settled: Settled) {
    this.inputs = facts.inputs;
    this.rows = facts.rows;
    this.priority = facts.priority;
    this.queuedMs = facts.queuedMs;
    this.alone = facts.alone;
    this.deadlineMs = deadlineMs;
    this.#settled = settled;
    this.#signal = signal;
    this.#giveUp = signal && (() => this.settle({ error: cancelled(signal.reason) }));
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (this.#giveUp !== undefined) signal?.addEventListener("abort", this.#giveUp);
  }

  /** Answers the call; later answers are ignored. */
  settle(answer: Answer): void {
    if (this.settled) return;
    this.settled = true;
    if (this.#giveUp !== undefined) this.#signal?.removeEventListener("abort", this.#giveUp);
    this.#settled(this, answer);
    if ("error" in answer) this.#reject(answer.error);
    else this.#resolve(answer.inferred);
  }
}
