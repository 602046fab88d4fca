import {
  bandAround,
  fitIntervals,
  fitSetThreshold,
  intervalOnnx,
  requireConformalRows,
  setOnnx,
  type BandGraphs,
} from "../../learning/index.js";
import { targetOf, type Conformal, type ModelDefinition, type Trainer } from "../../training/index.js";
import { fitGraph, scoreGraph } from "./fit-graph.js";
import type { Project } from "../project.js";
import type { TrainingData } from "./training-data.js";

/** How intervals or sets were calibrated. Plain JSON. */
export type FittedConformal = {
  readonly kind: "intervals" | "sets";
  readonly coverage: number;
  readonly scores: "absolute" | "quantiles" | "probabilities";
  /** Rows that it was calibrated on. */
  readonly rows: number;
  /** What the intervals are widened by, or the least probability of a label in a set; float32. */
  readonly bound: number;
};

export interface ConformalFit {
  readonly model: ModelDefinition;
  readonly data: TrainingData;
  readonly trainer: Trainer;
  readonly conformal: Conformal;
  /** The graph that gives points or probabilities. */
  readonly onnx: Uint8Array;
  /** What the trainer learned from. */
  readonly fit: Uint32Array;
  /** Rows that neither the trainer nor anything that corrects it has seen. */
  readonly rows: Uint32Array;
}

/** Calibrates intervals or sets, and puts them into the graph. Throws MW0420 for too few rows. */
export async function fitConformal(
  project: Project,
  given: ConformalFit,
  signal?: AbortSignal,
): Promise<{ readonly onnx: Uint8Array; readonly conformal: FittedConformal }> {
  requireConformalRows(given.rows.length, 1 - given.conformal.coverage);
  return given.model.task.kind === "regression"
    ? fitIntervalGraph(project, given, signal)
    : fitSetGraph(project, given, signal);
}

/** A float32 that is no less: rounded to the nearest, an interval could miss the row that it was measured by. */
const upwards = (value: number) => Math.fround(value + Math.abs(value) * 2 ** -23);

const scoring = ({ data, model, rows }: ConformalFit, onnx: Uint8Array) => ({
  ...{ data, onnx, rows },
  set: model.features,
});

async function fitIntervalGraph(project: Project, given: ConformalFit, signal?: AbortSignal) {
  const { data, conformal, onnx, rows } = given;
  const { coverage, scores = "absolute" } = conformal;
  const bands = scores === "quantiles" ? await fitBands(project, given, signal) : undefined;
  const predicted = (graph: Uint8Array) => scoreGraph(project, scoring(given, graph), signal);
  const band =
    bands === undefined
      ? bandAround(await predicted(onnx))
      : inOrder(await predicted(bands.low), await predicted(bands.high));
  const outcomes = Float64Array.from(rows, (row) => data.outcomes.values[row]);
  const { groups } = fitIntervals(band, outcomes, { alpha: 1 - coverage });
  const bound = upwards(groups[0].quantile ?? Infinity);
  return {
    onnx: intervalOnnx(onnx, bound, bands),
    conformal: { kind: "intervals" as const, coverage, scores, rows: rows.length, bound },
  };
}

/** Two models of the quantiles that leave half of the error rate out each. */
async function fitBands(
  project: Project,
  { model, data, trainer, conformal: { coverage }, fit }: ConformalFit,
  signal?: AbortSignal,
): Promise<BandGraphs> {
  const graphOf = async (quantile: number) => {
    const quantiles = trainer.forQuantile?.(quantile);
    if (quantiles === undefined) throw new TypeError(`${trainer.name} cannot predict quantiles`);
    const common = { model, data, set: model.features, rows: fit, threads: project.threads };
    return (await fitGraph(project, { ...common, trainer: quantiles }, signal)).onnx;
  };
  const tail = (1 - coverage) / 2;
  return { low: await graphOf(tail), high: await graphOf(1 - tail) };
}

/** Two quantile models may cross. */
function inOrder(a: Float32Array, b: Float32Array) {
  return {
    lows: a.map((value, row) => Math.min(value, b[row])),
    highs: a.map((value, row) => Math.max(value, b[row])),
  };
}

async function fitSetGraph(project: Project, given: ConformalFit, signal?: AbortSignal) {
  const { model, data, conformal, onnx, rows } = given;
  const { coverage } = conformal;
  const target = targetOf(model.task, data.outcomes, rows);
  if (target.kind !== "binary" && target.kind !== "multiclass")
    throw new TypeError(`no sets of a ${target.kind}`);
  const outputs = await scoreGraph(project, scoring(given, onnx), signal);
  const classes = target.kind === "binary" ? 2 : target.classes.length;
  const probabilities =
    target.kind === "binary"
      ? Float32Array.from({ length: 2 * outputs.length }, (_, i) =>
          i % 2 === 1 ? outputs[i >> 1] : 1 - outputs[i >> 1],
        )
      : outputs;
  const bound = fitSetThreshold({ probabilities, labels: target.labels, classes }, 1 - coverage);
  return {
    onnx: setOnnx(onnx, bound, classes),
    conformal: {
      ...{ kind: "sets" as const, coverage, scores: "probabilities" as const, rows: rows.length },
      bound,
    },
  };
}
