import type { FeatureSet } from "../features/index.js";
import type { Canonical } from "../kernel/index.js";
import type { FittedPipeline, ModelDefinition, Trainer } from "../training/index.js";
import type { Project } from "./project.js";
import { isWhole, type Steps } from "./steps.js";
import { trainingExamples, type TrainingData } from "./training-data.js";

/** A fitted model, as the steps remember it. */
export type Fitted = {
  /** SHA-256 of the ONNX graph in the blob store: the model's hash. */
  readonly onnx: string;
  readonly importances: readonly { readonly name: string; readonly gain: number; readonly splits: number }[];
};

/** The candidate and the models that it is compared with. */
export interface FittedModels {
  readonly candidate: Fitted;
  readonly baseline: Fitted;
  /** The same learner without windowed features, when asked for. */
  readonly ablation: Fitted | undefined;
}

interface Fit {
  readonly step: string;
  readonly trainer: Trainer;
  readonly features: FeatureSet;
}

/** Fits the candidate, the baseline and the ablation, each a remembered step. */
export async function fitModels(
  project: Project,
  { model, data, steps }: { model: ModelDefinition; data: TrainingData; steps: Steps },
  signal?: AbortSignal,
): Promise<FittedModels> {
  const fit = (what: Fit) =>
    steps.run<Fitted>({
      name: what.step,
      inputs: fitInputs(model, data, what),
      usable: ({ onnx }) => isWhole(project.blobs, onnx),
      compute: () => fitOne(project, { ...what, model, data }, signal),
    });
  const candidate = await fit({ step: "train", trainer: model.trainer, features: model.features });
  const ablation =
    model.ablation === undefined
      ? undefined
      : await fit({ step: "train without windows", trainer: model.trainer, features: model.ablation });
  const baseline = await fit({ step: "train baseline", trainer: model.baseline, features: model.features });
  return { candidate, baseline, ablation };
}

/** Everything that a fitted model is a function of. Threads are not among it. */
function fitInputs(model: ModelDefinition, data: TrainingData, { trainer, features }: Fit): Canonical {
  return {
    trainingSet: data.trainingSet,
    model: model.definition,
    features: features.definition,
    trainer: { name: trainer.name, options: trainer.options },
  };
}

async function fitOne(
  project: Project,
  { step, trainer, features, model, data }: Fit & { model: ModelDefinition; data: TrainingData },
  signal?: AbortSignal,
): Promise<Fitted> {
  const examples = await trainingExamples(data, features, signal);
  const task = project.progress.start(`${step} (${trainer.name})`);
  const { onnx, importances }: FittedPipeline = await trainer.fit(
    examples,
    {
      producer: project.producer.name,
      producerVersion: project.producer.version,
      graphName: model.name,
      doc: `${model.name}: ${step}`,
    },
    {
      threads: project.threads,
      onProgress: (done, total) => task.update(done / total),
      ...(signal === undefined ? {} : { signal }),
    },
  );
  const hash = await project.blobs.put(onnx);
  task.finish(`${examples.rowCount.toLocaleString("en")} rows × ${examples.features.length} features`);
  return { onnx: hash, importances: [...importances] };
}
