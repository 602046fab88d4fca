import type { Canonical } from "../../kernel/index.js";

/** The text of the event at one end of the time line. */
export interface EdgeText {
  add(value: number | string, timeMs: number): void;
  merge(other: EdgeText): void;
  /** Null when there was no event. */
  readonly text: string | null;
  /** Time of that event; NaN when there was none. */
  readonly timeMs: number;
  toJson(): Canonical;
}

/** Of equal times the larger text wins at the late end, the smaller one at the early end: order never matters. */
export function edgeText(end: 1 | -1, json?: Canonical): EdgeText {
  let text: string | null = null;
  let timeMs = NaN;
  if (Array.isArray(json)) [timeMs, text] = json as [number, string];

  function take(other: string, otherMs: number): void {
    const wins =
      text === null || (otherMs === timeMs ? other > text === end > 0 : otherMs > timeMs === end > 0);
    if (!wins) return;
    text = other;
    timeMs = otherMs;
  }

  return {
    add: (value, at) => take(String(value), at),
    merge: (other) => {
      if (other.text !== null) take(other.text, other.timeMs);
    },
    get text() {
      return text;
    },
    get timeMs() {
      return timeMs;
    },
    toJson: () => (text === null ? null : [timeMs, text]),
  };
}
