import { logTicks, niceDomain, niceStep, ticks } from "./ticks.js";

/** Maps values to pixels. Values outside the domain map outside the range. */
export interface Scale {
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
  at(value: number): number;
  /** About `wanted` nice values within the domain. */
  ticks(wanted: number): number[];
}

/** Proportional; an empty domain maps to the middle of the range. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [low, high] = domain;
  const [from, to] = range;
  const slope = high === low ? 0 : (to - from) / (high - low);
  const origin = high === low ? (from + to) / 2 : from;
  return Object.freeze({
    domain,
    range,
    at: (value: number) => origin + (value - low) * slope,
    ticks: (wanted: number) => ticks(low, high, wanted),
  });
}

/**
 * A linear scale that starts and ends on a tick, about `wanted` of them, and keeps those ticks. `within`
 * cuts the widened domain, e.g. at [0, 1] for shares.
 */
export function niceScale(
  values: readonly [low: number, high: number],
  range: readonly [number, number],
  {
    wanted = 6,
    within = [-Infinity, Infinity],
  }: { wanted?: number; within?: readonly [number, number] } = {},
): Scale {
  const [low, high] = niceDomain(values[0], values[1], wanted);
  const step = niceStep(values[0], values[1], wanted);
  const domain = [Math.max(within[0], low), Math.min(within[1], high)] as const;
  const kept = step === 0 ? wanted : (domain[1] - domain[0]) / step + 1;
  return Object.freeze({ ...linearScale(domain, range), ticks: () => ticks(domain[0], domain[1], kept) });
}

/** Equal ratios take equal space. The domain must be positive. */
export function logScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const inner = linearScale([Math.log(domain[0]), Math.log(domain[1])], range);
  return Object.freeze({
    domain,
    range,
    at: (value: number) => inner.at(Math.log(value)),
    ticks: () => logTicks(domain[0], domain[1]),
  });
}

/** Equal bands for `count` things in order, with `gap` pixels between neighbours. */
export interface BandScale {
  /** Thickness of one band in pixels. */
  readonly size: number;
  start(index: number): number;
  middle(index: number): number;
}

export function bandScale(count: number, range: readonly [number, number], gap: number): BandScale {
  const step = count === 0 ? 0 : (range[1] - range[0] + gap) / count;
  const size = Math.max(0, step - gap);
  return Object.freeze({
    size,
    start: (index: number) => range[0] + index * step,
    middle: (index: number) => range[0] + index * step + size / 2,
  });
}
