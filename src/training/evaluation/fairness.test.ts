import { describe, expect, test } from "vitest";
import type { SliceRows } from "./evaluate-slices.js";
import { measureFairness, type FairnessGap } from "./fairness.js";
import type { RegressionScored } from "./scored.js";
import { binaryRows, groupOfRow, multiclassRows, quantileRows } from "./task-rows.testing.js";

const codeOf = (code: string) => expect.objectContaining({ code }) as Error;

function groupsOf(numbers: readonly number[]): SliceRows {
  const names = [...new Set(numbers)].sort((a, b) => a - b);
  const rows = (name: number) =>
    Uint32Array.from(numbers.flatMap((group, row) => (group === name ? [row] : [])));
  return { dimension: "origin", groups: new Map(names.map((name) => [String(name), rows(name)])) };
}

const groups = groupsOf(groupOfRow);

describe("gaps of a yes-or-no outcome", () => {
  const report = measureFairness(binaryRows(), groups, { seed: 1, minRows: 50 });

  test("are those of fairlearn 0.15 on the same rows", () => {
    // demographic_parity_difference, demographic_parity_ratio, equalized_odds_difference, equal_opportunity_difference
    expect(report.gaps.demographicParityDifference?.value).toBeCloseTo(0.06446776611694155, 12);
    expect(report.gaps.demographicParityRatio?.value).toBeCloseTo(0.8652037617554859, 12);
    expect(report.gaps.equalisedOddsDifference?.value).toBeCloseTo(0.27714285714285714, 12);
    expect(report.gaps.equalOpportunityDifference?.value).toBeCloseTo(0.27714285714285714, 12);
  });

  test("come from the groups' own figures, each with an interval", () => {
    expect(report.groups.map(({ value, rows, state }) => [value, rows, state])).toEqual([
      ["0", 58, "measured"],
      ["1", 69, "measured"],
      ["2", 73, "measured"],
    ]);
    const { scores, labels } = binaryRows();
    report.groups.forEach((group, g) => {
      if (group.state !== "measured") throw new TypeError("too small");
      const rows = groupOfRow.flatMap((of, row) => (of === g ? [row] : []));
      const share = (of: readonly number[], holds: (row: number) => boolean) =>
        of.filter(holds).length / of.length;
      const predicted = (row: number) => scores[row] >= 0.5;
      const naive = {
        selectionRate: share(rows, predicted),
        truePositiveRate: share(
          rows.filter((row) => labels[row] === 1),
          predicted,
        ),
        falsePositiveRate: share(
          rows.filter((row) => labels[row] === 0),
          predicted,
        ),
        accuracy: share(rows, (row) => predicted(row) === (labels[row] === 1)),
        calibration: rows.reduce((sum, row) => sum + scores[row] - labels[row], 0) / rows.length,
      };
      for (const [name, value] of Object.entries(naive)) {
        expect(group.figures[name].value).toBeCloseTo(value, 12);
        expect(group.figures[name].interval?.low).toBeLessThanOrEqual(
          group.figures[name].interval?.high ?? NaN,
        );
      }
    });
    expect(report.resampling).toEqual({ unit: "days", count: 10, replicates: 200 });
  });

  test("weigh rows: weights as whole numbers are rows repeated", () => {
    const weighted = binaryRows({ weighted: true });
    const repeat = Array.from(weighted.weights ?? []).flatMap((weight, row) =>
      new Array<number>(weight).fill(row),
    );
    const repeated = {
      task: "binary" as const,
      scores: Float32Array.from(repeat, (row) => weighted.scores[row]),
      labels: Uint8Array.from(repeat, (row) => weighted.labels[row]),
      times: Float64Array.from(repeat, (row) => weighted.times[row]),
    };
    const one = measureFairness(weighted, groups, { seed: 1, minRows: 50 }).gaps;
    const other = measureFairness(repeated, groupsOf(repeat.map((row) => groupOfRow[row])), {
      seed: 1,
      minRows: 50,
    }).gaps;
    for (const gap of Object.keys(one) as FairnessGap[]) {
      expect(one[gap]?.value).toBeCloseTo(other[gap]?.value ?? NaN, 12);
      expect(one[gap]?.interval?.high).toBeCloseTo(other[gap]?.interval?.high ?? NaN, 12);
    }
  });
});

describe("gaps of numbers", () => {
  const scored: RegressionScored = {
    task: "regression",
    scores: Float32Array.of(1, 3, 5, 9),
    values: Float64Array.of(2, 2, 5, 5),
    // Both groups are in each of the two days.
    times: Float64Array.of(0, 1e9, 0, 1e9),
  };

  test("are counted by hand", () => {
    // Predictions 2 and 7; errors (−1, 1) and (0, 4): means 0 and 2, absolute means 1 and 2.
    const { gaps } = measureFairness(scored, groupsOf([0, 0, 1, 1]), { seed: 1, minRows: 2 });
    expect(gaps.meanPredictionDifference?.value).toBe(5);
    expect(gaps.meanErrorDifference?.value).toBe(2);
    expect(gaps.maeDifference?.value).toBe(1);
    expect(Object.keys(gaps)).toEqual(["meanPredictionDifference", "meanErrorDifference", "maeDifference"]);
  });

  test("have a reason without a point prediction", () => {
    const outer = { ...quantileRows(), quantiles: [0.1, 0.4, 0.9] };
    expect(measureFairness(outer, groups, { seed: 1, minRows: 50 }).gaps.maeDifference?.value).toBeNull();
  });
});

describe("groups that are too small", () => {
  test("are stated, and are in no gap", () => {
    const { groups: found, gaps } = measureFairness(binaryRows(), groups, { seed: 1, minRows: 60 });
    expect(found[0]).toEqual({ state: "insufficient", value: "0", rows: 58, reason: "fewer than 60 rows" });
    const two = groupOfRow.flatMap((group, row) => (group === 0 ? [] : [row]));
    const rates = [1, 2].map((group) => {
      const rows = two.filter((row) => groupOfRow[row] === group);
      return rows.filter((row) => binaryRows().scores[row] >= 0.5).length / rows.length;
    });
    expect(gaps.demographicParityDifference?.value).toBeCloseTo(Math.abs(rates[0] - rates[1]), 12);
  });

  test("leave no gap when fewer than two remain", () => {
    for (const minRows of [72, 80]) {
      const { gaps } = measureFairness(binaryRows(), groups, { seed: 1, minRows });
      expect(gaps.demographicParityRatio).toMatchObject({
        value: null,
        reason: "fewer than two groups have enough rows",
      });
    }
  });

  test("so are groups of one class", () => {
    const { labels } = binaryRows();
    const { groups: found } = measureFairness(binaryRows(), groupsOf(Array.from(labels)), {
      seed: 1,
      minRows: 50,
    });
    expect(found.map((group) => group.state === "insufficient" && group.reason)).toEqual([
      "one class",
      "one class",
    ]);
  });
});

test("other tasks have no gaps: MW0504", () => {
  expect(() => measureFairness(multiclassRows(), groups, { seed: 1 })).toThrow(codeOf("MW0504"));
});
