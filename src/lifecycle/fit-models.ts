import {
  calibratedOnnx,
  fitIsotonic,
  fitPlatt,
  fitTemperature,
  type Calibration,
} from "../learning/index.js";
import type { FeatureSet } from "../features/index.js";
import type { Canonical } from "../kernel/index.js";
import { targetOf, type LearningCurve, type ModelDefinition, type Trainer } from "../training/index.js";
import { chooseTrainer, identity, type Choice } from "./choose-trainer.js";
import { fitGraph, scoreGraph } from "./fit-graph.js";
import type { Project } from "./project.js";
import { isWhole, type Steps } from "./steps.js";
import type { TrainingData } from "./training-data.js";

/** A fitted model, as the steps remember it. */
export type Fitted = {
  /** SHA-256 of the ONNX graph in the blob store: the model's hash. */
  readonly onnx: string;
  readonly trainer: { readonly name: string; readonly options: Canonical; readonly seed: number };
  /** Rows that it learned from, and that it could watch. */
  readonly rows: { readonly fit: number; readonly held: number };
  readonly importances: readonly { readonly name: string; readonly gain: number; readonly splits: number }[];
  readonly curves: readonly LearningCurve[];
  readonly calibration: Calibration | null;
  /** Where it was trained, if not in this process. */
  readonly environment: Canonical | null;
};

/** The candidate and the models that it is compared with. */
export interface FittedModels {
  readonly candidate: Fitted;
  /** How the candidate's trainer was chosen; null where there was one only. */
  readonly choice: Choice | null;
  /** Where nothing simpler makes sense, such as among anomalies, there is none. */
  readonly baseline: Fitted | undefined;
  /** The same learner without windowed features, when asked for. */
  readonly ablation: Fitted | undefined;
}

interface Fitting {
  readonly model: ModelDefinition;
  readonly data: TrainingData;
  readonly steps: Steps;
}

interface Fit {
  readonly step: string;
  readonly trainer: Trainer;
  readonly features: FeatureSet;
  /** Whether the model's calibration is part of it. */
  readonly calibrated: boolean;
}

/** Chooses the trainer and fits the candidate, the baseline and the ablation, each a remembered step. */
export async function fitModels(
  project: Project,
  fitting: Fitting,
  signal?: AbortSignal,
): Promise<FittedModels> {
  const { model } = fitting;
  const { trainer, choice } = await chooseTrainer(project, fitting, signal);
  const fit = (what: Fit) => fitStep(project, { ...fitting, ...what }, signal);
  const common = { features: model.features, calibrated: true };
  const candidate = await fit({ step: "train", trainer, ...common });
  const ablation =
    model.ablation === undefined
      ? undefined
      : await fit({ step: "train without windows", trainer, ...common, features: model.ablation });
  const baseline =
    model.baseline === undefined
      ? undefined
      : await fit({ step: "train baseline", trainer: model.baseline, ...common, calibrated: false });
  return { candidate, choice, baseline, ablation };
}

async function fitStep(project: Project, fit: Fitting & Fit, signal?: AbortSignal): Promise<Fitted> {
  const { step, steps, model, data, trainer, features, calibrated } = fit;
  const holds = trainer.watches === true || (calibrated && model.calibration !== undefined);
  return steps.run<Fitted>({
    name: step,
    inputs: {
      trainingSet: data.trainingSet,
      model: model.definition,
      features: features.definition,
      trainer: await identity(project, trainer),
      calibration: calibrated ? (model.calibration ?? null) : null,
      holdout: holds ? model.holdout : null,
    },
    usable: ({ onnx }) => isWhole(project.blobs, onnx),
    compute: () => fitOne(project, { ...fit, holds }, signal),
  });
}

async function fitOne(
  project: Project,
  { step, model, data, trainer, features, calibrated, holds }: Fitting & Fit & { readonly holds: boolean },
  signal?: AbortSignal,
): Promise<Fitted> {
  const { fit: rows, held } = holds ? data.hold(model.holdout) : { fit: data.train, held: undefined };
  const task = project.progress.start(`${step} (${trainer.name})`);
  const fitted = await fitGraph(
    project,
    {
      ...{ model, data, trainer, set: features, rows, threads: project.threads },
      doc: `${model.name}: ${step}`,
      onProgress: (done, total) => task.update(done / total),
      ...(held === undefined ? {} : { watch: held }),
    },
    signal,
  );
  task.finish(`${rows.length.toLocaleString("en")} rows × ${features.columns.length} features`);
  const { onnx, calibration } =
    calibrated && held !== undefined && model.calibration !== undefined
      ? await calibrateGraph(project, { model, data, onnx: fitted.onnx, set: features, held }, signal)
      : { onnx: fitted.onnx, calibration: null };
  return {
    onnx: await project.blobs.put(onnx),
    trainer: { name: trainer.name, options: trainer.options, seed: trainer.seed },
    rows: { fit: rows.length, held: held?.length ?? 0 },
    importances: [...fitted.importances],
    curves: fitted.curves,
    calibration,
    environment: fitted.environment ?? null,
  };
}

/** Corrects a graph's probabilities by rows that it has not learned from. */
async function calibrateGraph(
  project: Project,
  graph: {
    readonly model: ModelDefinition;
    readonly data: TrainingData;
    readonly onnx: Uint8Array;
    readonly set: FeatureSet;
    readonly held: Uint32Array;
  },
  signal?: AbortSignal,
): Promise<{ readonly onnx: Uint8Array; readonly calibration: Calibration | null }> {
  const { model, data, onnx, set, held } = graph;
  const probabilities = await scoreGraph(project, { data, onnx, rows: held, set }, signal);
  const target = targetOf(model.task, data.outcomes, held);
  if (target.kind !== "binary" && target.kind !== "multiclass") return { onnx, calibration: null };
  const { weights: all } = data;
  const weights = all === undefined ? {} : { weights: Float32Array.from(held, (row) => all[row]) };
  const rows = { probabilities, labels: target.labels, ...weights };
  const fits = {
    platt: () => fitPlatt(rows),
    isotonic: () => fitIsotonic(rows),
    temperature: () => fitTemperature(rows, target.kind === "multiclass" ? target.classes.length : 2),
  };
  const calibration = fits[model.calibration ?? "platt"]();
  return { onnx: calibratedOnnx(onnx, calibration), calibration };
}
