import { kernelErrors } from "./kernel-errors.js";
import { didYouMean } from "./suggest.js";

/** Throws MW0103 for the first key that an options object may not have, naming the nearest valid one. */
export function rejectUnknownKeys(options: object, known: readonly string[], where: string): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw kernelErrors.error("MW0103", {
      expected: `${where} to have only ${known.join(", ")}`,
      found: `"${key}"`,
      remedy: didYouMean(key, known),
      details: { key },
    });
  }
}

/** Throws MW0104 unless the value is a number within inclusive bounds (and whole, if asked). */
export function checkNumber(
  value: unknown,
  where: string,
  range: { readonly min: number; readonly max: number; readonly whole?: boolean },
): number {
  const right = typeof value === "number" && value >= range.min && value <= range.max;
  if (right && (range.whole !== true || Number.isInteger(value))) return value;
  throw kernelErrors.error("MW0104", {
    expected: `${where} to be a ${range.whole === true ? "whole " : ""}number from ${range.min} to ${range.max}`,
    found: typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value),
    remedy: "Mend the configuration.",
  });
}
