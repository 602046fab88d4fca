import type { MillwrightError } from "../kernel/index.js";
import { servingErrors } from "./errors.js";

/** What every door refuses in the same words. */

/** Keeps what a caller wrote from flooding an answer. */
export const clip = (text: string, most = 200): string =>
  text.length > most ? `${text.slice(0, most - 3)}...` : text;

/** MW0808. */
export function answerLate(timeoutMs: number): MillwrightError {
  return servingErrors.error("MW0808", {
    expected: `an answer within ${timeoutMs} ms`,
    found: "none yet",
    remedy: "Send fewer rows at once, or allow more: the request's own time limit, or the server's.",
    details: { timeoutMs },
  });
}

/** MW0811. */
export function shuttingDown(remedy: string): MillwrightError {
  return servingErrors.error("MW0811", {
    expected: "a server that takes work",
    found: "one that is shutting down",
    remedy,
  });
}
