import { expect, test } from "vitest";
import type { RunView } from "../../lifecycle/index.js";
import { metricsText, runText, sparkline } from "./runs-text.js";

test("a curve in blocks: the lowest value the lowest block, the highest the highest", () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([3, 3, 3])).toBe("▁▁▁");
  expect(sparkline([1, NaN, 2])).toBe("▁ █");
  expect(sparkline([])).toBe("");
  // Of a longer curve forty evenly spaced values, both ends among them.
  const long = sparkline(Array.from({ length: 1_000 }, (_, i) => i));
  expect(long).toHaveLength(40);
  expect(long.at(0)).toBe("▁");
  expect(long.at(-1)).toBe("█");
});

const run: RunView = {
  ...{ id: "run-1", model: "churn", status: "interrupted", startedAtMs: 0, seconds: null },
  ...{ failure: null, worker: { host: "mill", pid: 12, started: "1" }, result: null },
  parameters: { "model.trainer.options.leaves": 31, "model.name": "churn", "model.label": "x".repeat(200) },
};

test("an interrupted run says whose work it was and what to do", () => {
  const text = runText(run);
  expect(text.split("\n").slice(0, 3)).toEqual([
    "run-1  churn  interrupted  1970-01-01T00:00:00.000Z",
    "",
    "process 12 on mill is gone: millwright train goes on behind the last finished step",
  ]);
  // Texts without quotation marks, side by side with their names, none longer than a line.
  expect(text).toMatch(/model\.name +churn/);
  expect(text).toMatch(/model\.trainer\.options\.leaves +31/);
  expect(text).toContain(`${"x".repeat(79)}…`);
  expect(text).not.toMatch(/[{}"]/);
});

test("a failed run says in which step, what was wrong and what to do", () => {
  const failure = {
    step: "train",
    code: "MW0403",
    message: "single class: expected a; found b",
    remedy: "Look.",
  };
  const failed = { ...run, status: "failed", seconds: 1.25, worker: null, parameters: {} } as const;
  expect(runText({ ...failed, failure }).split("\n")).toEqual([
    "run-1  churn  failed  1970-01-01T00:00:00.000Z  1.3 s",
    "",
    "ended in the step: train",
    "MW0403 single class: expected a; found b",
    "do: Look.",
  ]);
  const foreign = { step: null, code: null, message: "the disk is gone", remedy: null };
  expect(runText({ ...failed, failure: foreign })).toMatch(/\n\nthe disk is gone$/);
});

test("a metric that has no value takes no line", () => {
  const known = { value: 0.5, interval: { low: 0.25, high: 0.75, level: 0.95 } };
  const unknown = { value: null, interval: null, reason: "there are no quantiles" };
  const text = metricsText({
    ...{ task: "regression", rows: 1, zeros: 0, residuals: null },
    resampling: { unit: "rows", count: 1, replicates: 200 },
    metrics: { mae: known, pinball: unknown },
  });
  expect(text.split("\n")).toEqual(["metric   value     low    high", "mae     0.5000  0.2500  0.7500"]);
});
