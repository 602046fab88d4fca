import {
  civilStart,
  dayOfMonthOf,
  dayOfYearOf,
  monthOf,
  yearOf,
  zonedStart,
  type CivilUnit,
} from "./civil-time.js";
import type { TimeOperation } from "./expression-node.js";
import { always, ofFirst, withConstants, type Constant, type Operator } from "./operator.js";
import { largestTimeMs, zoneOffset } from "./time-zone.js";

const within = (timeMs: number): number | null => (Math.abs(timeMs) <= largestTimeMs ? timeMs : null);

/** A part of a civil time, null outside the range of times. */
const part = (of: (civilMs: number) => number): Operator =>
  withConstants<number>(always, () => (timeMs) => (within(timeMs) === null ? null : of(timeMs)));

function startOf([unit, zone]: readonly Constant[]) {
  const offset = zone === undefined ? undefined : zoneOffset(zone as string);
  return (timeMs: number) => {
    if (within(timeMs) === null) return null;
    const start =
      offset === undefined
        ? civilStart(timeMs, unit as CivilUnit)
        : zonedStart(timeMs, unit as CivilUnit, offset);
    return within(start);
  };
}

export const timeOperators: Readonly<Record<TimeOperation, Operator>> = {
  local: withConstants<number>(ofFirst, ([zone]) => {
    const offset = zoneOffset(zone as string);
    return (timeMs) => (within(timeMs) === null ? null : within(timeMs + offset(timeMs)));
  }),
  startOf: withConstants<number>(always, startOf),
  year: part(yearOf),
  month: part(monthOf),
  dayOfMonth: part(dayOfMonthOf),
  dayOfYear: part(dayOfYearOf),
};
