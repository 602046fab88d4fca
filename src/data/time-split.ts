import { durationMs, parseTimestamp, type Canonical, type Duration } from "../kernel/index.js";
import { rejectUnknownKeys } from "./options.js";
import {
  badSplit,
  checkHeld,
  checkParts,
  foundTimes,
  checkShare,
  splitPart,
  type Split,
  type SplitRows,
} from "./split.js";

export type TimeSplit = (
  | {
      /** A range such as `"2001-01/2001-04"`, `"2001-01-15/2001-04-30"` or `"2001-05"`: both ends belong to it. */
      readonly train: string;
      readonly test: string;
    }
  | {
      /** The share of rows, above 0 and below 1, that trains; the rest, later in time, tests. */
      readonly trainShare: number;
    }
) & {
  /**
   * Training rows nearer than this to the first moment of the test are in no part: their labels were not yet
   * known when the test begins. Default none.
   */
  readonly embargo?: Duration;
};

/**
 * Splits by time: all of training lies before all of test, and rows of equal time stay together.
 *
 * Ranges are one or two months or dates of ISO 8601, in UTC, each end inclusive at its own precision: April
 * as an end is the whole of April. With `trainShare`, the cut is the time at that share of the rows in
 * order of time; rows at the cut itself test. Throws MW0207 and MW0209.
 */
export function byTime(options: TimeSplit): Split {
  const { embargo } = options;
  const common = embargo === undefined ? {} : { embargo };
  if ("trainShare" in options) {
    rejectUnknownKeys(options, ["trainShare", "embargo"], "options of byTime() with trainShare");
    const { trainShare } = options;
    checkShare(trainShare, "trainShare");
    return timeSplit({ by: "time", trainShare, ...common }, embargo, (times) => cutAt(times, trainShare));
  }
  rejectUnknownKeys(options, ["train", "test", "trainShare", "embargo"], "options of byTime()");
  const train = parseRange("train", options.train);
  const test = parseRange("test", options.test);
  if (test.from < train.to) {
    throw badSplit(
      "a test range that begins after the training range ends",
      `train ${options.train}, test ${options.test}`,
    );
  }
  const definition = { by: "time", train: options.train, test: options.test, ...common };
  return timeSplit(definition, embargo, () => ({ train, test }));
}

/** Milliseconds, `to` exclusive. */
interface Range {
  readonly from: number;
  readonly to: number;
}

function timeSplit(
  definition: Canonical,
  embargo: Duration | undefined,
  rangesOf: (times: Float64Array) => { train: Range; test: Range },
): Split {
  const embargoMs = embargo === undefined ? 0 : durationMs(embargo);
  return Object.freeze({
    kind: "time",
    definition,
    assign({ times }: SplitRows) {
      const { train, test } = rangesOf(times);
      const trainTo = Math.min(train.to, test.from - embargoMs);
      const parts = Uint8Array.from(times, (time) => {
        if (time >= train.from && time < trainTo) return splitPart.train;
        return time >= test.from && time < test.to ? splitPart.test : splitPart.none;
      });
      if (!parts.includes(splitPart.train))
        checkEmbargo(embargo, times.filter((time) => time >= train.from && time < train.to).length);
      return checkParts(parts, () => foundTimes(times));
    },
    hold({ times }: SplitRows, train: Uint32Array, share: number) {
      const cut = cutAt(
        Float64Array.from(train, (row) => times[row]),
        1 - share,
      ).test.from;
      const fit = train.filter((row) => times[row] < cut - embargoMs);
      if (fit.length === 0) checkEmbargo(embargo, train.filter((row) => times[row] < cut).length);
      return checkHeld({ fit, held: train.filter((row) => times[row] >= cut) });
    },
  } satisfies Split);
}

/** Throws MW0209 where rows before the next part are there, and none is left because of the embargo. */
function checkEmbargo(embargo: Duration | undefined, rows: number): void {
  if (embargo === undefined || rows === 0) return;
  throw badSplit(
    `rows to train on that are earlier than the embargo of ${embargo} before the next part`,
    `${rows} ${rows === 1 ? "row" : "rows"}, all of them within it`,
    "Shorten the embargo, or give the training more time before it.",
  );
}

/** Before and from the time at a share of the rows in order of time. */
function cutAt(times: Float64Array, share: number): { train: Range; test: Range } {
  const sorted = times.filter((time) => !Number.isNaN(time)).sort();
  const cut = sorted[Math.round(sorted.length * share)] ?? Infinity;
  return { train: { from: -Infinity, to: cut }, test: { from: cut, to: Infinity } };
}

function parseRange(name: string, text: string): Range {
  const [first, last = first, ...more] = typeof text === "string" ? text.split("/") : [];
  const from = periodOf(first)?.from ?? NaN;
  const to = periodOf(last)?.to ?? NaN;
  if (more.length > 0 || !(from < to)) {
    throw badSplit(
      `one or two ISO months or dates, the first not after the last, as "${name}"`,
      JSON.stringify(text) ?? "nothing",
    );
  }
  return { from, to };
}

/** The month or the day that an ISO text names. */
function periodOf(text: string | undefined): Range | undefined {
  if (text === undefined) return undefined;
  if (/^\d{4}-\d{2}$/.test(text)) {
    const from = parseTimestamp(`${text}-01`);
    const [year, month] = text.split("-").map(Number);
    return { from, to: Date.UTC(year, month, 1) };
  }
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const from = parseTimestamp(text);
  return { from, to: from + 86_400_000 };
}
