import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRng } from "../../kernel/index.js";
import { evaluateSlices, smallestSliceRows } from "./evaluate-slices.js";
import { compare, evaluate } from "./evaluate.js";
import { ranked, type BinaryScored } from "./scored.js";

const dayMs = 86_400_000;

function scored(
  scores: readonly number[],
  labels: readonly number[],
  times?: readonly number[],
): BinaryScored {
  return {
    task: "binary",
    scores: Float32Array.from(scores),
    labels: Uint8Array.from(labels),
    times: Float64Array.from(times ?? scores.map((_, i) => (i % 5) * dayMs)),
  };
}

/** Rows over 20 days, before 1970 too, whose labels follow their scores. */
function sample(count: number, seed = 1): BinaryScored {
  const rng = seededRng(seed);
  const scores = Array.from({ length: count }, () => rng.next());
  return scored(
    scores,
    scores.map((p) => Number(rng.next() < p)),
    scores.map(() => (rng.below(20) - 10) * dayMs + rng.below(dayMs)),
  );
}

const codeOf = (code: string) => expect.objectContaining({ code }) as Error;

describe("an evaluation", () => {
  test("of four rows is what one computes by hand", () => {
    const { rows, positives, metrics, averagePrecision, scoreHistogram } = evaluate(
      scored([0.25, 0.5, 0.75, 1], [0, 1, 0, 1]),
      1,
    );
    expect([rows, positives]).toEqual([4, 2]);
    // Of 2 × 2 pairs three are in order: (1 over 0.25, 0.75), (0.5 over 0.25).
    expect(metrics.auc.value).toBe(0.75);
    // (0.0625 + 0.25 + 0.5625 + 0) / 4
    expect(metrics.brier.value).toBe(0.21875);
    // −(ln 0.75 + ln 0.5 + ln 0.25 + ln 1) / 4
    expect(metrics.logLoss.value).toBeCloseTo((Math.log(4 / 3) + Math.log(2) + Math.log(4)) / 4, 12);
    // Each of the four scores is a bin: (0.25 + 0.5 + 0.75 + 0) / 4.
    expect(metrics.ece.value).toBeCloseTo(0.375, 12);
    // Recall 1/2 at precision 1, recall 1 at precision 2/3.
    expect(averagePrecision).toBeCloseTo(5 / 6, 12);
    const filled = scoreHistogram.flatMap((n, bin) => (n > 0 ? [[bin, n]] : []));
    expect(filled).toEqual([
      [12, 1],
      [25, 1],
      [37, 1],
      [49, 1],
    ]);
  });

  test("has curves from corner to corner", () => {
    const { roc, precisionRecall, calibration } = evaluate(scored([0.25, 0.5, 0.75, 1], [0, 1, 0, 1]), 1);
    expect(roc).toEqual([
      [0, 0],
      [0, 0.5],
      [0.5, 0.5],
      [0.5, 1],
      [1, 1],
    ]);
    expect(precisionRecall).toContainEqual([1, 2 / 3]);
    expect(calibration.length).toBeGreaterThan(0);
  });

  test("resamples whole days: two days alike give intervals without width", () => {
    const [scores, labels] = [
      [0.25, 0.5, 0.75, 1],
      [0, 1, 0, 1],
    ];
    const times = [0, 1, 2, dayMs - 1];
    const twice = scored(
      [...scores, ...scores],
      [...labels, ...labels],
      [...times, ...times.map((time) => time - dayMs)],
    );
    expect(evaluate(twice, 1).metrics.auc.interval).toMatchObject({ low: 0.75, high: 0.75, level: 0.95 });
  });

  test("of one day resamples its rows, and says so", () => {
    const oneDay = scored([0.25, 0.5, 0.75, 1], [0, 1, 0, 1], [0, 1, 2, dayMs - 1]);
    const { resampling, metrics } = evaluate(oneDay, 1);
    expect(resampling).toEqual({ unit: "rows", count: 4, replicates: 200 });
    expect(metrics.auc.interval.low).toBeLessThan(metrics.auc.interval.high);
    expect(compare(oneDay).metrics.auc).toBe(0.75);
  });

  test("without intervals has the same figures and curves", () => {
    const rows = sample(500);
    const { metrics, averagePrecision, roc, precisionRecall } = evaluate(rows, 1);
    expect(compare(rows)).toEqual({
      rows: 500,
      positives: rows.labels.reduce((sum, label) => sum + label, 0),
      metrics: {
        auc: metrics.auc.value,
        logLoss: metrics.logLoss.value,
        brier: metrics.brier.value,
        ece: metrics.ece.value,
      },
      averagePrecision,
      roc,
      precisionRecall,
    });
  });

  test("is plain JSON, repeatable, and the same for its rows in another order of days", () => {
    const rows = sample(2_000);
    const first = evaluate(rows, 7);
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    expect(evaluate(rows, 7)).toEqual(first);
    expect(evaluate(rows, 8).metrics.auc.value).toBe(first.metrics.auc.value);
    expect(evaluate(rows, 8).metrics.auc.interval).not.toEqual(first.metrics.auc.interval);
  });

  test("counts every row once and keeps values within their intervals", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const rows = sample(300, seed);
        const { scoreHistogram, metrics, rows: counted } = evaluate(rows, seed);
        expect(counted).toBe(300);
        expect(scoreHistogram.reduce((total, n) => total + n, 0)).toBe(300);
        expect(scoreHistogram).toHaveLength(50);
        expect(metrics.auc.interval.low).toBeLessThanOrEqual(metrics.auc.value);
        expect(metrics.auc.interval.high).toBeGreaterThanOrEqual(metrics.auc.value);
      }),
      { numRuns: 20 },
    );
  });

  test.each<[string, BinaryScored]>([
    ["no rows", scored([], [])],
    ["one class", scored([0.1, 0.2], [1, 1])],
    ["a score that is no number", scored([NaN, 0.2], [0, 1])],
    ["a score above 1", scored([0.5, 1.5], [0, 1])],
    ["a score below 0", scored([-0.5, 0.5], [0, 1])],
    ["a label that is neither 0 nor 1", scored([0.5, 0.5], [0, 2])],
  ])("of %s is not possible: MW0502", (_, rows) => {
    expect(() => ranked(rows)).toThrow(codeOf("MW0502"));
    expect(() => evaluate(rows, 1)).toThrow(codeOf("MW0502"));
  });
});

describe("slices", () => {
  const rows = sample(2_000);
  const all = Uint32Array.from({ length: 2_000 }, (_, i) => i);

  test("are evaluated as if they were alone, in the order of the groups", () => {
    const groups = new Map([
      ["late", all.slice(1_000)],
      ["early", all.slice(0, 1_000)],
    ]);
    const [late, early] = evaluateSlices(rows, { dimension: "half", groups }, 3);
    expect([late, early].map(({ dimension, value, rows }) => [dimension, value, rows])).toEqual([
      ["half", "late", 1_000],
      ["half", "early", 1_000],
    ]);
    const alone: BinaryScored = {
      task: "binary",
      scores: rows.scores.slice(0, 1_000),
      labels: rows.labels.slice(0, 1_000),
      times: rows.times.slice(0, 1_000),
    };
    expect(early.auc?.value).toBe(evaluate(alone, 3).metrics.auc.value);
    expect(early.rate).toBe(alone.labels.reduce((sum, label) => sum + label, 0) / 1_000);
    expect(early.auc?.low).toBeLessThan(early.auc?.high ?? NaN);
  });

  test("too small have a rate but no figure: fewer than 500 rows", () => {
    expect(smallestSliceRows).toBe(500);
    const groups = new Map([
      ["499", all.slice(0, 499)],
      ["500", all.slice(0, 500)],
    ]);
    const [small, enough] = evaluateSlices(rows, { dimension: "size", groups }, 3);
    expect(small).toMatchObject({ rows: 499, auc: null });
    expect(small.rate).toBeGreaterThan(0);
    expect(enough.auc).not.toBeNull();
  });

  test("of one day among several have no figure", () => {
    const times = rows.times.map((time, row) => (row < 1_000 ? 5 * dayMs : time));
    const groups = new Map([["one day", all.slice(0, 1_000)]]);
    const [slice] = evaluateSlices({ ...rows, times }, { dimension: "half", groups }, 3);
    expect(slice).toMatchObject({ rows: 1_000, auc: null });
    expect(slice.metrics.auc).toMatchObject({ value: null, reason: "its rows are all of one day or group" });
  });

  test("of one class have no figure", () => {
    const groups = new Map(
      [0, 1].map((label) => [String(label), all.filter((row) => rows.labels[row] === label)]),
    );
    const [negatives, positives] = evaluateSlices(rows, { dimension: "class", groups }, 3);
    expect(negatives).toMatchObject({ rate: 0, auc: null });
    expect(positives).toMatchObject({ rate: 1, auc: null });
    expect(positives.rows).toBeGreaterThan(500);
  });
});
