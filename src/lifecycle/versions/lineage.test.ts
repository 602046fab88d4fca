import { afterAll, beforeAll, expect, test } from "vitest";
import { tripsConfig } from "../../../test/support/trips.js";
import { memoryDatasetCatalog, memoryRegistryStore, memoryRunStore } from "../../adapters/memory/index.js";
import { manualClock, type Canonical } from "../../kernel/index.js";
import { exportVersion, importVersion } from "./exchange-packages.js";
import { lineage } from "./lineage.js";
import { openLiveProject } from "../live/open-live-project.js";
import { trainedProject, type TrainedProject } from "../train/trained-project.testing.js";

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject();
});
afterAll(() => trained.close());

const model = "late-trip";
const asOfMs = Date.parse("2024-01-20T00:00Z");

test("a prediction leads to its version, package, training set, rows and run", async () => {
  const { project, result } = trained;
  const live = await openLiveProject(project, { live: "asked", asOfMs });
  const request = { at: asOfMs, city: "Delft", vehicle: "van", distance: 10, rain: null };
  await live.ingest("trips", [{ ...request, at: asOfMs - 1, delay: 3 }]);
  const { id } = await live.predict(model, request);
  await live.close();
  const found = await lineage(project, { of: id, live: "asked" });
  const dataset = await project.datasets.latest("trips");
  expect(found.prediction).toMatchObject({
    ...{ id, live: "asked", atMs: asOfMs, request },
    events: { trips: { dataset: dataset?.id } },
  });
  expect(found.prediction?.events.trips.loggedUpTo).toBeGreaterThan(0);
  expect(found).toMatchObject({
    version: { model, version: 1 },
    package: { id: result.packageId, modelHash: result.modelHash, seed: 0 },
    trainingSet: result.trainingSet,
    rows: { all: 2880, train: result.trainRows, test: result.testRows },
    datasets: [{ id: result.dataset, found: { source: "trips", rowCount: 2880, blob: dataset?.blob } }],
    run: { id: result.runId, status: "finished", definitionHash: project.models[0].hash },
  });
  await expect(lineage(project, { of: id })).rejects.toMatchObject({ code: "MW1132" });
});

test("a model, a version and a package lead to the same", async () => {
  const { project, result } = trained;
  const same = await lineage(project, { of: model });
  for (const of of [`${model}@1`, `${model}@champion`, result.packageId, result.packageId.slice(0, 12)]) {
    expect(await lineage(project, { of })).toEqual(same);
  }
  expect(same.prediction).toBeUndefined();
  for (const of of ["late-trp", result.packageId.slice(0, 11), "p-000000000000-1"]) {
    await expect(lineage(project, { of })).rejects.toMatchObject({ code: "MW1132" });
  }
  await expect(lineage(project, { of: `${model}@9` })).rejects.toMatchObject({ code: "MW0602" });
});

test("code, environment and all dataset versions are told where the run recorded them", async () => {
  const project = await trained.copyWith(tripsConfig);
  const run = await project.runs.findRun(trained.result.runId);
  if (run === undefined) throw new Error("the run is gone");
  const code = { commit: "a".repeat(40), dirty: null };
  const environment = { node: "22.1.0", platform: "linux", cpu: "some" };
  const datasets = { trips: trained.result.dataset, weather: "ds_elsewhere" };
  const manifest = { ...(run.manifest as Readonly<Record<string, Canonical>>), code, environment, datasets };
  await project.runs.saveRun({ ...run, manifest });
  const found = await lineage(project, { of: model });
  expect(found.run).toMatchObject({ code, environment });
  expect(found.datasets.map(({ id, found }) => [id, found?.source ?? null])).toEqual([
    [trained.result.dataset, "trips"],
    ["ds_elsewhere", null],
  ]);
});

test("an imported package has no run here, and its rows are elsewhere", async () => {
  const { project, result } = trained;
  const { files } = await exportVersion(project, { model, ref: "1" });
  const clock = manualClock();
  const elsewhere = {
    ...project,
    ...{ registry: memoryRegistryStore(clock), runs: memoryRunStore(), datasets: memoryDatasetCatalog() },
  };
  expect(await importVersion(elsewhere, files)).toMatchObject({ version: 1, semver: "1.0.0", runId: null });
  expect(await lineage(elsewhere, { of: model + "@1" })).toMatchObject({
    ...{ trainingSet: null, rows: null, run: null, package: { id: result.packageId } },
    datasets: [{ id: result.dataset, found: null }],
  });
});
