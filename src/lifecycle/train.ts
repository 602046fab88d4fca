import { canonicalHash, isMillwrightError, throwIfCancelled, type Canonical } from "../kernel/index.js";
import {
  readPackage,
  type Evidence,
  type FeatureParityEvidence,
  type ModelVersion,
  type PromotionRecord,
} from "../registry/index.js";
import { slicesJson, type GateOutcome, type ModelDefinition, type Run } from "../training/index.js";
import { championMetrics } from "./champion-metrics.js";
import { evaluateModels, type TestReport } from "./evaluate-models.js";
import { fitModels, type Fitted } from "./fit-models.js";
import { packageModel } from "./package-model.js";
import { findModel, type Project } from "./project.js";
import { currentChampion, promoteVersion } from "./promote.js";
import { proveFeatures } from "./prove-features.js";
import { snapshotSources } from "./snapshot-data.js";
import { createSteps, succeeds, type Steps, type StepTiming } from "./steps.js";
import { openTrainingData, type TrainingData } from "./training-data.js";
import { latestVerification } from "./verify-features.js";

/** What a training run brought. Plain JSON. */
export interface TrainResult {
  readonly runId: string;
  readonly model: string;
  readonly version: number;
  readonly packageId: string;
  /** SHA-256 of the ONNX graph: equal for equal input, whatever the number of threads. */
  readonly modelHash: string;
  readonly dataset: string;
  /** The id of the training set: what the rows, labels and features are a function of. */
  readonly trainingSet: string;
  readonly rows: number;
  readonly trainRows: number;
  readonly testRows: number;
  /** First and last prediction time of each part, epoch milliseconds. */
  readonly trainRange: readonly [number, number];
  readonly testRange: readonly [number, number];
  readonly report: TestReport;
  readonly importances: Fitted["importances"];
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
  const model = findModel(project, name);
  const runId = project.newId("run");
  const run: Run = {
    id: runId,
    model: name,
    manifest: { model: model.definition, hash: model.hash, producer: project.producer },
    startedAtMs: project.clock.nowMs(),
    status: "running",
  };
  await project.runs.saveRun(run);
  const finish = (status: "finished" | "failed" | "killed", metrics: Canonical) =>
    project.runs.saveRun({ ...run, status, finishedAtMs: project.clock.nowMs(), metrics });
  try {
    const result = await runPipeline(project, { model, runId }, signal);
    // Through JSON: what is stored is what is read back.
    await finish("finished", JSON.parse(JSON.stringify(result)) as Canonical);
    return result;
  } catch (error) {
    const status = signal?.aborted === true || isMillwrightError(error, "MW0105") ? "killed" : "failed";
    await finish(status, { error: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}

async function runPipeline(
  project: Project,
  { model, runId }: { model: ModelDefinition; runId: string },
  signal?: AbortSignal,
): Promise<TrainResult> {
  const steps = createSteps(project);
  const versions = await steps.time("data", () => snapshotSources(project, model, signal));
  const data = await steps.time("read", () => openTrainingData(project, { model, versions, steps }));
  const fitted = await fitModels(project, { model, data, steps }, signal);
  const report = await evaluateModels(project, { model, data, fitted, steps }, signal);
  throwIfCancelled(signal);

  const packageId = await packaged(project, { model, data, fitted, report, steps }, signal);
  const registered = await project.registry.register({ model: model.name, packageId, runId });
  const { gates, promotion } = await settle(project, { model, data, report, registered, steps }, signal);
  const range = (rows: Uint32Array) => [data.times[rows[0]], data.times[rows[rows.length - 1]]] as const;
  return {
    runId,
    model: model.name,
    version: registered.version,
    packageId,
    modelHash: fitted.candidate.onnx,
    dataset: data.version.id,
    trainingSet: data.trainingSet,
    rows: data.table.rowCount,
    trainRows: data.train.length,
    testRows: data.test.length,
    trainRange: range(data.train),
    testRange: range(data.test),
    report,
    importances: fitted.candidate.importances,
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
    championMetrics(project, { model, data, holder }, signal),
  );
  const gates = model.gates.map((gate) =>
    gate.judge({ candidate: report.candidate.metrics, baseline: report.baseline.metrics, champion }),
  );
  const parity = await steps.run<FeatureParityEvidence>({
    name: "prove features",
    inputs: { trainingSet: data.trainingSet },
    compute: () => proveTraining(model, data, signal),
  });
  const served = await servedParity(project, model);
  const evidence: Evidence[] = [
    ...gates.map((gate) => ({ kind: "gate" as const, ...gate })),
    parity,
    ...served,
  ];
  const promotion = await steps.time("promote", () =>
    promoteVersion(project, { version: registered, evidence, holder }),
  );
  return { gates, promotion };
}

async function proveTraining(model: ModelDefinition, data: TrainingData, signal?: AbortSignal) {
  const { features } = await data.features(signal);
  const { table, times } = data;
  return proveFeatures({ set: model.features, table, times, events: await data.events(), features }, signal);
}

/** What the last check of served predictions showed, if they were served with these very features. */
async function servedParity(project: Project, model: ModelDefinition): Promise<FeatureParityEvidence[]> {
  const last = await latestVerification(project, { model: model.name, live: "default" });
  if (last === undefined || last.contract !== canonicalHash(model.contract)) return [];
  const { predictions, mismatches } = last;
  const detail = `${mismatches} of ${predictions.toLocaleString("en")} served predictions had another feature offline`;
  return [{ kind: "feature-parity", passed: mismatches === 0, rows: predictions, mismatches, detail }];
}
