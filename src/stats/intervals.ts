import { badArgument } from "./bad-argument.js";
import { normalQuantile } from "./normal.js";

/** A closed interval with its stated confidence level. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** E.g. 0.95. */
  readonly level: number;
}

/** Two-sided standard normal critical value of a confidence level in (0, 1), e.g. 1.96 for 0.95. Throws MW1401. */
export function criticalValue(level: number): number {
  if (!(level > 0 && level < 1)) throw badArgument("a confidence level between 0 and 1", level);
  return normalQuantile((1 + level) / 2);
}

/**
 * Score interval of a proportion (Wilson 1927). Never leaves [0, 1] and never collapses at 0 or n successes.
 * @param successes 0..trials, @param trials at least 1. Throws MW1401
 */
export function wilsonInterval(successes: number, trials: number, level = 0.95): Interval {
  if (!(trials > 0 && successes >= 0 && successes <= trials)) {
    throw badArgument("0 ≤ successes ≤ trials and trials > 0", `${successes} of ${trials}`);
  }
  const z = criticalValue(level);
  const rate = successes / trials;
  const scale = 1 + (z * z) / trials;
  const centre = (rate + (z * z) / (2 * trials)) / scale;
  const half = (z * Math.sqrt((rate * (1 - rate)) / trials + (z * z) / (4 * trials * trials))) / scale;
  return Object.freeze({
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === trials ? 1 : Math.min(1, centre + half),
    level,
  });
}

/** An estimate with its confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly interval: Interval;
}

/**
 * Interval of the difference `a − b` of two independent estimates from their own intervals, by squaring and adding
 * the distances to the limits (MOVER, Zou & Donner 2008). With Wilson intervals of two proportions it is method 10 of
 * Newcombe 1998. An estimate outside its own interval (one whose interval is corrected for bias) counts at the nearer
 * limit.
 */
export function differenceInterval(a: Estimate, b: Estimate): Estimate {
  const centre = ({ value, interval }: Estimate) => Math.min(Math.max(value, interval.low), interval.high);
  const below = (x: Estimate) => centre(x) - x.interval.low;
  const above = (x: Estimate) => x.interval.high - centre(x);
  const difference = centre(a) - centre(b);
  return Object.freeze({
    value: a.value - b.value,
    interval: Object.freeze({
      low: difference - Math.hypot(below(a), above(b)),
      high: difference + Math.hypot(above(a), below(b)),
      level: Math.min(a.interval.level, b.interval.level),
    }),
  });
}
