import {
  calibratedOnnx,
  fitIsotonic,
  fitPlatt,
  fitTemperature,
  type Calibration,
} from "../../learning/index.js";
import type { FeatureSet } from "../../features/index.js";
import type { Canonical } from "../../kernel/index.js";
import { targetOf, type LearningCurve, type ModelDefinition, type Trainer } from "../../training/index.js";
import { chooseTrainer, identity, type Choice } from "./choose-trainer.js";
import { fitConformal, type FittedConformal } from "./fit-conformal.js";
import { fitGraph, scoreGraph } from "./fit-graph.js";
import { divideRows, type DividedRows } from "./held-rows.js";
import type { Project } from "../project.js";
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
  /** What its intervals or sets rest on, where the model declares them. */
  readonly conformal: FittedConformal | null;
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
  /** Whether its intervals or sets are. */
  readonly sure: boolean;
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
  const common = { features: model.features, calibrated: true, sure: false };
  const candidate = await fit({ step: "train", trainer, ...common, sure: true });
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
  const { step, steps, model, data, trainer, features, calibrated, sure } = fit;
  const conformal = sure ? (model.conformal ?? null) : null;
  const holds = trainer.watches === true || (calibrated && model.calibration !== undefined);
  return steps.run<Fitted>({
    name: step,
    inputs: {
      trainingSet: data.trainingSet,
      model: model.definition,
      features: features.definition,
      trainer: await identity(project, trainer),
      calibration: calibrated ? (model.calibration ?? null) : null,
      holdout: holds || conformal !== null ? model.holdout : null,
      ...(conformal === null ? {} : { conformal: JSON.parse(JSON.stringify(conformal)) as Canonical }),
    },
    usable: ({ onnx }) => isWhole(project.blobs, onnx),
    compute: () => fitOne(project, fit, signal),
  });
}

async function fitOne(project: Project, fit: Fitting & Fit, signal?: AbortSignal): Promise<Fitted> {
  const { step, model, data, trainer, features } = fit;
  const rows = divideRows(model, data, fit);
  const task = project.progress.start(`${step} (${trainer.name})`);
  const fitted = await fitGraph(
    project,
    {
      ...{ model, data, trainer, set: features, rows: rows.fit, threads: project.threads },
      doc: `${model.name}: ${step}`,
      onProgress: (done, total) => task.update(done / total),
      ...(rows.held === undefined ? {} : { watch: rows.held }),
    },
    signal,
  );
  task.finish(`${rows.fit.length.toLocaleString("en")} rows × ${features.columns.length} features`);
  const { onnx, calibration, conformal } = await correct(
    project,
    { ...fit, rows, onnx: fitted.onnx },
    signal,
  );
  return {
    onnx: await project.blobs.put(onnx),
    trainer: { name: trainer.name, options: trainer.options, seed: trainer.seed },
    rows: { fit: rows.fit.length, held: (rows.held?.length ?? 0) + (rows.conformal?.length ?? 0) },
    importances: [...fitted.importances],
    curves: fitted.curves,
    calibration,
    conformal,
    environment: fitted.environment ?? null,
  };
}

/** Calibrates a graph's probabilities and then says how sure its answers are, as far as the model asks for it. */
async function correct(
  project: Project,
  graph: Fitting & Fit & { readonly rows: DividedRows; readonly onnx: Uint8Array },
  signal?: AbortSignal,
): Promise<{ readonly onnx: Uint8Array } & Pick<Fitted, "calibration" | "conformal">> {
  const { model, data, trainer, features: set, calibrated, rows } = graph;
  const { onnx, calibration } =
    calibrated && rows.held !== undefined && model.calibration !== undefined
      ? await calibrateGraph(project, { model, data, onnx: graph.onnx, set, held: rows.held }, signal)
      : { onnx: graph.onnx, calibration: null };
  if (rows.conformal === undefined || model.conformal === undefined)
    return { onnx, calibration, conformal: null };
  const { fit } = rows;
  const given = { model, data, trainer, conformal: model.conformal, onnx, fit, rows: rows.conformal };
  return { calibration, ...(await fitConformal(project, given, signal)) };
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
