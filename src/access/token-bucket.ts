import type { RateAnswer, RateLimit } from "./ports.js";

/** What a caller owes, and when that was so. */
export interface Bucket {
  /** In billionths of a row. */
  readonly debt: number;
  /** Microseconds from an origin of the store's own. */
  readonly atUs: number;
}

/**
 * Units of debt in a row. A limit of n thousandths of a row a second pays back n of them each microsecond. So every
 * quantity is a whole number below 2^53, and the same sums in JavaScript and in Redis's Lua are exact and equal.
 */
export const rowUnits = 1e9;

/** Whole: a limit is to the thousandth. */
export const unitsPerUs = ({ perSecond }: RateLimit): number => Math.round(perSecond * 1000);

/** What is still owed at a time. A clock that went back pays nothing off, and is followed from there on. */
export const debtAt = ({ debt, atUs }: Bucket, nowUs: number, perUs: number): number =>
  Math.max(0, debt - Math.max(0, nowUs - atUs) * perUs);

/**
 * The token bucket, told by what is missing in it: rows are owed when they are taken, paid back at the rate of the
 * limit, and none are given that would bring the debt above the burst. (The generic cell rate algorithm of ITU-T
 * I.371 is the same with the debt told as time.) Kept in rows, a debt outlives a change of the limit.
 */
export function takeRows(
  bucket: Bucket | undefined,
  { limit, rows, nowUs }: { readonly limit: RateLimit; readonly rows: number; readonly nowUs: number },
): { readonly bucket: Bucket; readonly answer: RateAnswer } {
  const perUs = unitsPerUs(limit);
  const owed = bucket === undefined ? 0 : debtAt(bucket, nowUs, perUs);
  const wanted = owed + rows * rowUnits;
  const over = wanted - limit.burst * rowUnits;
  if (over <= 0) return { bucket: { debt: wanted, atUs: nowUs }, answer: { admitted: true } };
  return {
    bucket: { debt: owed, atUs: nowUs },
    answer: { admitted: false, retryAfterMs: waitMs(over, perUs) },
  };
}

/** The whole milliseconds in which so much is paid back, rounded up. */
export function waitMs(units: number, perUs: number): number {
  let us = Math.floor(units / perUs);
  // The quotient is rounded to 53 bits; the product is exact.
  if (us * perUs < units) us += 1;
  return Math.ceil(us / 1000);
}
