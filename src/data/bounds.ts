import { valueText } from "../kernel/index.js";
import { dataErrors } from "./errors.js";
import { rejectUnknownKeys } from "./options.js";

/** Inclusive bounds of a number; at least one of them is given. */
export interface Bounds {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** What a bounded number can be at all. */
interface Limits {
  readonly min?: number;
  readonly max?: number;
  readonly whole?: boolean;
}

/** Throws MW0207 (unknown key) and MW0214 (no bound, no number, one that nothing can meet). */
export function checkBounds(bounds: Bounds, where: string, limits: Limits = {}): Bounds {
  if (typeof bounds !== "object" || bounds === null || Array.isArray(bounds)) {
    throw impossible(`bounds { atLeast, atMost } for ${where}`, bounds);
  }
  rejectUnknownKeys(bounds, ["atLeast", "atMost"], `bounds for ${where}`);
  const { atLeast, atMost } = bounds;
  const given = [atLeast, atMost].filter((bound) => bound !== undefined);
  if (given.length === 0) throw impossible(`atLeast or atMost for ${where}`, bounds);
  const { min = -Infinity, max = Infinity, whole = false } = limits;
  for (const bound of given) {
    const right = Number.isFinite(bound) && bound >= min && bound <= max;
    if (right && (!whole || Number.isSafeInteger(bound))) continue;
    const range = max === Infinity ? (min === -Infinity ? "" : ` from ${min}`) : ` from ${min} to ${max}`;
    throw impossible(`a ${whole ? "whole" : "finite"} number${range} as a bound for ${where}`, bound);
  }
  if (atLeast !== undefined && atMost !== undefined && atLeast > atMost) {
    throw impossible(`atLeast not above atMost for ${where}`, bounds);
  }
  return Object.freeze({
    ...(atLeast === undefined ? {} : { atLeast }),
    ...(atMost === undefined ? {} : { atMost }),
  });
}

/** `at least 3`, `at most 5`, `from 3 to 5`, `exactly 3`. */
export function describeBounds({ atLeast, atMost }: Bounds): string {
  if (atLeast === undefined) return `at most ${atMost}`;
  if (atMost === undefined) return `at least ${atLeast}`;
  return atLeast === atMost ? `exactly ${atLeast}` : `from ${atLeast} to ${atMost}`;
}

export const within = (value: number, { atLeast = -Infinity, atMost = Infinity }: Bounds): boolean =>
  value >= atLeast && value <= atMost;

export function impossible(expected: string, found: unknown) {
  return dataErrors.error("MW0214", {
    expected,
    found: valueText(found),
    remedy: "Mend the source's expectations in the configuration.",
  });
}
