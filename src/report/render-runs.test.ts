import { expect, test } from "vitest";
import type { RunComparison, RunView } from "../lifecycle/index.js";
import { renderRuns } from "./index.js";

const run = (id: string, more: Partial<RunView> = {}): RunView => ({
  ...{ id, model: "churn", status: "failed", startedAtMs: 0, seconds: 1.5, failure: null },
  ...{ worker: null, result: null, parameters: {}, ...more },
});

const failure = {
  ...{ step: "train", code: "MW0501", remedy: "Look at it." },
  message: "bad model: <script>alert(1)</script>",
};

const comparison: RunComparison = {
  runs: [run("run-a"), run("run-b", { failure })],
  metrics: [{ name: "auc", values: [{ value: 0.81234, low: 0.8, high: 0.82 }, null] }],
  parameters: [{ name: "model.trainer.options.leaves", values: [31, null] }],
  curves: [{ name: "validation logLoss", lines: [[3, 2, 1], [NaN]] }],
  importances: [{ name: "distance", values: [0.9, 0.4] }],
};

test("shows metrics, differences, curves, features and errors side by side", () => {
  const page = renderRuns(comparison);
  for (const part of [
    "0.8123 (0.8000 – 0.8200)",
    "model.trainer.options.leaves",
    "0.900",
    "run-a ends at 1",
  ]) {
    expect(page).toContain(part);
  }
  expect(page).not.toContain("<script>alert");
  expect(page).toContain("train: MW0501 bad model: &lt;script&gt;");
  expect(page).toContain("Look at it.");
});

test("is complete in itself, and equal data give equal text", () => {
  const page = renderRuns(comparison);
  expect(page).toBe(renderRuns(JSON.parse(JSON.stringify(comparison)) as RunComparison));
  expect(page).not.toMatch(/https?:\/\/|@import/);
  expect(page.replace(/<(script|style)>.*?<\/\1>/gs, "")).not.toMatch(/NaN|undefined|\[object/);
});

test("says what there is nothing of", () => {
  const page = renderRuns({ runs: [run("run-a")], metrics: [], parameters: [], curves: [], importances: [] });
  for (const part of ["No run was finished.", "The runs were given the same.", "No trainer told"]) {
    expect(page).toContain(part);
  }
});
