import type { Canonical, MillwrightError } from "../kernel/index.js";
import { statsErrors } from "./errors.js";

/** MW1403 for stored JSON that is not what a sketch writes. */
export function damagedSketch(expected: string, found: Canonical): MillwrightError {
  const text = JSON.stringify(found);
  return statsErrors.error("MW1403", {
    expected,
    found: text.length > 80 ? `${text.slice(0, 80)}…` : text,
    remedy: "Build the summary anew from its values.",
  });
}

/** The elements of a stored array. Throws MW1403 for anything else. */
export function storedArray(json: Canonical, expected: string): readonly Canonical[] {
  if (!Array.isArray(json)) throw damagedSketch(expected, json);
  return json as readonly Canonical[];
}

/** Whether a stored number can be how often something was seen. */
export function isStoredCount(count: Canonical | undefined): count is number {
  return Number.isSafeInteger(count) && (count as number) > 0;
}
