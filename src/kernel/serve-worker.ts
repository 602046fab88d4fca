import { parentPort, workerData } from "node:worker_threads";
import { isMillwrightError, type ErrorFacts, type ErrorRow } from "./errors.js";

/** What a worker posts to the thread that started it. */
export type WorkerMessage<Result> =
  | { readonly kind: "progress"; readonly done: number }
  | { readonly kind: "result"; readonly result: Result }
  | { readonly kind: "error"; readonly code: string; readonly row: ErrorRow; readonly facts: ErrorFacts };

/**
 * The one statement of a worker's module: computes with what the crew gave it and returns the result, or
 * undefined if another worker answers. A coded error reaches the crew's caller as it is.
 */
export function serveWorker<Input, Result>(
  work: (input: Input, report: (done: number) => void) => Result | undefined,
): void {
  const post = (message: WorkerMessage<Result>) => parentPort?.postMessage(message);
  try {
    const result = work(workerData as Input, (done) => post({ kind: "progress", done }));
    if (result !== undefined) post({ kind: "result", result });
  } catch (error) {
    if (!isMillwrightError(error)) throw error;
    const { code, row, expected, found, remedy, details } = error;
    post({ kind: "error", code, row, facts: { expected, found, remedy, details } });
  }
}
