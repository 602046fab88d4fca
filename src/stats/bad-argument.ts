import type { MillwrightError } from "../kernel/index.js";
import { statsErrors } from "./errors.js";

/** MW1401 for an argument outside its domain. */
export function badArgument(expected: string, found: unknown): MillwrightError {
  return statsErrors.error("MW1401", {
    expected,
    found: String(found),
    remedy: "Check the argument before the call.",
    details: { found },
  });
}
