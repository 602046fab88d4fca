import type { FeatureTable } from "../../learning/index.js";
import {
  assessRobustness,
  compare,
  comparePaired,
  evaluateSlices,
  evaluationFrom,
  findSlices,
  measureFairness,
  metricsOf,
  metricValues,
  outputParts,
  replicateMetrics,
  rowLosses,
  scoredRows,
  slicesJson,
  type Comparison,
  type Evaluation,
  type FairnessReport,
  type ModelDefinition,
  type PairedComparison,
  type RobustnessReport,
  type Scored,
  type SliceEvaluation,
  type SliceSearch,
} from "../../training/index.js";
import { evenlySpaced } from "./evenly-spaced.js";
import { scoreGraph } from "./fit-graph.js";
import type { FittedModels } from "./fit-models.js";
import { groupsOf } from "./group-rows.js";
import { knownRows } from "../watch/known-rows.js";
import type { Project } from "../project.js";
import { scoreRows } from "./score-rows.js";
import { isWhole, type Steps } from "./steps.js";
import { takeFeatureRows, type TrainingData } from "./training-data.js";

/** A model that stands beside the candidate: figures without intervals, of a binary one with its curves. */
export type BesideReport = Comparison | { readonly metrics: Readonly<Record<string, number | null>> };

/** The evaluation of a version on its test rows, as the steps remember it. */
export type TestReport = {
  readonly candidate: Evaluation;
  readonly baseline: BesideReport | null;
  /** The candidate against the baseline, paired by row. */
  readonly versusBaseline: PairedComparison | null;
  readonly ablation: BesideReport | null;
  readonly slices: readonly SliceEvaluation[];
  /** Groups of rows, by one or two features, that the candidate serves worse than the others; null where rows have no loss. */
  readonly found: SliceSearch | null;
  readonly fairness: readonly FairnessReport[];
  readonly robustness: RobustnessReport | null;
  /** Blob with the candidate's outputs of every test row: float32, little-endian, row-major. */
  readonly scores: string;
};

interface Evaluated {
  readonly model: ModelDefinition;
  readonly data: TrainingData;
  readonly fitted: FittedModels;
}

/** Scores and evaluates all fitted models on the test rows: one remembered step. */
export function evaluateModels(
  project: Project,
  { steps, ...input }: Evaluated & { readonly steps: Steps },
  signal?: AbortSignal,
): Promise<TestReport> {
  const { model, data, fitted } = input;
  const inputs = {
    trainingSet: data.trainingSet,
    model: model.definition,
    slices: slicesJson(model.slices),
    fairness: slicesJson(model.fairness),
    robustness: model.robustness?.definition ?? null,
    fitted: [fitted.candidate.onnx, fitted.baseline?.onnx ?? null, fitted.ablation?.onnx ?? null],
  };
  return steps.run<TestReport>({
    name: "evaluate",
    inputs,
    usable: ({ scores }) => isWhole(project.blobs, scores),
    compute: () => computeReport(project, input, signal),
  });
}

async function computeReport(project: Project, input: Evaluated, signal?: AbortSignal): Promise<TestReport> {
  const { model, data, fitted } = input;
  const { seed } = model.trainer;
  const known = knownRows(model, data, data.test);
  const score = async (what: string, onnx: string, set = model.features) =>
    scoreTest(project, { data, what, onnx, set }, signal);
  const scores = await score("model", fitted.candidate.onnx);
  const scored = scoredRows(known, scores);
  const own = replicateMetrics(scored, { seed });
  const simple = fitted.baseline && scoredRows(known, await score("baseline", fitted.baseline.onnx));
  const ablated =
    fitted.ablation &&
    scoredRows(known, await score("without windows", fitted.ablation.onnx, model.ablation));
  const losses = rowLosses(scored);
  const bytes = new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength);
  return {
    candidate: evaluationFrom(own),
    baseline: simple === undefined ? null : besideOf(simple),
    versusBaseline: simple === undefined ? null : comparePaired(own, replicateMetrics(simple, { seed })),
    ablation: ablated === undefined ? null : besideOf(ablated),
    slices: judgeSlices(project, { model, data, scored }),
    found: losses === undefined ? null : await searchSlices(input, losses, signal),
    fairness: model.fairness.map(({ name, expression }) =>
      measureFairness(scored, { dimension: name, groups: groupsOf(expression, data) }, { seed }),
    ),
    robustness: await judgeRobustness(project, { ...input, scores }, signal),
    scores: await project.blobs.put(bytes),
  };
}

function besideOf(scored: Scored): BesideReport {
  const values = metricValues(scored);
  if (scored.task === "binary") {
    const plain = compare(scored);
    if (scored.weights === undefined) return plain;
    const weighted = Object.keys(plain.metrics).map((name) => [name, values.get(name)]);
    return { ...plain, metrics: Object.fromEntries(weighted) as typeof plain.metrics };
  }
  const figure = (name: string) => {
    const value = values.get(name) ?? NaN;
    return Number.isFinite(value) ? value : null;
  };
  return { metrics: Object.fromEntries(metricsOf(scored.task).map((name) => [name, figure(name)])) };
}

function judgeSlices(
  project: Project,
  { model, data, scored }: { model: ModelDefinition; data: TrainingData; scored: Scored },
): SliceEvaluation[] {
  if (model.slices.length === 0) return [];
  const task = project.progress.start("slices", model.slices.length);
  const slices = model.slices.flatMap(({ name, expression }, i) => {
    task.update(i);
    return evaluateSlices<Scored>(
      scored,
      { dimension: name, groups: groupsOf(expression, data) },
      model.trainer.seed,
    );
  });
  task.finish(String(slices.length));
  return slices;
}

/** Bad slices are looked for among so many test rows at most: a slice that matters shows there. */
const searchedRows = 200_000;

async function searchSlices(
  { model, data }: Evaluated,
  losses: Float64Array,
  signal?: AbortSignal,
): Promise<SliceSearch> {
  const positions = evenlySpaced(losses.length, searchedRows);
  const rows = Uint32Array.from(positions, (position) => data.test[position]);
  const table = takeFeatureRows(await data.features(signal), rows, model.features);
  return findSlices(
    Float64Array.from(positions, (position) => losses[position]),
    table,
  );
}

/** Changed inputs are scored on so many test rows at most. */
const robustnessRows = 50_000;

async function judgeRobustness(
  project: Project,
  { model, data, fitted }: Evaluated & { readonly scores: Float32Array },
  signal?: AbortSignal,
): Promise<RobustnessReport | null> {
  const { robustness } = model;
  if (robustness === undefined) return null;
  const rows = evenlySpaced(data.test.length, robustnessRows).map((position) => data.test[position]);
  const onnx = await project.blobs.get(fitted.candidate.onnx);
  const session = await project.sessions.open(onnx, { threads: 1 });
  const cancelled = signal === undefined ? {} : { signal };
  // How sure the model is of changed rows is not asked: its points alone are looked at.
  const score = async (table: FeatureTable) =>
    outputParts(
      model.task,
      await scoreRows((numeric, size, text) => session.run(numeric, size, text), table, cancelled),
      table.rowCount,
    ).scores;
  try {
    const table = takeFeatureRows(await data.features(signal), rows, model.features);
    const scored = scoredRows(knownRows(model, data, rows), await score(table));
    return await assessRobustness({
      robustness,
      scored,
      table,
      score,
      seed: model.trainer.seed,
      ...cancelled,
    });
  } finally {
    await session.dispose();
  }
}

async function scoreTest(
  project: Project,
  {
    data,
    what,
    onnx,
    set,
  }: {
    readonly data: TrainingData;
    readonly what: string;
    readonly onnx: string;
    readonly set: ModelDefinition["features"];
  },
  signal?: AbortSignal,
): Promise<Float32Array> {
  const rows = data.test;
  const task = project.progress.start(`score test rows, ${what}`, rows.length);
  const graph = await project.blobs.get(onnx);
  const onProgress = (done: number) => task.update(done);
  const scores = await scoreGraph(project, { data, onnx: graph, rows, set, onProgress }, signal);
  task.finish(`${rows.length.toLocaleString("en")} rows`);
  return scores;
}
