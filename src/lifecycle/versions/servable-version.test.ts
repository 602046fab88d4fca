import { afterAll, beforeAll, expect, test } from "vitest";
import { edited, tripsConfig } from "../../../test/support/trips.js";
import { requireServable } from "./servable-version.js";
import { trainedProject, type TrainedProject } from "../train/trained-project.testing.js";

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject();
});
afterAll(() => trained.close());

test("a version that no server could load is told from one that any could", async () => {
  const { project } = trained;
  const version = await project.registry.resolve("late-trip", "1");
  await requireServable(project, version);
  const changed = await trained.copyWith(edited(tripsConfig, 'over("6h")', 'over("5h")'));
  await expect(requireServable(changed, version)).rejects.toMatchObject({
    code: "MW1107",
    details: { model: "late-trip", version: 1 },
  });
  await requireServable(project, { ...version, model: "no-longer-configured" });
});
