import { dayMs, firstWith, hourMs, largestTimeMs, minuteMs, type ZoneOffset } from "./time-zone.js";

/** Units that civil time is cut into. */
export type CivilUnit = "minute" | "hour" | "day" | "week" | "month" | "quarter" | "year";

export const civilUnits: readonly CivilUnit[] = ["minute", "hour", "day", "week", "month", "quarter", "year"];

/** One date for all calls: a new one for each would be garbage. Every call sets it first. */
const date = new Date(0);

/** The date of a civil time; its fields are NaN outside the range. Parts of a millisecond belong to the past. */
function dateOf(civilMs: number): Date {
  date.setTime(Math.floor(civilMs));
  return date;
}

/** Fields of a civil time in milliseconds, in the proleptic Gregorian calendar; NaN outside the range. */
export const yearOf = (civilMs: number): number => dateOf(civilMs).getUTCFullYear();
export const monthOf = (civilMs: number): number => dateOf(civilMs).getUTCMonth() + 1;
export const dayOfMonthOf = (civilMs: number): number => dateOf(civilMs).getUTCDate();

/** Days of a common year before each month. */
const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

export function dayOfYearOf(civilMs: number): number {
  const year = yearOf(civilMs);
  const month = date.getUTCMonth();
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return daysBefore[month] + date.getUTCDate() + Number(isLeap && month > 1);
}

const cutOff = (civilMs: number, length: number, shift = 0) =>
  Math.floor((civilMs + shift) / length) * length - shift;

/** Thursday 1970-01-01 lies three days behind a Monday. */
const mondayShift = 3 * dayMs;

/** The start of the unit that a civil time lies in; NaN when it lies outside the range. */
export function civilStart(civilMs: number, unit: CivilUnit): number {
  switch (unit) {
    case "minute":
      return cutOff(civilMs, minuteMs);
    case "hour":
      return cutOff(civilMs, hourMs);
    case "day":
      return cutOff(civilMs, dayMs);
    case "week":
      return cutOff(civilMs, 7 * dayMs, mondayShift);
    case "month":
      return dateOf(cutOff(civilMs, dayMs)).setUTCDate(1);
    case "quarter":
      dateOf(cutOff(civilMs, dayMs));
      return date.setUTCMonth(Math.floor(date.getUTCMonth() / 3) * 3, 1);
    case "year":
      return dateOf(cutOff(civilMs, dayMs)).setUTCMonth(0, 1);
  }
}

const isShort = (unit: CivilUnit) => unit === "minute" || unit === "hour";

/**
 * The moment at which the unit that holds a time began, by the clocks of a zone. Clocks that were put back
 * show a start twice: of days and longer units the first moment counts, of hours and minutes the last one
 * that is not after the time. A start that clocks put forward skipped is the moment of the skip.
 */
export function zonedStart(timeMs: number, unit: CivilUnit, offset: ZoneOffset): number {
  const civil = civilStart(timeMs + offset(timeMs), unit);
  // A civil time is within a day of UTC, and an offset changes once in two days at most.
  const [from, to] = [civil - dayMs, civil + dayMs].map((ms) =>
    Math.min(Math.max(ms, -largestTimeMs), largestTimeMs),
  );
  const [early, late] = [civil - offset(from), civil - offset(to)];
  const shown = [early, late].filter((ms) => Math.abs(ms) <= largestTimeMs && ms + offset(ms) === civil);
  if (shown.length === 0) return Number.isNaN(civil) ? NaN : firstWith(offset, from, to);
  const past = isShort(unit) ? shown.filter((ms) => ms <= timeMs) : [];
  return past.length === 0 ? Math.min(...shown) : Math.max(...past);
}
