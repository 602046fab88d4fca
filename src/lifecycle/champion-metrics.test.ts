import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultTrips, edited, tripsConfig } from "../../test/support/trips.js";
import { championMetrics } from "./champion-metrics.js";
import { findModel, type Project } from "./project.js";
import { createSteps } from "./steps.js";
import { openTrainingData } from "./training-data.js";
import { trainedProject, type TrainedProject } from "./trained-project.testing.js";

const share = "byTime({ trainShare: 0.7 })";
const split = 'byTime({ train: "2024-01-01/2024-01-21", test: "2024-01-22/2024-01-30" })';
const config = edited(tripsConfig, share, split);
// 96 trips a day: 21 days of them train. Those whose label is not final are in no part.
const watermarkMs = Math.max(
  ...defaultTrips.map(({ at, delay }) => Date.parse(at) + 3.6e6 + Math.max(0, delay) * 6e4),
);
const final = defaultTrips.filter(({ at }) => Date.parse(at) + 86_400_000 <= watermarkMs);
const sameRows = `byTime({ trainShare: ${(21 * 96) / final.length} })`;

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject(config);
});
afterAll(() => trained.close());

async function judged(project: Project, holder = true) {
  const model = findModel(project, "late-trip");
  const version = await project.datasets.latest("trips");
  if (version === undefined) throw new TypeError("no dataset");
  const versions = new Map([["trips", version]]);
  const data = await openTrainingData(project, { model, versions, steps: createSteps(project) });
  const champion = holder ? await project.registry.resolve(model.name, "champion") : undefined;
  return championMetrics(project, { model, data, holder: champion });
}

function recorded() {
  const { auc, logLoss, brier, ece } = trained.result.report.candidate.metrics;
  return { auc: auc.value, logLoss: logLoss.value, brier: brier.value, ece: ece.value };
}

const window = ['mean(f.delay).over("6h")', 'mean(f.delay).over("5h")'] as const;

describe("the champion on the candidate's test rows", () => {
  test("there is none", async () => {
    expect(await judged(trained.project, false)).toEqual({ kind: "none" });
  });

  test("tested on the same rows: its recorded figures, whatever features the candidate reads", async () => {
    expect(await judged(trained.project)).toEqual({ kind: "measured", metrics: recorded() });
    const otherFeatures = await trained.copyWith(edited(config, ...window));
    expect(await judged(otherFeatures)).toEqual({ kind: "measured", metrics: recorded() });
  });

  test("of the same features: scored anew, which on the same rows gives the recorded figures again", async () => {
    const otherSplit = await trained.copyWith(edited(config, split, sameRows));
    expect(await judged(otherSplit)).toEqual({ kind: "measured", metrics: recorded() });
    const otherRows = await trained.copyWith(edited(config, split, "byTime({ trainShare: 0.5 })"));
    const result = await judged(otherRows);
    expect(result.kind).toBe("measured");
    expect(result).not.toEqual({ kind: "measured", metrics: recorded() });
  });

  test("of other features and tested on other rows: not comparable, and the reason names the version", async () => {
    const other = await trained.copyWith(edited(edited(config, ...window), split, sameRows));
    expect(await judged(other)).toEqual({
      kind: "incomparable",
      reason: expect.stringContaining("version 1 reads other features") as string,
    });
  });

  test("of another label: its recorded figures are about something else", async () => {
    const label = edited(config, "label: (f) => f.delay.gt(5)", "label: (f) => f.delay.gt(9)");
    const result = await judged(await trained.copyWith(label));
    expect(result).not.toEqual({ kind: "measured", metrics: recorded() });
  });
});
