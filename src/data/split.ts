import { parseTimestamp, type Canonical } from "../kernel/index.js";
import { dataErrors } from "./errors.js";
import { rejectUnknownKeys } from "./options.js";

/** What `assign` says of a row. */
export const splitPart = Object.freeze({ none: 0, train: 1, test: 2 });

/** Divides the rows of a spine into training and test. */
export interface Split {
  readonly kind: "time";
  /** The plain, hashable form. */
  readonly definition: Canonical;
  /**
   * The part of each row by its time in epoch milliseconds: {@link splitPart}. A NaN time is in none.
   * Throws MW0209 when training or test gets no row.
   */
  assign(times: Float64Array): Uint8Array;
}

export type TimeSplit =
  | {
      /** A range such as `"2001-01/2001-04"`, `"2001-01-15/2001-04-30"` or `"2001-05"`: both ends belong to it. */
      readonly train: string;
      readonly test: string;
    }
  | {
      /** The share of rows, above 0 and below 1, that trains; the rest, later in time, tests. */
      readonly trainShare: number;
    };

/**
 * Splits by time: all of training lies before all of test, and rows of equal time stay together.
 *
 * Ranges are one or two months or dates of ISO 8601, in UTC, each end inclusive at its own precision: April
 * as an end is the whole of April. With `trainShare`, the cut is the time at that share of the rows in
 * order of time; rows at the cut itself test. Throws MW0207 and MW0209.
 */
export function byTime(options: TimeSplit): Split {
  if ("trainShare" in options) {
    rejectUnknownKeys(options, ["trainShare"], "options of byTime() with trainShare");
    return byShare(options.trainShare);
  }
  rejectUnknownKeys(options, ["train", "test", "trainShare"], "options of byTime()");
  const train = parseRange("train", options.train);
  const test = parseRange("test", options.test);
  if (test.from < train.to) {
    throw badSplit(
      "a test range that begins after the training range ends",
      `train ${options.train}, test ${options.test}`,
    );
  }
  const definition = { by: "time", train: options.train, test: options.test };
  return split(definition, () => ({ train, test }));
}

/** Milliseconds, `to` exclusive. */
interface Range {
  readonly from: number;
  readonly to: number;
}

function split(
  definition: Canonical,
  rangesOf: (times: Float64Array) => { train: Range; test: Range },
): Split {
  return Object.freeze({
    kind: "time",
    definition,
    assign(times: Float64Array) {
      const { train, test } = rangesOf(times);
      const parts = new Uint8Array(times.length);
      const counts = [0, 0, 0];
      const within = (time: number, range: Range) => time >= range.from && time < range.to;
      for (let row = 0; row < times.length; row++) {
        const time = times[row];
        parts[row] = within(time, train)
          ? splitPart.train
          : within(time, test)
            ? splitPart.test
            : splitPart.none;
        counts[parts[row]]++;
      }
      for (const name of ["train", "test"] as const) {
        if (counts[splitPart[name]] === 0) throw badSplit(`rows in the part "${name}"`, foundTimes(times));
      }
      return parts;
    },
  });
}

function byShare(trainShare: number): Split {
  if (!(typeof trainShare === "number" && trainShare > 0 && trainShare < 1)) {
    throw badSplit("a trainShare above 0 and below 1", JSON.stringify(trainShare));
  }
  return split({ by: "time", trainShare }, (times) => {
    const sorted = times.filter((time) => !Number.isNaN(time)).sort();
    const cut = sorted[Math.round(sorted.length * trainShare)] ?? Infinity;
    return { train: { from: -Infinity, to: cut }, test: { from: cut, to: Infinity } };
  });
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

function foundTimes(times: Float64Array): string {
  let first = Infinity;
  let last = -Infinity;
  let count = 0;
  for (const time of times) {
    if (!Number.isNaN(time)) count++;
    if (time < first) first = time;
    if (time > last) last = time;
  }
  if (first > last) return "no row with a time";
  return `${count} rows from ${new Date(first).toISOString()} to ${new Date(last).toISOString()}`;
}

function badSplit(expected: string, found: string) {
  return dataErrors.error("MW0209", {
    expected,
    found,
    remedy: 'Mend the split, e.g. byTime({ train: "2001-01/2001-04", test: "2001-05/2001-06" }).',
  });
}
