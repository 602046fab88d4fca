import { kernelErrors } from "./kernel-errors.js";

/** Throws MW0105 when the signal has fired. Call it between the steps of long work. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw kernelErrors.error("MW0105", {
    expected: "the operation to run to its end",
    found: "a cancellation",
    remedy: "Run the same command again; finished steps are not repeated.",
    cause: signal.reason,
  });
}
