import { checkNumber } from "../../kernel/index.js";
import type { Tensors } from "../../registry/index.js";
import { drainMs, refuseTooLate, type Load } from "./admission.js";
import { batchQueue, lastPriority } from "./batch-queue.js";
import type { Inferred, InferOptions } from "../infer.js";
import type { Session } from "../ports.js";
import { cancelled, expired, queueFull } from "./refusals.js";
import { runBatch, type Batch, type BatchContext } from "./run-batch.js";
import { rowsOf } from "./split-tensors.js";
import { Call, type Answer } from "./waiting-call.js";

export interface LoopOptions extends BatchContext {
  readonly maxBatchRows: number;
  readonly maxQueuedRows: number;
  /** Whether the first dimension of the inputs counts rows; else every call counts as one. */
  readonly countsRows: boolean;
}

/**
 * Sessions that take batches from one queue, each one at a time. Whoever is idle takes what waits at the end of the
 * turn in which it came, so that a call never waits for others to join it; while all compute, calls gather.
 */
export class BatchLoop {
  readonly #queue = batchQueue();
  readonly #running = new Set<Batch>();
  readonly #idle: Session[];
  readonly #sessions: readonly Session[];
  readonly #options: LoopOptions;
  #batches = 0;
  #dispatchIsDue = false;
  #emptied: (() => void) | undefined;

  constructor(sessions: readonly Session[], options: LoopOptions) {
    this.#sessions = sessions;
    this.#idle = [...sessions];
    this.#options = options;
  }

  /** Calls that wait. */
  get pending(): number {
    return this.#queue.calls;
  }

  /** Throws MW0104 at once for a priority that is none, and counts it nowhere; all else is the promise's to say. */
  infer(inputs: Tensors, options: InferOptions): Promise<Inferred> {
    const call = new Call(this.#facts(inputs, options), options, this.#settled);
    try {
      this.#admit(call, options.signal);
      this.#queue.push(call);
    } catch (error) {
      call.settle({ error });
      return call.answered;
    }
    // A full batch has nothing to wait for, and a turn with more calls than the queue may hold goes on as they come.
    if (this.#queue.rows >= this.#options.maxBatchRows) this.#dispatch();
    else this.#dispatchSoon();
    return call.answered;
  }

  /** Waits until nothing waits or runs. No call may follow. */
  async empty(): Promise<void> {
    if (this.#isEmpty()) return;
    await new Promise<void>((resolve) => (this.#emptied = resolve));
  }

  #isEmpty(): boolean {
    return this.#queue.calls === 0 && this.#running.size === 0;
  }

  #facts(inputs: Tensors, { priority = 0 }: InferOptions) {
    const rows = this.#options.countsRows ? rowsOf(inputs) : 1;
    return {
      inputs,
      // A call without rows takes its place as others do, and is for the engine to judge.
      rows: Math.max(1, rows ?? 1),
      alone: rows === undefined || rows === 0 || this.#options.maxBatchRows === 1,
      priority: checkNumber(priority, "the priority of a call", { min: 0, max: lastPriority, whole: true }),
      queuedMs: this.#options.clock.monotonicMs(),
    };
  }

  /** Throws MW0710 to MW0712 for a call that is not to be computed. */
  #admit(call: Call, signal: AbortSignal | undefined): void {
    const { queuedMs, deadlineMs, rows, priority } = call;
    if (signal?.aborted === true) throw cancelled(signal.reason);
    if (deadlineMs <= queuedMs) throw expired(deadlineMs, queuedMs);
    if (this.#idle.length > 0 && !this.#hasPlace(rows)) this.#dispatch();
    if (this.#idle.length > 0) return;
    if (!this.#hasPlace(rows)) this.#dropExpired(queuedMs);
    const load = this.#load(queuedMs);
    const { maxQueuedRows } = this.#options;
    if (!this.#hasPlace(rows))
      throw queueFull(this.#queue.rows + rows, maxQueuedRows, drainMs(load, priority));
    refuseTooLate(call, load);
  }

  #hasPlace(rows: number): boolean {
    return this.#queue.calls === 0 || this.#queue.rows + rows <= this.#options.maxQueuedRows;
  }

  #load(nowMs: number): Load {
    const { cost, maxBatchRows } = this.#options;
    const instances = this.#sessions.length;
    return { queue: this.#queue, running: this.#running, cost, instances, maxBatchRows, nowMs };
  }

  readonly #settled = (call: Call, answer: Answer): void => {
    const { recorder, clock } = this.#options;
    if ("error" in answer) recorder.failed(answer.error, clock.monotonicMs() - call.queuedMs);
    else if (answer.inferred.passage !== undefined) recorder.answered(answer.inferred.passage, clock.nowMs());
    this.#queue.remove(call);
    if (this.#emptied !== undefined) this.#dispatchSoon();
  };

  #dispatchSoon(): void {
    if (this.#dispatchIsDue || this.#idle.length === 0) return;
    this.#dispatchIsDue = true;
    queueMicrotask(() => {
      this.#dispatchIsDue = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#idle.length > 0 && this.#queue.calls > 0) {
      const nowMs = this.#options.clock.monotonicMs();
      this.#dropExpired(nowMs);
      // Idle sessions share what waits: two rows are sooner computed by two of them.
      const share = Math.ceil(this.#queue.rows / this.#idle.length);
      const calls = this.#queue.takeBatch(Math.min(share, this.#options.maxBatchRows));
      const session = calls.length > 0 ? this.#idle.pop() : undefined;
      if (session !== undefined) void this.#run(session, calls, nowMs);
    }
    if (this.#isEmpty()) this.#emptied?.();
  }

  #dropExpired(nowMs: number): void {
    for (const call of this.#queue.takeExpired(nowMs)) {
      call.settle({ error: expired(call.deadlineMs, nowMs) });
    }
  }

  /** Whatever the batch comes to, the session is idle again after it: an error here would take it from the loop. */
  async #run(session: Session, calls: readonly Call[], startedMs: number): Promise<void> {
    const rows = calls.reduce((sum, call) => sum + call.rows, 0);
    const batch: Batch = { calls, rows, number: ++this.#batches, startedMs };
    this.#running.add(batch);
    const again = await runBatch(session, batch, this.#options);
    this.#running.delete(batch);
    this.#queue.putBack(again.filter(({ settled }) => !settled));
    this.#idle.push(session);
    this.#dispatchSoon();
  }
}
