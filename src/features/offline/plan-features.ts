import type { EventCounts, WindowStrategy } from "../ports.js";

/** What is known of one view before its features are computed. */
export interface ViewCounts extends EventCounts {
  /** Questions of all lookups together. */
  readonly questions: number;
  readonly askedKeys: number;
  readonly windowsMs: readonly number[];
  /** Slots of all windows together. */
  readonly outputs: number;
  /** Every slot can be taken out of a sum again: no minimum, no maximum. */
  readonly invertible: boolean;
  /** Events count from the moment that places them in windows. */
  readonly plain: boolean;
  readonly threads: number;
}

export interface ViewChoice {
  readonly strategy: "fold" | WindowStrategy;
  /** One sentence for people. */
  readonly reason: string;
  /** Estimated seconds by possible strategy. */
  readonly seconds: Readonly<Partial<Record<"fold" | WindowStrategy, number>>>;
}

/**
 * Nanoseconds of processor time, from `bench/window-strategies.mjs` over ten million flights: 2,000 to 100,000
 * questions, one and two windows. Only their ratios matter.
 */
const costs = {
  /** fold: to read an event and its clocks, on one thread; and one whose clocks are the same. */
  read: 450,
  readPlain: 250,
  /** fold: to add an event that counts to a window, to answer a question's window. */
  add: 140,
  answer: 300,
  /** SQL: to hold an event against the wanted keys; to read one of theirs, likewise; to keep what is seen. */
  match: 60,
  scan: 240,
  scanPlain: 130,
  keep: 150,
  /** range: to hold a pair against one output. */
  pair: 5,
  /** prefix: to join an event to the points of one window, known and past. */
  join: 640,
  /** frame: to frame an event, by output. */
  frame: 2_600,
} as const;

/** SQL must promise to be clearly faster: an estimate is an estimate. */
const worthwhile = 0.5;

/** Whether counting a view's events could lead to another choice than to fold them. */
export const worthMeasuring = (rowCount: number, questions: number): boolean => questions * 4 < rowCount;

/** Chooses how one view is computed; pure, from counts alone. */
export function planView(counts: ViewCounts): ViewChoice {
  const seconds = estimate(counts);
  const entries = Object.entries(seconds) as [WindowStrategy | "fold", number][];
  const [best, least] = entries.reduce((a, b) => (b[1] < a[1] ? b : a));
  if (best === "fold" || least > seconds.fold * worthwhile) {
    const reason = `fold takes about ${format(seconds.fold)}, and no way in SQL is clearly faster`;
    return { strategy: "fold", reason, seconds };
  }
  const reason = `${words[best]} takes about ${format(least)}, fold about ${format(seconds.fold)}`;
  return { strategy: best, reason, seconds };
}

const words: Readonly<Record<WindowStrategy, string>> = {
  range: "a range join in SQL",
  prefix: "differences of prefix sums in SQL",
  frame: "frames over events and questions in SQL",
};

const format = (seconds: number) =>
  seconds < 1 ? `${Math.ceil(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;

function estimate(counts: ViewCounts): ViewChoice["seconds"] & { readonly fold: number } {
  const { events, keys, questions, askedKeys, windowsMs, outputs, plain, threads } = counts;
  const ofAsked = events * Math.min(1, askedKeys / Math.max(1, keys));
  const pairs = pairsOf(counts);
  const [onOne, onAll] = [1e9, 1e9 * threads];
  const folded = (Math.min(ofAsked, pairs) * costs.add + questions * costs.answer) * windowsMs.length;
  const scan = events * costs.match + ofAsked * (plain ? costs.scanPlain : costs.scan);
  const kept = scan + ofAsked * costs.keep;
  return {
    fold: (events * (plain ? costs.readPlain : costs.read)) / onOne + folded / onAll,
    range: (scan + Math.min(ofAsked, pairs) * costs.keep + pairs * outputs * costs.pair) / onAll,
    ...(counts.invertible ? { prefix: (kept + ofAsked * windowsMs.length * costs.join) / onAll } : {}),
    ...(plain ? { frame: (kept + (ofAsked + questions) * outputs * costs.frame) / onAll } : {}),
  };
}

/** The pairs of a question and an event that a range join looks at: of its key, within two bins of the longest window. */
function pairsOf({ perKey, spanMs, questions, windowsMs }: ViewCounts): number {
  const binMs = Math.max(...windowsMs);
  return questions * perKey * Math.min(1, (2 * binMs) / Math.max(1, spanMs));
}
