import { afterAll, beforeAll, expect, test } from "vitest";
import { edited, tripsConfig } from "../../../test/support/trips.js";
import { compareRuns, showRun } from "./compare-runs.js";
import { latestResult } from "./runs.js";
import { train } from "../train/train.js";
import { trainedProject, type TrainedProject } from "../train/trained-project.testing.js";

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject();
});
afterAll(() => trained.close());

test("the latest finished run's result comes back as it was", async () => {
  expect(await latestResult(trained.project, "late-trip")).toEqual(
    JSON.parse(JSON.stringify(trained.result)),
  );
});

test("runs that failed or are under way are passed over; a package names its own run", async () => {
  const project = await trained.copyWith(edited(tripsConfig, "trees: 12", "trees: 13"));
  const second = await train(project, "late-trip");
  expect(second).toMatchObject({ version: 2, promoted: true });
  await expect(train(project, "late-trip", AbortSignal.abort())).rejects.toMatchObject({ code: "MW0105" });
  expect((await project.runs.listRuns("late-trip")).map(({ status }) => status)).toEqual([
    "killed",
    "finished",
    "finished",
  ]);
  expect((await latestResult(project, "late-trip")).runId).toBe(second.runId);
  const first = await latestResult(project, "late-trip", trained.result.packageId);
  expect(first.runId).toBe(trained.result.runId);
});

test("a failed run tells its step, its code, what was wrong and what to do", async () => {
  const config = edited(tripsConfig, "label: (f) => f.delay.gt(5),", "label: (f) => f.delay.gt(5000),");
  const project = await trained.copyWith(config);
  await expect(train(project, "late-trip")).rejects.toMatchObject({ code: "MW0403" });
  const [failed] = await project.runs.listRuns("late-trip");
  expect(await showRun(project, failed.id)).toMatchObject({
    ...{ status: "failed", result: null },
    failure: {
      ...{ step: "look at the data", code: "MW0403" },
      message: expect.stringMatching(
        /^single class: expected rows of both classes; found \d+ rows, 0/,
      ) as string,
      remedy: expect.stringContaining("label's definition") as string,
    },
  });
  const old = { ...failed, id: "old", metrics: { error: "MW0403 single class" } };
  await project.runs.saveRun(old);
  expect((await showRun(project, "old")).failure).toEqual({
    ...{ step: null, code: null, message: "MW0403 single class", remedy: null },
  });
  expect((await showRun(project, trained.result.runId)).failure).toBeNull();
});

test("a comparison takes two different runs: MW1180", async () => {
  const { runId } = trained.result;
  for (const ids of [[], [runId], [runId, runId]]) {
    await expect(compareRuns(trained.project, ids)).rejects.toMatchObject({ code: "MW1180" });
  }
});

test("MW1109 when there is none", async () => {
  await expect(latestResult(trained.project, "late-tripp")).rejects.toMatchObject({ code: "MW1109" });
  const other = latestResult(trained.project, "late-trip", "0".repeat(64));
  await expect(other).rejects.toMatchObject({ code: "MW1109", details: { model: "late-trip" } });
});
