import { buildReferenceProfile } from "../monitoring/index.js";
import type { Canonical } from "../kernel/index.js";
import {
  renderCard,
  writePackage,
  type Manifest,
  type PackageFacts,
  type ProbeSet,
  type Signature,
} from "../registry/index.js";
import { describeExpression, evaluationConvention, type ModelDefinition } from "../training/index.js";
import { describeFeatures } from "./describe-features.js";
import type { TestReport } from "./evaluate-models.js";
import type { FittedModels } from "./fit-models.js";
import type { Project } from "./project.js";
import { batchOf, scoreRows, type Score } from "./score-rows.js";
import { takeFeatureRows, type TrainingData } from "./training-data.js";

const probeCount = 64;
const referenceRows = 200_000;

/** What goes into a package besides the model itself. */
export interface Packaged {
  readonly model: ModelDefinition;
  readonly data: TrainingData;
  readonly fitted: FittedModels;
  readonly report: TestReport;
}

/** Writes the package of a fitted model. Equal input gives an equal id. */
export async function packageModel(
  project: Project,
  packaged: Packaged,
  signal?: AbortSignal,
): Promise<{ readonly id: string; readonly manifest: Manifest }> {
  const { model, data, fitted } = packaged;
  const onnx = await project.blobs.get(fitted.candidate.onnx);
  const session = await project.sessions.open(onnx, { threads: 1 });
  try {
    const features = await data.features(signal);
    const score: Score = (numeric, rows, text) => session.run(numeric, rows, text);
    const probes = await makeProbes(score, takeFeatureRows(features, evenly(data.test, probeCount)));
    const sample = takeFeatureRows(features, evenly(data.train, referenceRows));
    const reference = buildReferenceProfile(
      sample.features,
      await scoreRows(score, sample, signal === undefined ? {} : { signal }),
    );
    const signature: Signature = {
      inputs: session.inputs,
      columns: model.features.columns.map(({ name, kind, origin }) => ({ name, kind, origin })),
      outputs: session.outputs,
    };
    return await writePackage(
      {
        facts: factsOf(project, packaged, signature),
        model: onnx,
        card: renderCard(cardFacts(packaged)),
        probes,
        // What travels in the package is JSON.
        referenceProfile: JSON.parse(JSON.stringify(reference)) as Canonical,
      },
      project.blobs,
    );
  } finally {
    await session.dispose();
  }
}

/** So many rows, evenly spaced, always the same. */
function evenly(rows: Uint32Array, wanted: number): Uint32Array {
  const step = Math.max(1, rows.length / wanted);
  return Uint32Array.from({ length: Math.min(wanted, rows.length) }, (_, i) => rows[Math.floor(i * step)]);
}

async function makeProbes(score: Score, columns: ReturnType<typeof takeFeatureRows>): Promise<ProbeSet> {
  const { rows, numeric, text } = batchOf(columns, 0, columns.rowCount);
  const outputs = await score(numeric, rows, text);
  const width = numeric.length / rows;
  const texts = text.length / rows;
  const probes = Array.from(outputs, (output, row) => ({
    numeric: Array.from(numeric.subarray(row * width, (row + 1) * width), (value) =>
      Number.isNaN(value) ? null : value,
    ),
    text: text.slice(row * texts, (row + 1) * texts),
    output,
  }));
  return { tolerance: 0, probes };
}

function factsOf(project: Project, { model, data, report }: Packaged, signature: Signature): PackageFacts {
  const { metrics } = report.candidate;
  return {
    model: model.name,
    signature,
    features: { hash: model.features.hash, definition: model.contract },
    dataset: data.version.id,
    split: model.split.definition,
    trainer: { name: model.trainer.name, options: model.trainer.options },
    seed: model.trainer.seed,
    metrics: {
      auc: metrics.auc.value,
      logLoss: metrics.logLoss.value,
      brier: metrics.brier.value,
      ece: metrics.ece.value,
      averagePrecision: report.candidate.averagePrecision,
    },
    producer: project.producer,
  };
}

function cardFacts({ model, data, report }: Packaged): Parameters<typeof renderCard>[0] {
  const label = describeExpression(model.task.label);
  const iso = (row: number) => new Date(data.times[row]).toISOString().slice(0, 10);
  const period = (rows: Uint32Array) =>
    `${rows.length.toLocaleString("en")} rows, ${iso(rows[0])} to ${iso(rows[rows.length - 1])}`;
  const { metrics } = report.candidate;
  return {
    model: model.name,
    predicts: `The probability that ${label}, asked at the row's ${model.spine.time}.`,
    data: [`Dataset version ${data.version.id} of source ${data.version.name}.`],
    split: [`Training: ${period(data.train)}.`, `Test: ${period(data.test)}.`],
    features: describeFeatures(model).map(({ name, origin, meaning }) => ({ name, origin, meaning })),
    metrics: (["auc", "logLoss", "brier", "ece"] as const).map((name) => ({
      name,
      value: metrics[name].value,
      low: metrics[name].interval.low,
      high: metrics[name].interval.high,
      convention: evaluationConvention,
    })),
    slices: report.slices.flatMap(({ dimension, value, rows, auc }) =>
      auc === null ? [] : [{ slice: `${dimension} ${value}`, rows, metric: "auc", value: auc.value }],
    ),
    gates: model.gates.map(({ name }) => name),
    limits: [
      `Evaluated only on rows from ${iso(data.test[0])} to ${iso(data.test[data.test.length - 1])}.`,
      "Features may be missing for an entity without recent events; the model then relies on the others.",
    ],
    reproduce: [`millwright train ${model.name}, with the same configuration and dataset version.`],
  };
}
