import { kernelErrors } from "./kernel-errors.js";
import { didYouMean } from "./suggest.js";

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** The range of ECMAScript's times: 100 million days around 1970. */
export const largestTimeMs = 8.64e15;

/** Milliseconds to add to a time in UTC to get the zone's civil time; the time must be within the range. */
export type ZoneOffset = (timeMs: number) => number;

const zones = new Map<string, ZoneOffset>();

/**
 * The offset of an IANA time zone, by the time zone database inside Node's ICU. Throws MW0104 for an unknown
 * zone. No zone of the database changes its offset twice within three days; one day has at most one change.
 */
export function zoneOffset(zone: string): ZoneOffset {
  const known = zones.get(zone);
  if (known !== undefined) return known;
  const made = cachedByDay(askOffset(zone));
  zones.set(zone, made);
  return made;
}

/** The offset as ICU gives it, a microsecond or two a call. */
function askOffset(zone: string): ZoneOffset {
  const format = formatOf(zone);
  return (timeMs) => {
    const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(format.format(timeMs));
    if (match?.[1] === undefined) return 0;
    const [, sign, hours, minutes, seconds = "0"] = match;
    const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    return sign === "-" ? -size : size;
  };
}

function formatOf(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  } catch (cause) {
    throw kernelErrors.error("MW0104", {
      expected: 'an IANA time zone such as "Europe/Berlin"',
      found: JSON.stringify(zone) ?? typeof zone,
      remedy: nearestZone(zone),
      cause,
    });
  }
}

function nearestZone(zone: unknown): string {
  const remedy = didYouMean(String(zone), Intl.supportedValuesOf("timeZone"));
  return remedy.startsWith("Did") ? remedy : "Use a name of the IANA time zone database.";
}

/** Days that are remembered for each zone; a power of two. Others are asked for again. */
const slots = 8192;

/** Remembers the offset by day and, for a day in which it changes, the very millisecond of the change. */
function cachedByDay(ask: ZoneOffset): ZoneOffset {
  const days = new Int32Array(slots).fill(2 ** 31 - 1);
  const before = new Int32Array(slots);
  const after = new Int32Array(slots);
  const changesAt = new Float64Array(slots);
  const fill = (slot: number, day: number) => {
    const start = Math.max(day * dayMs, -largestTimeMs);
    const end = Math.min((day + 1) * dayMs, largestTimeMs);
    days[slot] = day;
    before[slot] = ask(start);
    after[slot] = ask(end);
    changesAt[slot] = before[slot] === after[slot] ? Infinity : firstWith(ask, start, end);
  };
  return (timeMs) => {
    const day = Math.floor(timeMs / dayMs);
    const slot = day & (slots - 1);
    if (days[slot] !== day) fill(slot, day);
    return timeMs < changesAt[slot] ? before[slot] : after[slot];
  };
}

/** The first millisecond after `from` with the offset of `to`, when the offset changes once between them. */
export function firstWith(offset: ZoneOffset, from: number, to: number): number {
  const last = offset(to);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle) === last) high = middle;
    else low = middle;
  }
  return high;
}
