import { didYouMean } from "../kernel/index.js";
import { dataErrors } from "./errors.js";

/** Throws MW0207 for the first key that is not a valid one. `where` completes "one of the …". */
export function rejectUnknownKeys(given: object, valid: readonly string[], where: string): void {
  for (const key of Object.keys(given)) {
    if (valid.includes(key)) continue;
    throw dataErrors.error("MW0207", {
      expected: `one of the ${where} (${valid.join(", ")})`,
      found: `"${key}"`,
      remedy: didYouMean(key, valid),
      details: { key },
    });
  }
}
