import { describe, expect, test } from "vitest";
import { evaluate } from "./evaluation/evaluate.js";
import type { FairnessReport } from "./evaluation/fairness.js";
import type { RobustnessReport } from "./evaluation/robustness.js";
import { binaryRows } from "./evaluation/task-rows.testing.js";
import { behaves, fairAcross, withstands } from "./gate-behaviour.js";
import type { GateInput } from "./gate.js";

const figure = (value: number, low: number, high: number) => ({
  value,
  interval: { low, high, level: 0.95 },
});
const codeOf = (code: string, facts: object = {}) => expect.objectContaining({ code, ...facts }) as Error;
const candidate = evaluate(binaryRows(), 1);
const input = (given: Partial<GateInput> = {}): GateInput => ({
  task: "binary",
  candidate,
  baseline: undefined,
  champion: { kind: "none" },
  ...given,
});
const nothing = { passed: false, observed: null };

describe("fairAcross", () => {
  const report: FairnessReport = {
    attribute: "sex",
    task: "binary",
    groups: [],
    gaps: {
      demographicParityDifference: figure(0.125, 0.0625, 0.25),
      demographicParityRatio: figure(0.75, 0.5, 0.875),
      equalisedOddsDifference: {
        value: null,
        interval: null,
        reason: "fewer than two groups have enough rows",
      },
    },
    resampling: { unit: "days", count: 5, replicates: 200 },
  };

  test.each([
    ["demographicParityDifference", 0.25, 0.25, true],
    ["demographicParityDifference", 0.2, 0.25, false],
    ["demographicParityRatio", 0.5, 0.5, true],
    ["demographicParityRatio", 0.8, 0.5, false],
  ] as const)(
    "holds %s to %d by the end that speaks against the model, %d: %s",
    (gap, limit, observed, passed) => {
      const outcome = fairAcross("sex", gap, limit).judge(input({ fairness: [report] }));
      expect(outcome).toMatchObject({ passed, observed, required: limit });
    },
  );

  test("does not pass what was not compared or could not be measured", () => {
    const fairness = [report];
    expect(fairAcross("age", "demographicParityDifference", 1).judge(input({ fairness }))).toMatchObject(
      nothing,
    );
    expect(fairAcross("sex", "equalisedOddsDifference", 1).judge(input({ fairness }))).toMatchObject(nothing);
    expect(fairAcross("sex", "maeDifference", 1).judge(input({ fairness }))).toMatchObject(nothing);
    expect(fairAcross("sex", "maeDifference", 1).judge(input())).toMatchObject(nothing);
  });

  test("names the nearest gap: MW0501", () => {
    const gap = "demographicParityRation" as string as "demographicParityRatio";
    expect(() => fairAcross("sex", gap, 0.8)).toThrow(
      codeOf("MW0501", { remedy: 'Did you mean "demographicParityRatio"?' }),
    );
  });
});

const report: RobustnessReport = {
  rows: 100,
  perturbations: [
    { name: "distance missing", falls: { auc: figure(0.0625, 0, 0.125) } },
    { name: "origin unknown", falls: { auc: figure(0.125, 0.0625, 0.25) } },
  ],
  tests: [
    {
      name: "changing sex does not change the prediction",
      passed: true,
      rows: 100,
      violations: 0,
      worst: 0,
      detail: "",
    },
  ],
};

describe("withstands", () => {
  test("reads the upper end of the greatest fall", () => {
    const judge = (maxFall: number) => withstands("auc", { maxFall }).judge(input({ robustness: report }));
    expect(judge(0.25)).toMatchObject({ passed: true, observed: 0.25, required: 0.25 });
    expect(judge(0.2)).toMatchObject({ passed: false, observed: 0.25 });
    expect(judge(0.2).detail).toContain("origin unknown");
  });

  test("does not pass without perturbations or without the metric", () => {
    const gate = withstands("auc", { maxFall: 1 });
    expect(gate.judge(input())).toMatchObject(nothing);
    expect(gate.judge(input({ robustness: { ...report, perturbations: [] } }))).toMatchObject(nothing);
    expect(withstands("mcc", { maxFall: 1 }).judge(input({ robustness: report }))).toMatchObject(nothing);
  });

  test("is refused with an unknown metric or a bad limit", () => {
    expect(() => withstands("aucc" as string as "auc", { maxFall: 1 })).toThrow(codeOf("MW0501"));
    expect(() => withstands("auc", { maxFall: -1 })).toThrow(codeOf("MW0104"));
  });
});

describe("behaves", () => {
  test("passes when every test holds, and fails without any", () => {
    expect(behaves().judge(input({ robustness: report }))).toMatchObject({ passed: true, observed: 0 });
    expect(behaves().judge(input({ robustness: { ...report, tests: [] } }))).toMatchObject(nothing);
    expect(behaves().judge(input())).toMatchObject(nothing);
    const broken = { ...report.tests[0], passed: false, detail: "3 of 100 rows break it" };
    const outcome = behaves().judge(input({ robustness: { ...report, tests: [...report.tests, broken] } }));
    expect(outcome).toMatchObject({ passed: false, observed: 1 });
    expect(outcome.detail).toContain("3 of 100 rows break it");
  });
});
