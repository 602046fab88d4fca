import { afterAll, beforeAll, expect, test } from "vitest";
import { edited, tripsConfig } from "../../../test/support/trips.js";
import { memoryRegistryStore } from "../../adapters/memory/index.js";
import { loadModel } from "../../inference/index.js";
import { manualClock } from "../../kernel/index.js";
import { probeBatch } from "../../registry/index.js";
import { compareVersions } from "./compare-versions.js";
import { registerPackage } from "./exchange-packages.js";
import type { Project } from "../project.js";
import { train } from "../train/train.js";
import { trainedProject, type TrainedProject } from "../train/trained-project.testing.js";

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject();
});
afterAll(() => trained.close());

const model = "late-trip";

/** The project after a second training with another configuration. */
async function second(config: string): Promise<Project> {
  const project = await trained.copyWith(config);
  await train(project, model);
  return project;
}

test("a version is the same as itself", async () => {
  const { project } = trained;
  const comparison = await compareVersions(project, { a: model, b: `${model}@1` });
  expect(comparison).toMatchObject({ parameters: [], features: [], contract: [] });
  expect(comparison.metrics.every(({ difference }) => difference === 0)).toBe(true);
  expect(comparison.predictions).toEqual({ kind: "compared", rows: 64, changed: 0, largest: 0, mean: 0 });
});

test("other parameters show as such, with every prediction that they change", async () => {
  const project = await second(edited(tripsConfig, "trees: 12", "trees: 30"));
  const comparison = await compareVersions(project, { a: `${model}@1`, b: `${model}@2` });
  expect(comparison.parameters).toEqual([{ name: "trees", a: 12, b: 30 }]);
  expect(comparison).toMatchObject({ features: [], contract: [], data: { rows: { a: 2880, b: 2880 } } });
  // The same by hand: both packages over the probes, which are those of equal test rows.
  const packages = await Promise.all(
    ["1", "2"].map(async (ref) => loadModel((await project.registry.resolve(model, ref)).packageId, project)),
  );
  const { rows, numeric, text } = probeBatch(packages[0].probes);
  expect(rows).toBe(64);
  const [a, b] = await Promise.all(packages.map((loaded) => loaded.predict(numeric, rows, text)));
  const steps = [...a].map((value, i) => Math.abs(b[i] - value));
  expect(comparison.predictions).toEqual({
    ...{ kind: "compared", rows: 64, changed: steps.filter((step) => step !== 0).length },
    largest: Math.max(...steps),
    mean: expect.closeTo(steps.reduce((sum, step) => sum + step) / 64, 12) as number,
  });
  for (const loaded of packages) await loaded.dispose();
});

test("another window is a minor change; another request field is a major one and cannot be compared", async () => {
  const window = await second(edited(tripsConfig, 'mean(f.delay).over("6h")', 'mean(f.delay).over("5h")'));
  const minor = await compareVersions(window, { a: `${model}@1`, b: `${model}@2` });
  expect(minor.contract).toEqual([{ level: "minor", what: "feature city_mean_delay_6h changed" }]);
  // Half of the probes of either: rows are the same, but one of their columns is not.
  expect(minor.predictions).toMatchObject({ kind: "compared" });
  const without = edited(tripsConfig, "      distance: t.int().between(1, 500),\n      rain", "      rain");
  const major = await compareVersions(await second(without), { a: `${model}@1`, b: `${model}@2` });
  expect(major.contract).toEqual([
    { level: "major", what: "request field distance removed" },
    { level: "minor", what: "feature distance removed" },
  ]);
  expect(major.features).toEqual([{ name: "distance", change: "removed" }]);
  expect(major.predictions).toEqual({ kind: "incomparable", reason: "they take different columns" });
});

test("a package that is registered with its contract has the number that follows from it", async () => {
  const window = edited(tripsConfig, 'mean(f.delay).over("6h")', 'mean(f.delay).over("5h")');
  const projects: readonly (readonly [Project, string])[] = [
    [trained.project, "1.0.0"],
    [await second(edited(tripsConfig, "trees: 12", "trees: 30")), "1.0.1"],
    [await second(edited(tripsConfig, 'matureAfter: "1d"', 'matureAfter: "2d"')), "1.0.2"],
    [await second(window), "1.1.0"],
    [await second(edited(window, "f.delay.gt(5),\n  mature", "f.delay.gt(6),\n  mature")), "2.0.0"],
  ];
  // All of them in one line of versions, each from the blobs of the project that made it.
  const registry = memoryRegistryStore(manualClock());
  for (const [project, semver] of projects) {
    const [{ packageId }] = await project.registry.list(model);
    const version = await registerPackage({ blobs: project.blobs, registry }, { packageId, runId: "run" });
    expect(version).toMatchObject({ semver, packageId });
  }
});
