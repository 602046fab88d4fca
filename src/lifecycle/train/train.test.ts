import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { edited, tripsConfig } from "../../../test/support/trips.js";
import { canonicalHash } from "../../kernel/index.js";
import { buildTrainingSet } from "./build-training-set.js";
import { record } from "../live/live-predictions.js";
import type { Project } from "../project.js";
import { rollBack } from "../versions/promote.js";
import { train } from "./train.js";
import { trainedProject, type TrainedProject } from "./trained-project.testing.js";

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject();
});
afterAll(() => trained.close());

const model = "late-trip";
const moreTrees = edited(tripsConfig, "trees: 12", "trees: 13");
const otherWindow = edited(tripsConfig, 'mean(f.delay).over("6h")', 'mean(f.delay).over("5h")');

const evidenceOf = async (project: Project) => {
  const { request } = (await project.registry.promotions(model)).at(-1) ?? {};
  return request?.evidence.filter(({ kind }) => kind === "feature-parity");
};

describe("a version becomes the champion", () => {
  test("on the proof that serving computes the features that it was trained with", async () => {
    const { project, result } = trained;
    expect(result).toMatchObject({ promoted: true, version: 1 });
    expect(await evidenceOf(project)).toMatchObject([{ passed: true, rows: 2_000, mismatches: 0 }]);
  });

  test("not if a feature differs between serving and training", async () => {
    const project = await trained.copyWith(otherWindow);
    const { set } = await buildTrainingSet(project, { model });
    const failed = { kind: "feature-parity", passed: false, rows: 2_000, mismatches: 1, detail: "1 differs" };
    // What the proof of this very training set found, as it is remembered.
    const key = canonicalHash({
      step: "prove features",
      producer: project.producer,
      inputs: { trainingSet: set.id },
    });
    await project.runs.recordStep({
      key,
      name: "prove features",
      output: failed,
      durationMs: 1,
      createdAtMs: 0,
    });
    const result = await train(project, model);
    expect(result).toMatchObject({
      promoted: false,
      version: 2,
      reasons: ["feature-parity failed: 1 differs"],
    });
    await expect(rollBack(project, { model, ref: "2" })).rejects.toMatchObject({ code: "MW0609" });
    // No server could load it: the configuration has another window by now.
    await expect(rollBack(project, { model, ref: "1" })).rejects.toMatchObject({ code: "MW1107" });
  });

  test("not if what was served of the same definition had another feature offline", async () => {
    const served = async (config: string, mismatches: number) => {
      const project = await trained.copyWith(config);
      const contract = canonicalHash(project.models[0].contract);
      const value = { model, contract, predictions: 9, mismatches };
      await record(project, "default", { name: "verifications", value });
      return project;
    };
    const differing = await served(moreTrees, 1);
    const refused = await train(differing, model);
    expect(refused).toMatchObject({ promoted: false, version: 2 });
    expect(refused.reasons).toEqual([
      "feature-parity failed: 1 of 9 served predictions had another feature offline",
    ]);
    const equal = await served(moreTrees, 0);
    expect(await train(equal, model)).toMatchObject({ promoted: true });
    expect(await evidenceOf(equal)).toHaveLength(2);
  });
});

test("rows whose label may still change are in no part", async () => {
  const { trainRows, testRows, rows } = trained.result;
  const { set } = await buildTrainingSet(trained.project, { model });
  expect(trainRows + testRows).toBe(set.rows);
  expect(rows - trainRows - testRows).toBe(set.refused.immature);
  const later = await trained.copyWith(edited(tripsConfig, 'matureAfter: "1d"', 'matureAfter: "3d"'));
  const result = await train(later, model);
  // Two days of 96 trips more.
  expect(trainRows + testRows - result.trainRows - result.testRows).toBe(192);
});
