import { describe, expect, test } from "vitest";
import type { PairedComparison } from "./evaluation/comparison.js";
import type { SliceEvaluation } from "./evaluation/evaluate-slices.js";
import { evaluate } from "./evaluation/evaluate.js";
import type { Figure } from "./evaluation/figures.js";
import type { EvaluationMetric } from "./evaluation/metric-table.js";
import { binaryRows } from "./evaluation/task-rows.testing.js";
import { atLeast, atMost, beatsBaseline, calibrated, checkGates, notWorseThan } from "./gate.js";
import type { ChampionComparison, GateInput } from "./gate.js";

const figure = (value: number, low: number, high: number) => ({
  value,
  interval: { low, high, level: 0.95 },
});
const unmeasured = (reason: string): Figure => ({ value: null, interval: null, reason });

// Halves, quarters and eighths, so that sums and bounds are exact.
const metrics = {
  auc: figure(0.75, 0.625, 0.875),
  logLoss: figure(0.5, 0.375, 0.625),
  brier: figure(0.25, 0.125, 0.375),
  ece: figure(0.125, 0, 0.25),
  precision: unmeasured("no row is predicted positive at 0.5"),
};
const candidate = { ...evaluate(binaryRows(), 1), metrics };

/** The difference of one metric from another model, as an interval. */
function paired(metric: EvaluationMetric, low: number, high: number): PairedComparison {
  const difference = figure((low + high) / 2, low, high);
  return {
    task: "binary",
    rows: 10,
    resampling: { unit: "days", count: 5, replicates: 200 },
    metrics: {
      [metric]: { candidate: 0.75, reference: 0.75 - (low + high) / 2, difference },
      precision: {
        candidate: null,
        reference: 0.5,
        difference: null,
        reason: "no row is predicted positive",
      },
    },
  };
}

function input(given: Partial<GateInput> = {}): GateInput {
  return { task: "binary", candidate, baseline: undefined, champion: { kind: "none" }, ...given };
}

const codeOf = (code: string, facts: object = {}) => expect.objectContaining({ code, ...facts }) as Error;

describe("atLeast", () => {
  test.each([
    [0.5, true],
    [0.625, true],
    [0.626, false],
    [0.75, false],
  ])("holds the lower end of the interval, 0.625, to %d: %s", (limit, passed) => {
    const outcome = atLeast("auc", limit).judge(input());
    expect(outcome).toMatchObject({ name: `auc ≥ ${limit}`, passed, observed: 0.625, required: limit });
  });

  test("says what it saw", () => {
    const { detail } = atLeast("auc", 0.5).judge(input());
    expect(detail).toBe("auc 0.7500, lower end of its 95 % interval 0.6250 ≥ 0.5");
  });
});

describe("atMost", () => {
  test.each([
    [0.7, true],
    [0.625, true],
    [0.624, false],
    [0.5, false],
  ])("holds the upper end of the interval, 0.625, to %d: %s", (limit, passed) => {
    const outcome = atMost("logLoss", limit).judge(input());
    expect(outcome).toMatchObject({ name: `logLoss ≤ ${limit}`, passed, observed: 0.625, required: limit });
    expect(outcome.detail).toBe(`logLoss 0.5000, upper end of its 95 % interval 0.6250 ≤ ${limit}`);
  });

  test("of the calibration error is what calibrated() asks", () => {
    expect(calibrated(0.25).judge(input())).toMatchObject({ passed: true, observed: 0.25 });
    expect(calibrated().judge(input())).toMatchObject({ passed: false, required: 0.05 });
  });
});

describe("a metric that could not be measured never passes", () => {
  const baseline = paired("auc", 1, 1);
  test.each([
    ["atLeast", atLeast("precision", -1)],
    ["atMost", atMost("precision", 9)],
    ["of another task", atMost("rmse", 9)],
    ["beatsBaseline", beatsBaseline("precision")],
    ["notWorseThan", notWorseThan("champion", "precision", { margin: 9 })],
    ["notWorseThan of another task", notWorseThan("champion", "rmse", { margin: 9 })],
  ])("%s", (_, gate) => {
    for (const champion of [
      { kind: "none" },
      { kind: "measured", comparison: baseline },
    ] as ChampionComparison[]) {
      const outcome = gate.judge(input({ baseline, champion }));
      expect(outcome).toMatchObject({ passed: false, observed: null });
      expect(outcome.detail).toContain("is not measured");
    }
  });
});

describe("beatsBaseline", () => {
  test.each([
    ["auc", 0.125, 0.25, 0.125, true],
    ["auc", 0, 0.25, 0, false],
    ["auc", -0.125, 0.5, -0.125, false],
    ["logLoss", -0.25, -0.125, -0.125, true],
    ["logLoss", -0.25, 0, 0, false],
    ["logLoss", 0.125, 0.25, 0.25, false],
  ] as const)("in %s, a difference of %d to %d, at worst %d: %s", (metric, low, high, observed, passed) => {
    const outcome = beatsBaseline(metric).judge(input({ baseline: paired(metric, low, high) }));
    expect(outcome).toMatchObject({ passed, observed, required: 0 });
  });

  test("fails where there is no baseline", () => {
    expect(beatsBaseline("auc").judge(input())).toMatchObject({
      passed: false,
      detail: "there is no baseline",
    });
  });
});

describe("notWorseThan", () => {
  test.each([
    ["auc", -0.125, 0.25, -0.125, true],
    ["auc", -0.126, 0.25, -0.126, false],
    ["auc", 0.125, 0.25, 0.125, true],
    ["logLoss", -0.25, 0.125, 0.125, true],
    ["logLoss", -0.25, 0.126, 0.126, false],
  ] as const)(
    "in %s, a difference of %d to %d, margin 0.125: at worst %d, %s",
    (metric, low, high, observed, passed) => {
      const champion: ChampionComparison = { kind: "measured", comparison: paired(metric, low, high) };
      const outcome = notWorseThan("champion", metric, { margin: 0.125 }).judge(input({ champion }));
      expect(outcome).toMatchObject({ passed, observed, required: metric === "auc" ? -0.125 : 0.125 });
    },
  );

  test("passes where there is no champion, and says so", () => {
    const outcome = notWorseThan("champion", "auc", { margin: 0 }).judge(input());
    expect(outcome).toMatchObject({
      passed: true,
      observed: 0.75,
      required: null,
      detail: "there is no champion yet",
    });
  });

  test("fails where the champion cannot be compared: no evidence is not a pass", () => {
    const champion: ChampionComparison = { kind: "incomparable", reason: "it reads other features" };
    const outcome = notWorseThan("champion", "auc", { margin: 1 }).judge(input({ champion }));
    expect(outcome).toMatchObject({ passed: false, observed: null, detail: champion.reason });
  });
});

describe("a gate on slices", () => {
  const slice = (value: string, rows: number, auc: Figure): SliceEvaluation => ({
    dimension: "hour",
    value,
    rows,
    metrics: { auc },
  });
  const good = slice("1", 900, figure(0.875, 0.75, 1));
  const bad = slice("2", 600, figure(0.75, 0.5, 1));
  const blind = slice("3", 700, unmeasured("one class"));
  const gate = atLeast("auc", 0.625).onSlices();

  test("passes when every slice holds the bound, and names the worst", () => {
    const outcome = gate.judge(input({ slices: [good] }));
    expect(outcome).toMatchObject({
      name: "auc ≥ 0.625 on slices",
      passed: true,
      observed: 0.75,
      required: 0.625,
    });
    expect(gate.judge(input({ slices: [good, bad] }))).toMatchObject({
      passed: false,
      observed: 0.5,
      detail: expect.stringContaining("1 of 2 slices fail; worst hour 2") as string,
    });
  });

  test("leaves out slices with too few rows, and passes nothing without any left", () => {
    const large = atLeast("auc", 0.625).onSlices({ minRows: 700 });
    expect(large.judge(input({ slices: [good, bad] })).passed).toBe(true);
    const none = { passed: false, observed: null };
    expect(
      atLeast("auc", 0)
        .onSlices({ minRows: 1000 })
        .judge(input({ slices: [good, bad] })),
    ).toMatchObject(none);
    expect(gate.judge(input())).toMatchObject(none);
  });

  test("does not pass a slice that could not be measured", () => {
    expect(gate.judge(input({ slices: [good, blind] }))).toMatchObject({ passed: false, observed: null });
  });

  test("reads the other end of what should be small", () => {
    const losses = { ...good, metrics: { logLoss: figure(0.5, 0.25, 0.75) } };
    expect(
      atMost("logLoss", 0.5)
        .onSlices()
        .judge(input({ slices: [losses] })),
    ).toMatchObject({
      passed: false,
      observed: 0.75,
    });
  });
});

describe("a gate", () => {
  test("of an unknown metric is refused with the nearest name: MW0501", () => {
    const metric = "logloss" as string as "auc";
    for (const make of [
      () => atLeast(metric, 0.5),
      () => atMost(metric, 0.5),
      () => beatsBaseline(metric),
      () => notWorseThan("champion", metric, { margin: 0 }),
    ]) {
      expect(make).toThrow(codeOf("MW0501", { found: '"logloss"', remedy: 'Did you mean "logLoss"?' }));
    }
  });

  test("on a metric of another task is refused by the model: MW0501", () => {
    const gates = [atLeast("auc", 0.5), atMost("mae", 1)];
    expect(() => checkGates(gates, "regression", 'model "price"')).toThrow(
      codeOf("MW0501", { found: '"auc"' }),
    );
    expect(() => checkGates([atMost("mae", 1)], "regression", 'model "price"')).not.toThrow();
  });

  test("with a bad number or an unknown option is refused", () => {
    expect(() => atLeast("auc", NaN)).toThrow(codeOf("MW0104"));
    expect(() => atMost("auc", Infinity)).toThrow(codeOf("MW0104"));
    expect(() => atMost("auc", 1).onSlices({ minRows: 100 })).toThrow(codeOf("MW0104"));
    expect(() => notWorseThan("champion", "auc", { margin: -0.1 })).toThrow(codeOf("MW0104"));
    const options = { margn: 0.1 } as object as { margin: number };
    expect(() => notWorseThan("champion", "auc", options)).toThrow(
      codeOf("MW0103", { remedy: 'Did you mean "margin"?' }),
    );
  });

  test("has a definition with everything that it judges by", () => {
    const definitions = [
      atLeast("auc", 0.5),
      atMost("auc", 0.5),
      beatsBaseline("ece"),
      notWorseThan("champion", "brier", { margin: 0.25 }),
      atLeast("auc", 0.5).onSlices({ minRows: 600 }),
    ].map(({ definition }) => definition);
    expect(definitions).toEqual([
      { kind: "atLeast", metric: "auc", limit: 0.5 },
      { kind: "atMost", metric: "auc", limit: 0.5 },
      { kind: "beatsBaseline", metric: "ece" },
      { kind: "notWorseThan", alias: "champion", metric: "brier", margin: 0.25 },
      { kind: "atLeastOnSlices", metric: "auc", limit: 0.5, minRows: 600 },
    ]);
  });
});
