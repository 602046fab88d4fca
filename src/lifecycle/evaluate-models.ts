import type { FeatureColumns } from "../features/index.js";
import { bindTable, compileExpression } from "../kernel/index.js";
import {
  compare,
  evaluate,
  evaluateSlices,
  slicesJson,
  type Comparison,
  type Evaluation,
  type ModelDefinition,
  type Scored,
  type SliceEvaluation,
} from "../training/index.js";
import type { FittedModels } from "./fit-models.js";
import type { Project } from "./project.js";
import { scoreRows } from "./score-rows.js";
import { isWhole, type Steps } from "./steps.js";
import { takeFeatureRows, type TrainingData } from "./training-data.js";

/** The evaluation of a version on its test rows, as the steps remember it. */
export type TestReport = {
  readonly candidate: Evaluation;
  readonly baseline: Comparison;
  readonly ablation: Comparison | null;
  readonly slices: readonly SliceEvaluation[];
  /** Blob with the candidate's score of every test row: float32, little-endian, in row order. */
  readonly scores: string;
};

/** Scores and evaluates all fitted models on the test rows: one remembered step. */
export function evaluateModels(
  project: Project,
  input: { model: ModelDefinition; data: TrainingData; fitted: FittedModels; steps: Steps },
  signal?: AbortSignal,
): Promise<TestReport> {
  const { model, data, fitted, steps } = input;
  const inputs = {
    trainingSet: data.trainingSet,
    model: model.definition,
    slices: slicesJson(model.slices),
    fitted: [fitted.candidate.onnx, fitted.baseline.onnx, fitted.ablation?.onnx ?? null],
  };
  return steps.run<TestReport>({
    name: "evaluate",
    inputs,
    usable: ({ scores }) => isWhole(project.blobs, scores),
    compute: () => computeReport(project, input, signal),
  });
}

async function computeReport(
  project: Project,
  { model, data, fitted }: { model: ModelDefinition; data: TrainingData; fitted: FittedModels },
  signal?: AbortSignal,
): Promise<TestReport> {
  const { seed } = model.trainer;
  const labels = Uint8Array.from(data.test, (row) => data.labels[row]);
  const times = Float64Array.from(data.test, (row) => data.times[row]);
  const features = await data.features(signal);
  const score = async (what: string, onnx: string, set = model.features) =>
    scoreModel(project, { what, onnx, columns: takeFeatureRows(features, data.test, set) }, signal);
  const scores = await score("model", fitted.candidate.onnx);
  const candidate = evaluate({ scores, labels, times }, seed);
  const baseline = compare({ scores: await score("baseline", fitted.baseline.onnx), labels });
  const ablation =
    fitted.ablation &&
    compare({ scores: await score("without windows", fitted.ablation.onnx, model.ablation), labels });
  const slices = judgeSlices(project, { model, data, scored: { scores, labels, times } });
  const bytes = new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength);
  return { candidate, baseline, ablation: ablation ?? null, slices, scores: await project.blobs.put(bytes) };
}

function judgeSlices(
  project: Project,
  { model, data, scored }: { model: ModelDefinition; data: TrainingData; scored: Scored },
): SliceEvaluation[] {
  if (model.slices.length === 0) return [];
  const task = project.progress.start("slices", model.slices.length);
  const slices = model.slices.flatMap(({ name }, i) => {
    task.update(i);
    return evaluateSlices(scored, { dimension: name, groups: groupsOf(model, data, i) }, model.trainer.seed);
  });
  task.finish(String(slices.length));
  return slices;
}

async function scoreModel(
  project: Project,
  { what, onnx, columns }: { what: string; onnx: string; columns: FeatureColumns },
  signal?: AbortSignal,
): Promise<Float32Array> {
  const session = await project.sessions.open(await project.blobs.get(onnx), { threads: 1 });
  const task = project.progress.start(`score test rows, ${what}`, columns.rowCount);
  try {
    const scores = await scoreRows((numeric, rows, text) => session.run(numeric, rows, text), columns, {
      onProgress: (done) => task.update(done),
      ...(signal === undefined ? {} : { signal }),
    });
    task.finish(`${columns.rowCount.toLocaleString("en")} rows`);
    return scores;
  } finally {
    await session.dispose();
  }
}

/** Test rows by the value of a slicing expression: numbers in order, texts by size. */
function groupsOf(model: ModelDefinition, data: TrainingData, slice: number): Map<string, Uint32Array> {
  const read = compileExpression(model.slices[slice].expression.node, bindTable(data.table));
  const groups = new Map<string | number, number[]>();
  data.test.forEach((row, position) => {
    const value = read(row);
    if (value === null) return;
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [position]);
    else group.push(position);
  });
  const entries = [...groups].sort(([a, rowsA], [b, rowsB]) =>
    typeof a === "number" && typeof b === "number" ? a - b : rowsB.length - rowsA.length,
  );
  return new Map(entries.map(([value, rows]) => [String(value), Uint32Array.from(rows)]));
}
