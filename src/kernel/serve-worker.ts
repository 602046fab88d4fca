import { parentPort } from "node:worker_threads";
import { isMillwrightError, type ErrorFacts, type ErrorRow } from "./errors.js";

/** What a worker posts to the thread that started it. */
export type WorkerMessage<Result> =
  | { readonly kind: "progress"; readonly done: number }
  /** The job is done; no result if another worker of the crew has it. */
  | { readonly kind: "result"; readonly result: Result | undefined }
  | { readonly kind: "error"; readonly code: string; readonly row: ErrorRow; readonly facts: ErrorFacts };

/**
 * The one statement of a worker's module: computes with what the crew gave it and returns the result, or
 * undefined if another worker answers. A coded error reaches the crew's caller as it is. A worker may be given
 * one job after the other, so the module keeps nothing of a job.
 */
export function serveWorker<Input, Result>(
  work: (input: Input, report: (done: number) => void) => Result | undefined,
): void {
  const post = (message: WorkerMessage<Result>) => parentPort?.postMessage(message);
  parentPort?.on("message", (input: Input) => {
    try {
      const result = work(input, (done) => post({ kind: "progress", done }));
      post({ kind: "result", result });
    } catch (error) {
      if (!isMillwrightError(error)) throw error;
      const { code, row, expected, found, remedy, details } = error;
      post({ kind: "error", code, row, facts: { expected, found, remedy, details } });
    }
  });
}
