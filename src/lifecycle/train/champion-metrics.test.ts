import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultTrips, edited, tripsConfig } from "../../../test/support/trips.js";
import { championMetrics } from "./champion-metrics.js";
import { findModel, type Project } from "../project.js";
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
  // A candidate that knows nothing.
  const nothing = new Uint8Array(new Float32Array(data.test.length).fill(0.5).buffer);
  const scores = await project.blobs.put(nothing);
  return championMetrics(project, { model, data, holder: champion, scores });
}

const names = ["auc", "logLoss", "brier", "ece"] as const;

function recorded() {
  const { metrics } = trained.result.report.candidate;
  return names.map((name) => metrics[name]?.value ?? NaN);
}

/** The champion's figures in a comparison. */
async function standing(project: Project) {
  const result = await judged(project);
  if (result.kind !== "measured") throw new TypeError(`the champion is ${result.kind}`);
  return names.map((name) => result.comparison.metrics[name]?.reference);
}

const window = ['mean(f.delay).over("6h")', 'mean(f.delay).over("5h")'] as const;

describe("the champion on the candidate's test rows", () => {
  test("there is none", async () => {
    expect(await judged(trained.project, false)).toEqual({ kind: "none" });
  });

  test("tested on the same rows: its recorded figures, whatever features the candidate reads", async () => {
    expect(await standing(trained.project)).toEqual(recorded());
    const otherFeatures = await trained.copyWith(edited(config, ...window));
    expect(await standing(otherFeatures)).toEqual(recorded());
  });

  test("the difference is paired, and the candidate is the one that is held against it", async () => {
    const result = await judged(trained.project);
    if (result.kind !== "measured") throw new TypeError(`the champion is ${result.kind}`);
    const { auc } = result.comparison.metrics;
    expect(auc?.candidate).toBe(0.5);
    expect(auc?.difference?.value).toBe(0.5 - recorded()[0]);
    expect(result.comparison.resampling.unit).toBe("days");
  });

  test("of the same features: scored anew, which on the same rows gives the recorded figures again", async () => {
    const otherSplit = await trained.copyWith(edited(config, split, sameRows));
    expect(await standing(otherSplit)).toEqual(recorded());
    const otherRows = await trained.copyWith(edited(config, split, "byTime({ trainShare: 0.5 })"));
    expect(await standing(otherRows)).not.toEqual(recorded());
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
    expect(await standing(await trained.copyWith(label))).not.toEqual(recorded());
  });
});
