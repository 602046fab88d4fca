import type { FeatureSet } from "../../features/index.js";
import type { FittedPipeline, ModelDefinition, Trainer } from "../../training/index.js";
import type { Project } from "../project.js";
import { scoreRows } from "./score-rows.js";
import { examplesOf, takeFeatureRows, type TrainingData } from "./training-data.js";

export interface GraphFit {
  readonly model: ModelDefinition;
  readonly data: TrainingData;
  readonly trainer: Trainer;
  /** The features that it reads. */
  readonly set: FeatureSet;
  /** What it learns from. */
  readonly rows: Uint32Array;
  /** What it may watch, such as to stop early. */
  readonly watch?: Uint32Array;
  readonly threads: number;
  /** What the graph says of itself. */
  readonly doc?: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Fits a trainer to some rows. */
export async function fitGraph(
  project: Project,
  fit: GraphFit,
  signal?: AbortSignal,
): Promise<FittedPipeline> {
  const { model, data, trainer, set, rows, watch, threads, doc = model.name, onProgress } = fit;
  const examples = await examplesOf(data, { model, rows, set }, signal);
  const validation =
    watch === undefined ? {} : { validation: await examplesOf(data, { model, rows: watch, set }, signal) };
  const { name: producer, version: producerVersion } = project.producer;
  return trainer.fit(
    examples,
    { producer, producerVersion, graphName: model.name, doc },
    {
      threads,
      python: project.python,
      ...validation,
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(signal === undefined ? {} : { signal }),
    },
  );
}

/** The outputs of a graph on some rows, row-major. */
export async function scoreGraph(
  project: Project,
  graph: {
    readonly data: TrainingData;
    readonly onnx: Uint8Array;
    readonly rows: Uint32Array;
    readonly set: FeatureSet;
    readonly onProgress?: (done: number) => void;
  },
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { data, onnx, rows, set, onProgress } = graph;
  const columns = takeFeatureRows(await data.features(signal), rows, set);
  const session = await project.sessions.open(onnx, { threads: 1 });
  try {
    return await scoreRows((numeric, count, text) => session.run(numeric, count, text), columns, {
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(signal === undefined ? {} : { signal }),
    });
  } finally {
    await session.dispose();
  }
}
