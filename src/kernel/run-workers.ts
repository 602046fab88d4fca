import { Worker } from "node:worker_threads";
import { throwIfCancelled } from "./cancel.js";
import { MillwrightError } from "./errors.js";
import type { WorkerMessage } from "./serve-worker.js";

export interface WorkerCrew {
  /** The compiled module that every worker runs; it calls `serveWorker`. */
  readonly module: URL;
  /** One worker per entry, which is what it is given. */
  readonly inputs: readonly unknown[];
  readonly signal?: AbortSignal | undefined;
  /** What a worker says of its progress. */
  readonly onProgress?: ((done: number, worker: number) => void) | undefined;
  /** The error of a worker that died. */
  readonly failure: (found: string, cause?: unknown) => MillwrightError;
}

/**
 * Starts the workers and resolves with the first result that one of them returns. All workers are gone when
 * the promise settles. Throws MW0105 soon after the signal aborts, a worker's coded error as it is, and the
 * crew's `failure` if a worker dies.
 */
export async function firstResult<Result>(crew: WorkerCrew): Promise<Result> {
  const results = await runWorkers<Result>(crew, 1);
  return results.values().next().value as Result;
}

/** Starts the workers and resolves with the results of all, in the order of their inputs. Else as `firstResult`. */
export async function allResults<Result>(crew: WorkerCrew): Promise<Result[]> {
  const results = await runWorkers<Result>(crew, crew.inputs.length);
  return crew.inputs.map((_, worker) => results.get(worker) as Result);
}

async function runWorkers<Result>(crew: WorkerCrew, needed: number): Promise<Map<number, Result>> {
  throwIfCancelled(crew.signal);
  const workers = crew.inputs.map((workerData) => new Worker(crew.module, { workerData }));
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      onAbort = () => {
        Promise.resolve(crew.signal).then(throwIfCancelled).catch(reject);
      };
      crew.signal?.addEventListener("abort", onAbort);
      listen<Result>(workers, crew, { needed, resolve, reject });
    });
  } finally {
    if (onAbort !== undefined) crew.signal?.removeEventListener("abort", onAbort);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

interface Settle<Result> {
  readonly needed: number;
  readonly resolve: (results: Map<number, Result>) => void;
  readonly reject: (error: Error) => void;
}

function listen<Result>(
  workers: readonly Worker[],
  { onProgress, failure }: WorkerCrew,
  { needed, resolve, reject }: Settle<Result>,
): void {
  const results = new Map<number, Result>();
  let running = workers.length;
  workers.forEach((worker, index) => {
    worker.on("message", (message: WorkerMessage<Result>) => {
      if (message.kind === "progress") onProgress?.(message.done, index);
      else if (message.kind === "error")
        reject(new MillwrightError(message.code, message.row, message.facts));
      else if (results.set(index, message.result).size === needed) resolve(results);
    });
    worker.on("error", (cause) => reject(failure(cause.message, cause)));
    worker.on("exit", (code) => {
      running--;
      if (code !== 0 || running === 0) reject(failure(`exit code ${code} without a result`));
    });
  });
}

/**
 * The compiled module of a worker beside the module that asks, e.g. `workerModule(import.meta.url,
 * "train-worker.js")`. Workers are started by Node, which runs no TypeScript: when the asker runs from its
 * source (in the tests), the worker comes from the build, so `dist/` must be fresh.
 */
export function workerModule(asker: string, path: string): URL {
  const module = new URL(path, asker);
  if (asker.endsWith(".ts")) module.pathname = module.pathname.replace(/\/src\/(?!.*\/src\/)/, "/dist/");
  return module;
}
