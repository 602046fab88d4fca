import { learningErrors } from "./errors.js";

/** The error of a training worker that died. */
export function workerFailed(found: string, cause?: unknown) {
  return learningErrors.error("MW0407", {
    expected: "every training worker to run to its end",
    found,
    remedy: "If memory ran out, train on fewer rows or threads; otherwise report the message.",
    cause,
  });
}
