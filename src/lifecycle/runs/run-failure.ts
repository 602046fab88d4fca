import { isMillwrightError, type Canonical } from "../../kernel/index.js";
import type { Run } from "../../training/index.js";

/** Why a run did not come to its end. Plain JSON; what was not known stands as null. */
export interface RunFailure {
  /** The step that failed; null for what lies between steps. */
  readonly step: string | null;
  /** A code of the error tables; null for an error that has none. */
  readonly code: string | null;
  /** What was expected and what was found, in one line. */
  readonly message: string;
  /** What to do. */
  readonly remedy: string | null;
}

/** What is kept of an error that ended a run. */
export function failureOf(error: unknown, step: string | null): RunFailure {
  if (isMillwrightError(error)) {
    const { code, row, expected, found, remedy } = error;
    return { step, code, message: `${row.title}: expected ${expected}; found ${found}`, remedy };
  }
  return { step, code: null, message: error instanceof Error ? error.message : String(error), remedy: null };
}

/** The failure of a run that failed or was killed; null of another. Earlier versions stored its message alone. */
export function storedFailure(run: Run): RunFailure | null {
  if (run.status !== "failed" && run.status !== "killed") return null;
  const { failure, error } = run.metrics as Stored & Canonical;
  return failure ?? (error === undefined ? null : { step: null, code: null, message: error, remedy: null });
}

interface Stored {
  readonly failure?: RunFailure;
  readonly error?: string;
}
