/**
 * What a detector found. Only `ok` and `drift` are answers; the others say why there is none.
 * - `missing`: no data at all
 * - `insufficient`: too few data to ask
 * - `unresolved`: enough data to ask, not enough to tell
 */
export type FindingState = "ok" | "drift" | "insufficient" | "unresolved" | "missing";

/** No data, or too few; the reason in one sentence. */
export interface Unanswered {
  readonly state: "missing" | "insufficient";
  readonly reason: string;
}

/** The states of a detector that had enough data to ask. */
export type AnsweredState = "ok" | "drift" | "unresolved";

/**
 * Where an effect stands against its threshold: `drift` when its whole interval lies above, `ok` when none of it does,
 * `unresolved` when the interval straddles the threshold.
 */
export function stateOf(
  interval: { readonly low: number; readonly high: number },
  threshold: number,
): AnsweredState {
  if (interval.low > threshold) return "drift";
  return interval.high <= threshold ? "ok" : "unresolved";
}
