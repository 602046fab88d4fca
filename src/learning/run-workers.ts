import { Worker } from "node:worker_threads";
import { throwIfCancelled } from "../kernel/index.js";
import { learningErrors } from "./errors.js";

/** What a learner's worker posts to the thread that started it. */
export type WorkerMessage<Result> =
  { readonly kind: "progress"; readonly done: number } | { readonly kind: "result"; readonly result: Result };

export interface WorkerCrew {
  /** The compiled module that every worker runs. */
  readonly module: URL;
  /** One worker per entry; each finds its entry in `workerData`. */
  readonly inputs: readonly unknown[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
}

/**
 * Starts the workers and resolves with the first result that one of them posts. All workers are gone when
 * the promise settles. Throws MW0105 soon after the signal aborts and MW0407 if a worker dies.
 */
export async function runWorkers<Result>(crew: WorkerCrew): Promise<Result> {
  throwIfCancelled(crew.signal);
  const workers = crew.inputs.map((workerData) => new Worker(crew.module, { workerData }));
  let running = workers.length;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<Result>((resolve, reject) => {
      onAbort = () => {
        Promise.resolve(crew.signal).then(throwIfCancelled).catch(reject);
      };
      crew.signal?.addEventListener("abort", onAbort);
      for (const worker of workers) {
        worker.on("message", (message: WorkerMessage<Result>) => {
          if (message.kind === "result") resolve(message.result);
          else crew.onProgress?.(message.done);
        });
        worker.on("error", (cause) => reject(workerFailed(cause.message, cause)));
        worker.on("exit", (code) => {
          running--;
          if (code !== 0 || running === 0) reject(workerFailed(`exit code ${code} without a result`));
        });
      }
    });
  } finally {
    if (onAbort !== undefined) crew.signal?.removeEventListener("abort", onAbort);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function workerFailed(found: string, cause?: unknown) {
  return learningErrors.error("MW0407", {
    expected: "every training worker to run to its end",
    found,
    remedy: "If memory ran out, train on fewer rows or threads; otherwise report the message.",
    cause,
  });
}
