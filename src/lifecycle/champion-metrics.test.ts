import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { edited, tripsConfig } from "../../test/support/trips.js";
import { championMetrics } from "./champion-metrics.js";
import { findModel, type Project } from "./project.js";
import { createSteps } from "./steps.js";
import { openTrainingData } from "./training-data.js";
import { trainedProject, type TrainedProject } from "./trained-project.testing.js";

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject();
});
afterAll(() => trained.close());

async function judged(project: Project, holder = true) {
  const model = findModel(project, "late-trip");
  const version = await project.datasets.latest("trips");
  if (version === undefined) throw new TypeError("no dataset");
  const data = await openTrainingData(project, { model, version, steps: createSteps(project) });
  const champion = holder ? await project.registry.resolve(model.name, "champion") : undefined;
  return championMetrics(project, { model, data, holder: champion });
}

function recorded() {
  const { auc, logLoss, brier, ece } = trained.result.report.candidate.metrics;
  return { auc: auc.value, logLoss: logLoss.value, brier: brier.value, ece: ece.value };
}

const split = "byTime({ trainShare: 0.7 })";
// 2,880 quarters of an hour: seven tenths of them are the first 21 days.
const sameRows = 'byTime({ train: "2024-01-01/2024-01-21", test: "2024-01-22/2024-01-30" })';
const window = ['mean(f.delay).over("6h")', 'mean(f.delay).over("5h")'] as const;

describe("the champion on the candidate's test rows", () => {
  test("there is none", async () => {
    expect(await judged(trained.project, false)).toEqual({ kind: "none" });
  });

  test("tested on the same rows: its recorded figures, whatever features the candidate reads", async () => {
    expect(await judged(trained.project)).toEqual({ kind: "measured", metrics: recorded() });
    const otherFeatures = await trained.copyWith(edited(tripsConfig, ...window));
    expect(await judged(otherFeatures)).toEqual({ kind: "measured", metrics: recorded() });
  });

  test("of the same features: scored anew, which on the same rows gives the recorded figures again", async () => {
    const otherSplit = await trained.copyWith(edited(tripsConfig, split, sameRows));
    expect(await judged(otherSplit)).toEqual({ kind: "measured", metrics: recorded() });
    const otherRows = await trained.copyWith(edited(tripsConfig, split, "byTime({ trainShare: 0.5 })"));
    const result = await judged(otherRows);
    expect(result.kind).toBe("measured");
    expect(result).not.toEqual({ kind: "measured", metrics: recorded() });
  });

  test("of other features and tested on other rows: not comparable, and the reason names the version", async () => {
    const other = await trained.copyWith(edited(edited(tripsConfig, ...window), split, sameRows));
    expect(await judged(other)).toEqual({
      kind: "incomparable",
      reason: expect.stringContaining("version 1 reads other features") as string,
    });
  });

  test("of another label: its recorded figures are about something else", async () => {
    const label = edited(tripsConfig, "label: (f) => f.delay.gt(5)", "label: (f) => f.delay.gt(9)");
    const result = await judged(await trained.copyWith(label));
    expect(result).not.toEqual({ kind: "measured", metrics: recorded() });
  });
});
