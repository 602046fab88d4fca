import { canonicalHash, isMillwrightError, throwIfCancelled, type Canonical } from "../../kernel/index.js";
import {
  readPackage,
  type Evidence,
  type FeatureParityEvidence,
  type ModelVersion,
  type PromotionRecord,
} from "../../registry/index.js";
import { slicesJson, type GateOutcome, type ModelDefinition, type Run } from "../../training/index.js";
import type { DatasetVersion } from "../../data/index.js";
import { lookupsOf } from "../../features/index.js";
import { championMetrics } from "./champion-metrics.js";
import type { Choice } from "./choose-trainer.js";
import { evaluateModels, type TestReport } from "./evaluate-models.js";
import { registerPackage } from "../versions/exchange-packages.js";
import { fitModels, type Fitted } from "./fit-models.js";
import { findSetAside, lookAtData } from "./look-at-data.js";
import { packageModel } from "../versions/package-model.js";
import { findModel, type Project } from "../project.js";
import { currentChampion, promoteVersion } from "../versions/promote.js";
import { proveFeatures } from "../views/prove-features.js";
import { failureOf } from "../runs/run-failure.js";
import { workedOn } from "./run-worker.js";
import { snapshotSources } from "./snapshot-data.js";
import { createSteps, succeeds, type Steps, type StepTiming } from "./steps.js";
import { openTrainingData, type TrainingData } from "./training-data.js";
import { latestVerification } from "../views/verify-features.js";

/** What a training run brought. Plain JSON. */
export interface TrainResult {
  readonly runId: string;
  readonly model: string;
  readonly version: number;
  readonly packageId: string;
  /** SHA-256 of the ONNX graph: equal for equal input, whatever the number of threads. */
  readonly modelHash: string;
  readonly dataset: string;
  /** The dataset version of every source that the model reads, by source. */
  readonly datasets: Readonly<Record<string, string>>;
  /** The id of the training set: what the rows, labels and features are a function of. */
  readonly trainingSet: string;
  readonly rows: number;
  readonly trainRows: number;
  readonly testRows: number;
  /** First and last prediction time of each part, epoch milliseconds; 0 where the rows have no times. */
  readonly trainRange: readonly [number, number];
  readonly testRange: readonly [number, number];
  readonly report: TestReport;
  /** The trainer as it was chosen. */
  readonly trainer: Fitted["trainer"];
  /** How it was chosen; null where there was one only. */
  readonly choice: Choice | null;
  /** Figures of every round, as far as the trainer tells them. */
  readonly curves: Fitted["curves"];
  readonly calibration: Fitted["calibration"];
  /** What the intervals or sets of its answers rest on; null where it declares none. */
  readonly conformal: Fitted["conformal"];
  readonly importances: Fitted["importances"];
  /** What looks wrong, in words; nothing of it ends a training. */
  readonly warnings: readonly string[];
  readonly gates: readonly GateOutcome[];
  readonly promoted: boolean;
  readonly reasons: readonly string[];
  readonly timings: readonly StepTiming[];
}

/**
 * Trains a model from its definition and data to a registered version, and makes it the champion if its
 * gates say so. Steps that were done before with the same inputs are not repeated; after a kill the same
 * call goes on behind the last finished step. A failed gate is a result, not an error.
 */
export async function train(project: Project, name: string, signal?: AbortSignal): Promise<TrainResult> {
  return trainOn(project, { model: findModel(project, name) }, signal);
}

export interface TrainRequest {
  readonly model: ModelDefinition;
  /** The dataset versions to learn from, by source; by default what the sources hold now. */
  readonly versions?: ReadonlyMap<string, DatasetVersion>;
}

/** Trains a model, on given dataset versions or on what its sources hold now, as a recorded run. */
export async function trainOn(
  project: Project,
  { model, versions: given }: TrainRequest,
  signal?: AbortSignal,
): Promise<TrainResult> {
  let run: Run = {
    id: project.newId("run"),
    model: model.name,
    manifest: await manifestOf(project, model),
    startedAtMs: project.clock.nowMs(),
    status: "running",
  };
  const begin = () => project.runs.saveRun({ ...run, manifest: workedOn(project, run.manifest) });
  await begin();
  const finish = (status: "finished" | "failed" | "killed", metrics: Canonical) =>
    project.runs.saveRun({ ...run, status, finishedAtMs: project.clock.nowMs(), metrics });
  const steps = createSteps(project);
  try {
    const versions = given ?? (await steps.time("data", () => snapshotSources(project, model, signal)));
    run = { ...run, manifest: await manifestOf(project, model, versions) };
    await begin();
    const result = await runPipeline(project, { model, runId: run.id, versions, steps }, signal);
    // Through JSON: what is stored is what is read back.
    await finish("finished", JSON.parse(JSON.stringify(result)) as Canonical);
    return result;
  } catch (error) {
    const status = signal?.aborted === true || isMillwrightError(error, "MW0105") ? "killed" : "failed";
    await finish(status, { failure: { ...failureOf(error, steps.failedIn(error) ?? null) } });
    throw error;
  }
}

/** Everything that a run is a function of, as far as it is known. */
async function manifestOf(
  project: Project,
  { definition, hash }: ModelDefinition,
  versions?: ReadonlyMap<string, DatasetVersion>,
): Promise<Canonical> {
  return {
    ...{ model: definition, hash, producer: project.producer },
    code: await project.code(),
    environment: { ...project.machine },
    ...(versions === undefined ? {} : { datasets: datasetIds(versions) }),
  };
}

const datasetIds = (versions: ReadonlyMap<string, DatasetVersion>): Readonly<Record<string, string>> =>
  Object.fromEntries([...versions].map(([source, { id }]) => [source, id]));

interface Pipeline {
  readonly model: ModelDefinition;
  readonly runId: string;
  readonly versions: ReadonlyMap<string, DatasetVersion>;
  readonly steps: Steps;
}

async function runPipeline(
  project: Project,
  { model, runId, versions, steps }: Pipeline,
  signal?: AbortSignal,
): Promise<TrainResult> {
  const data = await steps.time("read", () => openTrainingData(project, { model, versions, steps }));
  const warnings = [...findSetAside(versions), ...(await lookAtData({ model, data, steps }, signal))];
  const fitted = await fitModels(project, { model, data, steps }, signal);
  const report = await evaluateModels(project, { model, data, fitted, steps }, signal);
  throwIfCancelled(signal);

  const packageId = await packaged(project, { model, data, fitted, report, steps }, signal);
  const registered = await registerPackage(project, { packageId, runId });
  const { gates, promotion } = await settle(project, { model, data, report, registered, steps }, signal);
  const range = (rows: Uint32Array) => [data.times[rows[0]], data.times[rows[rows.length - 1]]] as const;
  return {
    runId,
    model: model.name,
    version: registered.version,
    packageId,
    modelHash: fitted.candidate.onnx,
    dataset: data.version.id,
    datasets: datasetIds(versions),
    trainingSet: data.trainingSet,
    rows: data.table.rowCount,
    trainRows: data.train.length,
    testRows: data.test.length,
    trainRange: range(data.train),
    testRange: range(data.test),
    report,
    trainer: fitted.candidate.trainer,
    choice: fitted.choice,
    curves: fitted.candidate.curves,
    calibration: fitted.candidate.calibration,
    conformal: fitted.candidate.conformal,
    importances: fitted.candidate.importances,
    warnings,
    gates,
    promoted: promotion.decision.verdict === "promote",
    reasons: promotion.decision.reasons,
    timings: steps.timings,
  };
}

/** The id of the package: written, or remembered if it is still whole. */
async function packaged(
  project: Project,
  { steps, ...input }: Parameters<typeof packageModel>[1] & { readonly steps: Steps },
  signal?: AbortSignal,
): Promise<string> {
  const { model, data, fitted } = input;
  const { id } = await steps.run({
    name: "package",
    inputs: {
      trainingSet: data.trainingSet,
      model: model.definition,
      gates: model.gates.map(({ definition }) => definition),
      slices: slicesJson(model.slices),
      fairness: slicesJson(model.fairness),
      card: { ...model.card },
      onnx: fitted.candidate.onnx,
    },
    usable: ({ id }) => succeeds(() => readPackage(id, project.blobs)),
    compute: async () => ({ id: (await packageModel(project, input, signal)).id }),
  });
  return id;
}

interface Settlement {
  readonly gates: readonly GateOutcome[];
  readonly promotion: PromotionRecord;
}

interface Registered {
  readonly model: ModelDefinition;
  readonly data: TrainingData;
  readonly report: TestReport;
  readonly registered: ModelVersion;
  readonly steps: Steps;
}

/**
 * Compares a registered version with the champion and perhaps promotes it. Another training may change the
 * champion meanwhile; then the evidence is about the wrong one, and the version is judged again.
 */
async function settle(project: Project, candidate: Registered, signal?: AbortSignal): Promise<Settlement> {
  for (;;) {
    const settlement = await judge(project, candidate, signal);
    const { request, facts } = settlement.promotion;
    if (facts.holder === request.comparedWith) return settlement;
    throwIfCancelled(signal);
  }
}

async function judge(
  project: Project,
  { model, data, report, registered, steps }: Registered,
  signal?: AbortSignal,
): Promise<Settlement> {
  const holder = await currentChampion(project, model.name);
  const champion = await steps.time("compare with champion", () =>
    championMetrics(project, { model, data, holder, scores: report.scores }, signal),
  );
  const { candidate, versusBaseline, slices, fairness, robustness } = report;
  const judged = {
    ...{ task: model.task.kind, candidate, champion, slices, fairness },
    baseline: versusBaseline ?? undefined,
    ...(robustness === null ? {} : { robustness }),
  };
  const gates = model.gates.map((gate) => gate.judge(judged));
  const evidence: Evidence[] = [
    ...gates.map((gate) => ({ kind: "gate" as const, ...gate })),
    ...(await parityEvidence(project, { model, data, steps }, signal)),
  ];
  const promotion = await steps.time("promote", () =>
    promoteVersion(project, { version: registered, evidence, holder }),
  );
  return { gates, promotion };
}

/** That online and offline features are the same; a model without windows has nothing to prove. */
async function parityEvidence(
  project: Project,
  { model, data, steps }: Pick<Registered, "model" | "data" | "steps">,
  signal?: AbortSignal,
): Promise<FeatureParityEvidence[]> {
  if (lookupsOf(model.features).length === 0) return [];
  const parity = await steps.run<FeatureParityEvidence>({
    name: "prove features",
    inputs: { trainingSet: data.trainingSet },
    compute: () => proveTraining(project, { model, data }, signal),
  });
  return [parity, ...(await servedParity(project, model))];
}

async function proveTraining(
  { progress }: Project,
  { model, data }: Pick<Registered, "model" | "data">,
  signal?: AbortSignal,
): Promise<FeatureParityEvidence> {
  const { features } = await data.features(signal);
  const { table, times } = data;
  const proved = { set: model.features, table, times, events: await data.events(), features };
  return proveFeatures(proved, signal, progress);
}

/** What the last check of served predictions showed, if they were served with these very features. */
async function servedParity(project: Project, model: ModelDefinition): Promise<FeatureParityEvidence[]> {
  const last = await latestVerification(project, { model: model.name, live: "default" });
  if (last === undefined || last.contract !== canonicalHash(model.contract)) return [];
  const { predictions, mismatches } = last;
  const detail = `${mismatches} of ${predictions.toLocaleString("en")} served predictions had another feature offline`;
  return [{ kind: "feature-parity", passed: mismatches === 0, rows: predictions, mismatches, detail }];
}
