import { monitoringErrors } from "./errors.js";

/** [startMs, endMs): left-closed, right-open. */
export interface TimeWindow {
  readonly startMs: number;
  readonly endMs: number;
  /** Whether the window reaches beyond the asked range, so that its data are not complete. */
  readonly partial: boolean;
}

/**
 * The windows of one size, aligned to an origin, that overlap [startMs, endMs), in order. Windows keep their full
 * size; the first and the last are marked partial when the range cuts them.
 * @param span sizeMs: a positive whole number; originMs: where a window starts, default 0 (the Unix epoch, so weeks
 * start on Thursday)
 * @throws MW0905
 */
export function windowsBetween(
  startMs: number,
  endMs: number,
  { sizeMs, originMs = 0 }: { readonly sizeMs: number; readonly originMs?: number },
): readonly TimeWindow[] {
  if (![startMs, endMs, sizeMs, originMs].every(Number.isFinite) || endMs < startMs) {
    throw badWindow("finite times with start ≤ end", `${startMs} to ${endMs}, origin ${originMs}`);
  }
  if (!Number.isInteger(sizeMs) || sizeMs < 1)
    throw badWindow("a positive whole number of milliseconds", sizeMs);
  if (startMs === endMs) return [];
  const windows: TimeWindow[] = [];
  const first = originMs + Math.floor((startMs - originMs) / sizeMs) * sizeMs;
  for (let from = first; from < endMs; from += sizeMs) {
    const to = from + sizeMs;
    windows.push(Object.freeze({ startMs: from, endMs: to, partial: from < startMs || to > endMs }));
  }
  return windows;
}

function badWindow(expected: string, found: string | number) {
  return monitoringErrors.error("MW0905", {
    expected,
    found: String(found),
    remedy: "Correct the range or the size of the windows.",
  });
}
