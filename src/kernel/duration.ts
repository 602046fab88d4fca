import { kernelErrors } from "./kernel-errors.js";

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A whole number and a unit: `"90s"`, `"5m"`, `"1h"`, `"7d"`. */
export type Duration = `${number}${keyof typeof unitMs}`;

/** Milliseconds of a duration. Throws MW0101 on any other text. */
export function durationMs(duration: Duration): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(duration);
  const ms = match === null ? 0 : Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
  if (ms === 0 || !Number.isSafeInteger(ms)) {
    throw kernelErrors.error("MW0101", {
      expected: "a positive whole number and a unit (ms, s, m, h, d)",
      found: JSON.stringify(duration),
      remedy: 'Write it as "90s", "1h" or "7d".',
    });
  }
  return ms;
}

/** The shortest exact duration text for a number of milliseconds, e.g. 3600000 → "1h". */
export function formatDuration(ms: number): string {
  for (const unit of ["d", "h", "m", "s"] as const) {
    if (ms >= unitMs[unit] && ms % unitMs[unit] === 0) return `${ms / unitMs[unit]}${unit}`;
  }
  return `${ms}ms`;
}
