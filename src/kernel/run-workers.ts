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
  /**
   * Its workers may stay for the next crew of the module, since they leave little memory to the collector.
   * Default false.
   */
  readonly isSmall?: boolean | undefined;
}

/**
 * Runs the workers until all have answered and resolves with the first result. When the promise settles, all
 * workers are gone, but for those of a small job that came to its end: they wait for the next job of their
 * module and keep no process alive. Throws MW0105 soon after the signal aborts, a worker's coded error as it
 * is, and the crew's `failure` if a worker dies or none has a result.
 */
export async function firstResult<Result>(crew: WorkerCrew): Promise<Result> {
  const results = await runWorkers<Result>(crew, 1);
  return results.values().next().value as Result;
}

/** Runs the workers and resolves with the results of all, in the order of their inputs. Else as `firstResult`. */
export async function allResults<Result>(crew: WorkerCrew): Promise<Result[]> {
  const results = await runWorkers<Result>(crew, crew.inputs.length);
  return crew.inputs.map((_, worker) => results.get(worker) as Result);
}

async function runWorkers<Result>(crew: WorkerCrew, needed: number): Promise<Map<number, Result>> {
  throwIfCancelled(crew.signal);
  const workers = crew.inputs.map(() => hire(crew.module));
  let onAbort: (() => void) | undefined;
  let isDone = false;
  try {
    const results = await new Promise<Map<number, Result>>((resolve, reject) => {
      onAbort = () => {
        Promise.resolve(crew.signal).then(throwIfCancelled).catch(reject);
      };
      crew.signal?.addEventListener("abort", onAbort);
      listen<Result>(workers, crew, { needed, resolve, reject });
      workers.forEach((worker, index) => worker.postMessage(crew.inputs[index]));
    });
    isDone = true;
    return results;
  } finally {
    if (onAbort !== undefined) crew.signal?.removeEventListener("abort", onAbort);
    if (isDone && crew.isSmall === true) workers.forEach((worker) => retain(worker, crew.module));
    else await Promise.all(workers.map((worker) => worker.terminate()));
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
  const busy = new Set(workers.keys());
  const finish = (worker: number) => {
    busy.delete(worker);
    if (busy.size > 0) return;
    if (results.size >= needed) resolve(results);
    else reject(failure("workers that left without a result"));
  };
  workers.forEach((worker, index) => {
    worker.on("message", (message: WorkerMessage<Result>) => {
      if (message.kind === "progress") return onProgress?.(message.done, index);
      if (message.kind === "error")
        return reject(new MillwrightError(message.code, message.row, message.facts));
      if (message.result !== undefined) results.set(index, message.result);
      finish(index);
    });
    worker.on("error", (cause) => reject(failure(cause.message, cause)));
    worker.on("exit", (code) => {
      if (code === 0) finish(index);
      else reject(failure(`exit code ${code} without a result`));
    });
  });
}

/** About 12 MB each, besides what their last job left to the collector. */
const mostIdle = 4;

/** Workers that wait for a job, by the address of their module; the one that came last goes first. */
const idle: { readonly worker: Worker; readonly module: string }[] = [];

/** An idle worker of the module, whose code is loaded and compiled, or a new one. */
function hire(module: URL): Worker {
  const at = idle.findLastIndex((one) => one.module === module.href);
  if (at < 0) return new Worker(module);
  const [{ worker }] = idle.splice(at, 1);
  forget(worker);
  worker.ref();
  return worker;
}

/** Drops our listeners; Node has its own, for other events. */
function forget(worker: Worker): void {
  for (const event of ["message", "error", "exit"]) worker.removeAllListeners(event);
}

/** Lets a worker wait; of too many the one that has waited longest ends. */
function retain(worker: Worker, module: URL): void {
  const leave = () => {
    const at = idle.findIndex((one) => one.worker === worker);
    if (at >= 0) idle.splice(at, 1);
  };
  forget(worker);
  worker.on("error", leave);
  worker.on("exit", leave);
  worker.unref();
  idle.push({ worker, module: module.href });
  if (idle.length > mostIdle) void idle.shift()?.worker.terminate();
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
