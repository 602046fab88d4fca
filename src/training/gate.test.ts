import { describe, expect, test } from "vitest";
import type { Estimate, MetricEstimates } from "../stats/index.js";
import {
  atLeast,
  atMost,
  beatsBaseline,
  notWorseThan,
  type ChampionMetrics,
  type GateInput,
} from "./gate.js";

const estimate = (value: number, low: number, high: number): Estimate => ({
  value,
  interval: { low, high, level: 0.95 },
});

// Halves, quarters and eighths, so that sums and bounds are exact.
const candidate: MetricEstimates = {
  auc: estimate(0.75, 0.625, 0.875),
  logLoss: estimate(0.5, 0.375, 0.625),
  brier: estimate(0.25, 0.125, 0.375),
  ece: estimate(0.125, 0, 0.25),
};

const flat = (value: number) => ({ auc: value, logLoss: value, brier: value, ece: value });

function input(baseline = 0.5, champion: ChampionMetrics = { kind: "none" }): GateInput {
  return { candidate, baseline: flat(baseline), champion };
}

const measured = (value: number): ChampionMetrics => ({
  kind: "measured",
  metrics: flat(value),
});

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
});

describe("beatsBaseline", () => {
  test.each([
    ["auc", 0.5, 0.625, true],
    ["auc", 0.625, 0.625, false],
    ["auc", 0.7, 0.625, false],
    ["logLoss", 0.7, 0.625, true],
    ["logLoss", 0.625, 0.625, false],
    ["logLoss", 0.55, 0.625, false],
    ["brier", 0.4, 0.375, true],
    ["ece", 0.2, 0.25, false],
  ] as const)(
    "in %s: baseline %d against the candidate at worst %d: %s",
    (metric, baseline, observed, passed) => {
      const outcome = beatsBaseline(metric).judge(input(baseline));
      expect(outcome).toMatchObject({ passed, observed, required: baseline });
    },
  );
});

describe("notWorseThan", () => {
  test.each([
    ["auc", 0.75, true],
    ["auc", 0.875, true],
    ["auc", 0.876, false],
    ["auc", 0.5, true],
    ["logLoss", 0.5, true],
    ["logLoss", 0.375, true],
    ["logLoss", 0.374, false],
    ["logLoss", 0.9, true],
  ] as const)("in %s, champion %d, margin 0.125: %s", (metric, champion, passed) => {
    const gate = notWorseThan("champion", metric, { margin: 0.125 });
    const outcome = gate.judge(input(0.5, measured(champion)));
    const required = metric === "auc" ? champion - 0.125 : champion + 0.125;
    expect(outcome).toMatchObject({ passed, observed: candidate[metric].value, required });
  });

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
    const champion: ChampionMetrics = { kind: "incomparable", reason: "it reads other features" };
    const outcome = notWorseThan("champion", "auc", { margin: 1 }).judge(input(0.5, champion));
    expect(outcome).toMatchObject({ passed: false, observed: null, required: null, detail: champion.reason });
  });
});

describe("a gate", () => {
  test("of an unknown metric is refused: MW0501", () => {
    const metric = "f1" as string as "auc";
    for (const make of [
      () => atLeast(metric, 0.5),
      () => atMost(metric, 0.5),
      () => beatsBaseline(metric),
      () => notWorseThan("champion", metric, { margin: 0 }),
    ]) {
      expect(make).toThrow(codeOf("MW0501", { found: '"f1"' }));
    }
  });

  test("with a bad number or an unknown option is refused", () => {
    expect(() => atLeast("auc", NaN)).toThrow(codeOf("MW0104"));
    expect(() => atMost("auc", Infinity)).toThrow(codeOf("MW0104"));
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
    ].map(({ definition }) => definition);
    expect(definitions).toEqual([
      { kind: "atLeast", metric: "auc", limit: 0.5 },
      { kind: "atMost", metric: "auc", limit: 0.5 },
      { kind: "beatsBaseline", metric: "ece" },
      { kind: "notWorseThan", alias: "champion", metric: "brier", margin: 0.25 },
    ]);
  });
});
