import { civilUnits, type CivilUnit } from "./civil-time.js";
import { wrap } from "./expression.js";
import type { Operation } from "./expression-node.js";
import { apply, badOperand, literal, operandNode } from "./expression-operand.js";
import type { BoolExpression, NumberExpression, TimeExpression } from "./expression-types.js";
import { rejectUnknownKeys } from "./options.js";
import { dayMs, hourMs, minuteMs, zoneOffset } from "./time-zone.js";

/** By whose clocks and calendar a time is read. */
export interface ZoneOptions {
  /** An IANA time zone such as `"Europe/Berlin"`; UTC by default. Unknown ones throw MW0104. */
  readonly zone?: string;
}

export interface StartOptions extends ZoneOptions {
  readonly unit: CivilUnit;
}

/** The zone if it is one that matters: civil time in UTC is the time itself. */
function zoneOf({ zone = "UTC" }: ZoneOptions): string | undefined {
  if (zone === "UTC") return undefined;
  zoneOffset(zone);
  return zone;
}

/** What the zone's clocks show, as milliseconds since their 1970-01-01 00:00. */
function civil(time: TimeExpression, options: ZoneOptions): NumberExpression {
  const node = operandNode("time", time);
  const zone = zoneOf(options);
  return wrap.number(zone === undefined ? node : apply("local", node, literal(zone)));
}

/** A part of a time that is a count of equal lengths within a longer one. */
const clockPart =
  (name: string, lengthMs: number, withinMs: number) =>
  (time: TimeExpression, options: ZoneOptions = {}): NumberExpression => {
    rejectUnknownKeys(options, ["zone"], `${name}()`);
    return civil(time, options).modulo(withinMs).dividedBy(lengthMs).floor();
  };

/** Seconds since the minute began, 0 to 59. */
export const secondOfMinute = clockPart("secondOfMinute", 1000, minuteMs);
/** Minutes since the hour began, 0 to 59. */
export const minuteOfHour = clockPart("minuteOfHour", minuteMs, hourMs);
/** Minutes since midnight, 0 to 1439, by the clock: not those that passed on a day with a change of clocks. */
export const minuteOfDay = clockPart("minuteOfDay", minuteMs, dayMs);
/** Hour of the day, 0 to 23. */
export const hourOfDay = clockPart("hourOfDay", hourMs, dayMs);

/** Day of the week, ISO 8601: Monday 1 to Sunday 7. */
export function weekday(time: TimeExpression, options: ZoneOptions = {}): NumberExpression {
  rejectUnknownKeys(options, ["zone"], "weekday()");
  // 1970-01-01 was a Thursday.
  return civil(time, options).dividedBy(dayMs).floor().plus(3).modulo(7).plus(1);
}

/** True on Saturdays and Sundays. */
export function isWeekend(time: TimeExpression, options: ZoneOptions = {}): BoolExpression {
  return weekday(time, options).ge(6);
}

/** A part of a time that the calendar gives: null outside the range of times. */
const calendarPart =
  (name: string, op: Operation) =>
  (time: TimeExpression, options: ZoneOptions = {}): NumberExpression => {
    rejectUnknownKeys(options, ["zone"], `${name}()`);
    return wrap.number(apply(op, civil(time, options).node));
  };

/** The year of the proleptic Gregorian calendar; the year before 1 is 0. */
export const year = calendarPart("year", "year");
/** January 1 to December 12. */
export const month = calendarPart("month", "month");
/** 1 to 31. */
export const dayOfMonth = calendarPart("dayOfMonth", "dayOfMonth");
/** 1 to 366. */
export const dayOfYear = calendarPart("dayOfYear", "dayOfYear");

/** 1 to 4. */
export function quarter(time: TimeExpression, options: ZoneOptions = {}): NumberExpression {
  return month(time, options).plus(2).dividedBy(3).floor();
}

function checkUnit(unit: unknown): CivilUnit {
  const known = civilUnits.find((name) => name === unit);
  if (known !== undefined) return known;
  throw badOperand(`a unit of civil time: ${civilUnits.join(", ")}`, unit);
}

/** The moment at which the unit that holds a time began, by the zone's clocks. Weeks begin on Mondays. */
export function startOf(time: TimeExpression, options: StartOptions): TimeExpression {
  rejectUnknownKeys(options, ["unit", "zone"], "startOf()");
  const zone = zoneOf(options);
  const constants = [checkUnit(options.unit), ...(zone === undefined ? [] : [zone])];
  return wrap.time(apply("startOf", operandNode("time", time), ...constants.map(literal)));
}

const lengths: Partial<Record<CivilUnit, number>> = { minute: minuteMs, hour: hourMs, day: dayMs };

/** The number of a unit of civil time, counted from an arbitrary one. */
function unitNumber(time: TimeExpression, unit: CivilUnit, options: ZoneOptions): NumberExpression {
  const length = lengths[unit];
  if (length !== undefined) return civil(time, options).dividedBy(length).floor();
  if (unit === "week") return civil(time, options).dividedBy(dayMs).floor().plus(3).dividedBy(7).floor();
  const years = year(time, options);
  if (unit === "year") return years;
  return unit === "quarter"
    ? years.times(4).plus(quarter(time, options))
    : years.times(12).plus(month(time, options));
}

/**
 * How many times a new unit began between two times, by the zone's calendar; negative when the later one
 * is earlier. From 23:59 to 00:01 it is one day.
 */
export function unitsBetween(
  earlier: TimeExpression,
  later: TimeExpression,
  { unit, ...options }: StartOptions,
): NumberExpression {
  rejectUnknownKeys(options, ["zone"], "unitsBetween()");
  const [from, to] = [earlier, later].map((time) => unitNumber(time, checkUnit(unit), options));
  return to.minus(from);
}
