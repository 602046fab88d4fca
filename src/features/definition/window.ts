const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** Tile sizes, finest first. Each divides the next, so a coarse tile is a union of fine ones. */
export const tileSizesMs = [minuteMs, 5 * minuteMs, hourMs, dayMs] as const;

/**
 * The grid to which a window's lower bound is rounded down: 1 minute below 1 hour, 5 minutes below
 * 12 hours, 1 hour below 12 days, else 1 day. A window is thus longer than asked by less than one hop:
 * at most 8.3 % for windows of an hour and more.
 */
export function hopMs(windowMs: number): number {
  if (windowMs < hourMs) return minuteMs;
  if (windowMs < 12 * hourMs) return 5 * minuteMs;
  return windowMs < 12 * dayMs ? hourMs : dayMs;
}

/** The window of a question at `timeMs` is `[lowerBound, timeMs)`, in event time. */
export function lowerBoundMs(timeMs: number, windowMs: number): number {
  const hop = hopMs(windowMs);
  return Math.floor((timeMs - windowMs) / hop) * hop;
}
