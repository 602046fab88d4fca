import { afterAll, beforeAll, expect, test } from "vitest";
import { edited, tripsConfig } from "../../test/support/trips.js";
import { latestResult } from "./runs.js";
import { train } from "./train.js";
import { trainedProject, type TrainedProject } from "./trained-project.testing.js";

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

test("MW1109 when there is none", async () => {
  await expect(latestResult(trained.project, "late-tripp")).rejects.toMatchObject({ code: "MW1109" });
  const other = latestResult(trained.project, "late-trip", "0".repeat(64));
  await expect(other).rejects.toMatchObject({ code: "MW1109", details: { model: "late-trip" } });
});
