import { setImmediate } from "node:timers/promises";
import { allResults, throwIfCancelled, workerModule } from "../kernel/index.js";
import { copyNext, word, type CopyJob } from "./copy-latest.js";
import { workerFailed } from "./fold-threads.js";
import { shared } from "./fold-groups.js";

/** The threads that copy values of events into features: this one, and helpers. */
export interface CopyCrew {
  /** Says that the blocks before this one hold their values. */
  ready(block: number): void;
  /** Resolves when a block that is ready was copied. This thread helps meanwhile. */
  copied(block: number): Promise<void>;
  /** Copies the rest, and says of each column whether it was copied whole. */
  finish(): Promise<boolean[]>;
  /** Sends the helpers home; to be called whatever happened. */
  close(): Promise<void>;
}

interface CrewContext {
  readonly signal: AbortSignal | undefined;
  /** Threads that copy, this one among them. Answers do not depend on it. */
  readonly threads: number;
}

/** How long this thread waits for a helper before it looks whether all is still well. */
const waitMs = 5;

/** Clears the columns and starts the helpers. */
export function startCopying(
  given: Pick<CopyJob, "picks" | "columns" | "held" | "whole">,
  blocks: number,
  { threads, signal }: CrewContext,
): CopyCrew {
  const words = shared(Int32Array, 4);
  const copied = shared(Int32Array, blocks);
  const job: CopyJob = { ...given, words, copied, refused: shared(Uint8Array, given.columns.length) };
  for (const { target } of job.columns) target.fill(NaN);
  const helpers = startHelpers(job, { threads, signal });

  function change(index: number, value: number): void {
    Atomics.store(words, index, value);
    Atomics.add(words, word.changes, 1);
    Atomics.notify(words, word.changes);
  }

  async function pause(): Promise<void> {
    await setImmediate();
    throwIfCancelled(signal);
    helpers.check();
  }

  async function wait(block: number): Promise<void> {
    while (Atomics.load(copied, block) === 0) {
      if (!copyNext(job)) Atomics.wait(copied, block, 0, waitMs);
      await pause();
    }
  }

  return Object.freeze({
    ready: (block: number) => change(word.ready, block),
    copied: wait,
    async finish() {
      for (let block = 0; block < blocks; block++) await wait(block);
      return Array.from(job.refused, (refused) => refused === 0);
    },
    async close() {
      change(word.closed, 1);
      await helpers.ended;
    },
  });
}

function startHelpers(job: CopyJob, { threads, signal }: CrewContext) {
  let failure: { readonly error: unknown } | undefined;
  const crew = {
    module: workerModule(import.meta.url, "copy-worker.js"),
    inputs: Array.from({ length: threads - 1 }, () => job),
    signal,
    failure: workerFailed,
  };
  const ended = threads > 1 ? allResults<true>(crew).then(() => undefined, fail) : Promise.resolve();
  function fail(error: unknown): void {
    failure = { error };
  }
  return {
    ended,
    check() {
      if (failure !== undefined) throw failure.error;
    },
  };
}
