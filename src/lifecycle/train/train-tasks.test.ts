import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openProject } from "../../compose/index.js";
import { seededRng, type Progress } from "../../kernel/index.js";
import { integer, randomSearch, tune, type ModelDefinition, type Run } from "../../training/index.js";
import { temporaryFolders } from "../../../test/support/trips.js";
import { buildTrainingSet } from "./build-training-set.js";
import { compareRuns, showRun } from "../runs/compare-runs.js";
import { monitor } from "../watch/monitor.js";
import { openLiveProject } from "../live/open-live-project.js";
import type { Project } from "../project.js";
import { reproduceRun } from "../runs/reproduce-run.js";
import { parseResult } from "../runs/runs.js";
import { train, trainOn } from "./train.js";

/** Made-up apples: weight follows size and sort; sorts differ in colour and firmness; some are foul. */
function applesCsv(count: number): string {
  const rng = seededRng(11);
  const sorts = ["boskoop", "cox", "elstar"];
  const lines = Array.from({ length: count }, (_, i) => {
    const sort = rng.below(3);
    const size = 5 + 4 * rng.next();
    const red = Math.round(100 * (0.2 + 0.25 * sort + 0.3 * rng.next())) / 100;
    const firm = 60 + 10 * sort + 8 * (rng.next() - 0.5);
    const foul = rng.below(40) === 0;
    const weight = size ** 3 / 3 + 5 * sort + 4 * rng.next();
    const taste = Math.round(3 * red + sort / 2);
    const values = [
      i,
      sorts[sort],
      size.toFixed(3),
      red,
      (foul ? firm / 3 : firm).toFixed(2),
      weight.toFixed(2),
    ];
    return [...values, taste, `box ${i % 180}`, foul ? 1 : 0].join(",");
  });
  return ["id,sort,size,red,firm,weight,taste,box,foul", ...lines, ""].join("\n");
}

const config = `
import {
  atLeast, atMost, beatsBaseline, behaves, byGroup, choice, csv, defineProject, fairAcross, float, gbdt, integer,
  isolationForest, linear, logistic, model, stratified, t, table, tune,
} from "millwright";

const apples = table("apples", {
  from: csv("apples.csv"),
  schema: {
    id: t.int(), sort: t.string(), size: t.float(), red: t.float(), firm: t.float(), weight: t.float(),
    taste: t.int(), box: t.string(), foul: t.int(),
  },
});
const request = { size: t.float(), red: t.float(), firm: t.float() };
const split = stratified({ testShare: 0.3 });

const weight = model("weight", {
  task: "regression",
  label: (f) => f.weight,
  spine: apples.rows(),
  features: { request: { ...request, sort: t.string() } },
  split,
  trainer: gbdt({ trees: 60, patience: 10, monotone: { size: 1 } }),
  tuning: tune({ space: { leaves: integer(4, 16), learningRate: float(0.05, 0.3, { log: true }) }, trials: 6, halving: { rungs: 2 } }),
  robustness: { increasing: [{ column: "size" }], missing: ["red"] },
  fairness: (f) => ({ sort: f.sort }),
  gates: [beatsBaseline("rmse"), atLeast("r2", 0.9), behaves(), fairAcross("sort", "maeDifference", 10)],
});

const sort = model("sort", {
  task: "multiclass",
  label: (f) => f.sort,
  classes: ["boskoop", "cox", "elstar"],
  spine: apples.rows(),
  features: { request },
  split,
  trainer: [gbdt({ trees: 30, leaves: 6 }), logistic()],
  calibration: "temperature",
  weight: (f) => f.size,
  gates: [atLeast("accuracy", 0.7), atMost("logLoss", 1)],
});

const shelf = model("shelf", {
  task: "ranking",
  label: (f) => f.taste,
  group: (f) => f.box,
  spine: apples.rows(),
  features: { request },
  split: byGroup({ column: "box", testShare: 0.3 }),
  trainer: gbdt({ trees: 30, leaves: 6 }),
  gates: [atLeast("ndcg", 0.7)],
});

const foul = model("foul", {
  task: "anomaly",
  label: (f) => f.foul.eq(1),
  spine: apples.rows(),
  features: { request },
  split,
  trainer: isolationForest({ trees: 60 }),
  gates: [atLeast("auc", 0.8)],
});

export default defineProject({ name: "orchard", models: [weight, sort, shelf, foul] });
`;

const folders = temporaryFolders();
let project: Project;
beforeAll(async () => {
  project = await openProject(
    await folders.make({ "millwright.config.ts": config, "apples.csv": applesCsv(5_400) }),
  );
});
afterAll(async () => {
  await project.close();
  await folders.removeAll();
});

/** The latest run of a model that was finished. */
async function finishedRun(model: string): Promise<Run> {
  const runs = await project.runs.listRuns(model);
  return runs.find(({ status }) => status === "finished") as Run;
}

describe("a training", () => {
  test("of a regression tunes, keeps its promise of monotony, and compares groups", async () => {
    const result = await train(project, "weight");
    expect(result.reasons).toEqual(
      expect.arrayContaining([expect.stringContaining("behaves as declared passed")]),
    );
    expect(result.promoted).toBe(true);
    expect(result.choice?.tuning?.trials).toHaveLength(6);
    expect(result.curves.map(({ name }) => name)).toEqual(
      expect.arrayContaining([expect.stringContaining("validation")]),
    );
    expect(result.report.fairness[0].groups.map(({ value }) => value).sort()).toEqual([
      "boskoop",
      "cox",
      "elstar",
    ]);
    const again = await train(project, "weight");
    expect(again.modelHash).toBe(result.modelHash);
    expect(again.timings.filter(({ step, reused }) => step === "trial" && !reused)).toEqual([]);
  });

  test("of several classes chooses between trainers, calibrates and weighs rows", async () => {
    const result = await train(project, "sort");
    expect(result.promoted).toBe(true);
    expect(result.choice?.candidates.map(({ trainer }) => trainer)).toEqual(["gbdt", "logistic"]);
    expect(result.calibration?.kind).toBe("temperature");
    expect(result.report.candidate).toMatchObject({ task: "multiclass" });
  });

  test("of a ranking keeps groups whole", async () => {
    const result = await train(project, "shelf");
    expect(result.promoted).toBe(true);
    expect(result.report.candidate).toMatchObject({ task: "ranking", lists: 54 });
  });

  test("of anomalies learns from all rows and needs no baseline", async () => {
    const result = await train(project, "foul");
    expect(result.promoted).toBe(true);
    expect(result.report.baseline).toBeNull();
  });
});

test("models of every task are served in process", async () => {
  const live = await openLiveProject(project, {});
  const request = { size: 7, red: 0.5, firm: 70 };
  try {
    const { value } = await live.predict("weight", { ...request, sort: "cox" });
    // 7³ / 3 + 5 + 2, give or take what a few trees leave.
    expect(Math.abs((value ?? NaN) - 121)).toBeLessThan(15);
    const { label, probabilities = {} } = await live.predict("sort", request);
    expect(label).toBe("cox");
    expect(Object.keys(probabilities)).toEqual(["boskoop", "cox", "elstar"]);
    expect(Object.values(probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    const scores = [request, { ...request, firm: 20 }].map((each) => live.predict("foul", each));
    const [usual, strange] = await Promise.all(scores);
    expect(strange.score).toBeGreaterThan(usual.score ?? NaN);
  } finally {
    await live.close();
  }
});

test("a search that was interrupted goes on behind its last finished trial", async () => {
  const weight = project.models.find(({ name }) => name === "weight") as ModelDefinition;
  const tuning = tune({ space: { leaves: integer(4, 16) }, trials: 5, seed: 9, search: randomSearch() });
  const model = { ...weight, name: "weight-search", tuning };
  const controller = new AbortController();
  const progress: Progress = {
    start: (label) => ({
      update: (done) => label.startsWith("tune") && done >= 0.6 && controller.abort(),
      finish: () => undefined,
    }),
  };
  const interrupted = trainOn({ ...project, progress }, { model }, controller.signal);
  await expect(interrupted).rejects.toMatchObject({ code: "MW0105" });
  const { timings } = await trainOn(project, { model });
  const trials = timings.filter(({ step }) => step === "trial").map(({ reused }) => reused);
  expect(trials).toEqual([true, true, true, false, false]);
});

test("what follows outcomes over time is refused for other tasks, and a live state for a table's rows", async () => {
  const nowMs = Date.UTC(2030, 0);
  await expect(monitor(project, { model: "sort", live: "default", nowMs })).rejects.toMatchObject({
    code: "MW1140",
    found: '"sort", multiclass, without times',
  });
  await expect(buildTrainingSet(project, { model: "sort", live: "default" })).rejects.toMatchObject({
    code: "MW1141",
  });
});

test("a weight that is not above 0 is refused with its row", async () => {
  const model = project.models.find(({ name }) => name === "sort");
  const weightless = { ...model, weight: { op: "column", name: "id" } } as ModelDefinition;
  await expect(trainOn(project, { model: weightless })).rejects.toMatchObject({
    code: "MW0531",
    found: "0 in row 0",
  });
});

test("what cannot be reproduced says why", async () => {
  const run = await finishedRun("sort");
  await expect(showRun(project, "run-none")).rejects.toMatchObject({ code: "MW1148" });
  const changed = project.models.map((model) =>
    model.name === "sort" ? { ...model, hash: "changed" } : model,
  );
  await expect(reproduceRun({ ...project, models: changed }, run.id)).rejects.toMatchObject({
    code: "MW1145",
  });
  const datasets = { ...project.datasets, get: () => Promise.resolve(undefined) };
  await expect(reproduceRun({ ...project, datasets }, run.id)).rejects.toMatchObject({ code: "MW1146" });
  const runs = { ...project.runs, findRun: () => Promise.resolve(undefined) };
  await expect(reproduceRun({ ...project, runs }, "sort@1")).rejects.toMatchObject({ code: "MW1147" });
});

test("a graph that differs is told by its predictions, then by what other seeds give", async () => {
  const run = await finishedRun("shelf");
  const result = parseResult(run);
  const almost = { ...result, modelHash: "0".repeat(64) };
  const stored = (metrics: object) => ({
    ...project.runs,
    findRun: () => Promise.resolve({ ...run, metrics } as Run),
  });
  expect(await reproduceRun({ ...project, runs: stored(almost) }, run.id)).toMatchObject({
    verdict: "same predictions",
    predictions: { maxDifference: 0 },
  });
  // The package of another model: nothing of it agrees.
  const foul = parseResult(await finishedRun("foul"));
  const other = { ...almost, packageId: foul.packageId };
  const found = await reproduceRun({ ...project, runs: stored(other) }, run.id);
  expect(found.seeds).toEqual([1, 2, 3, 4]);
  expect(found.predictions.maxDifference).toBeGreaterThan(0.01);
  expect(["within the spread", "different"]).toContain(found.verdict);
});

test("every run is reproduced to the same bytes, and told apart from others", async () => {
  const [foul, shelf, sort, weight] = await Promise.all(
    ["foul", "shelf", "sort", "weight"].map(async (name) => (await finishedRun(name)).id),
  );
  for (const id of [sort, weight]) {
    expect(await reproduceRun(project, id)).toMatchObject({
      verdict: "same bytes",
      differences: [],
      seeds: [],
    });
  }
  const { metrics, parameters } = await compareRuns(project, [foul, shelf]);
  expect(metrics.find(({ name }) => name === "ndcg")?.values[0]).toBeNull();
  expect(parameters.find(({ name }) => name === "model.trainer.name")?.values).toEqual([
    "isolationForest",
    "gbdt",
  ]);
  await expect(reproduceRun(project, "weight@7")).rejects.toMatchObject({ code: "MW0602" });
});
