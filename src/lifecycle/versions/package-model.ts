import { lookupsOf } from "../../features/index.js";
import { buildReferenceProfile } from "../../monitoring/index.js";
import type { Canonical } from "../../kernel/index.js";
import {
  renderCard,
  type CardFacts,
  type CardFairness,
  type CardMetric,
  type CardSlice,
  writePackage,
  type FeatureFacts,
  type Manifest,
  type ProbeSet,
  type Signature,
} from "../../registry/index.js";
import {
  describeTask,
  evaluationConvention,
  watchedOutputs,
  type ModelDefinition,
} from "../../training/index.js";
import { describeFeatures } from "../views/describe-features.js";
import type { TestReport } from "../train/evaluate-models.js";
import type { FittedModels } from "../train/fit-models.js";
import type { Project } from "../project.js";
import { batchOf, scoreRows, type Score } from "../train/score-rows.js";
import { testMetrics } from "../train/test-metrics.js";
import { takeFeatureRows, type TrainingData } from "../train/training-data.js";

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
      watchedOutputs(
        model.task,
        await scoreRows(score, sample, signal === undefined ? {} : { signal }),
        sample.rowCount,
      ),
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
        card: renderCard(cardFacts(project, packaged)),
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
  const values = outputs.length / rows;
  const probes = Array.from({ length: rows }, (_, row) => ({
    numeric: Array.from(numeric.subarray(row * width, (row + 1) * width), (value) =>
      Number.isNaN(value) ? null : value,
    ),
    text: text.slice(row * texts, (row + 1) * texts),
    outputs: Array.from(outputs.subarray(row * values, (row + 1) * values)),
  }));
  return { tolerance: 0, probes };
}

/** The metrics that have a value, with their intervals. */
function measuredMetrics({ candidate }: TestReport): CardMetric[] {
  return testMetrics(candidate).flatMap(([name, found]) => {
    if (found.value === null) return [];
    const { low, high } = found.interval;
    return [{ name, value: found.value, low, high, convention: evaluationConvention(candidate) }];
  });
}

function factsOf(
  project: Project,
  { model, data, report, fitted }: Packaged,
  signature: Signature,
): FeatureFacts {
  const { trainer } = fitted.candidate;
  return {
    kind: "features",
    model: model.name,
    signature,
    features: { hash: model.features.hash, definition: model.contract },
    dataset: data.version.id,
    split: model.split.definition,
    trainer: { name: trainer.name, options: trainer.options },
    seed: trainer.seed,
    metrics: Object.fromEntries(measuredMetrics(report).map(({ name, value }) => [name, value])),
    producer: project.producer,
  };
}

function cardFacts(project: Project, { model, data, report }: Packaged): CardFacts {
  const { time } = model.spine;
  const iso = (row: number) => new Date(data.times[row]).toISOString().slice(0, 10);
  const period = (rows: Uint32Array) => {
    const count = `${rows.length.toLocaleString("en")} rows`;
    return time === undefined ? count : `${count}, ${iso(rows[0])} to ${iso(rows[rows.length - 1])}`;
  };
  const { use, owners, licence, ethics } = model.card;
  const { node, platform, engines } = project.machine;
  return {
    model: model.name,
    predicts: `Predicts ${describeTask(model.task)}${time === undefined ? "" : `, asked at the row's ${time}`}.`,
    data: [`Dataset version ${data.version.id} of source ${data.version.name}.`],
    split: [`Training: ${period(data.train)}.`, `Test: ${period(data.test)}.`],
    features: describeFeatures(model).map(({ name, origin, meaning }) => ({ name, origin, meaning })),
    metrics: measuredMetrics(report),
    slices: cardSlices(model, report),
    fairness: cardFairness(report),
    gates: model.gates.map(({ name }) => name),
    ...{ use, owners, licence, ethics },
    limits: [
      ...model.card.limits,
      ...(time === undefined
        ? []
        : [`Evaluated only on rows from ${iso(data.test[0])} to ${iso(data.test[data.test.length - 1])}.`]),
      ...(lookupsOf(model.features).length === 0
        ? []
        : [
            "Features may be missing for an entity without recent events; the model then relies on the others.",
          ]),
    ],
    environment: [`Node ${node} on ${platform}; ${engines.join(", ")}.`],
    reproduce: [
      `millwright reproduce ${model.name}@<version>, with the same configuration and dataset version.`,
    ],
  };
}

/** The declared slices by the metric that trials are judged by, then those that were found worse than the rest. */
function cardSlices({ metric }: ModelDefinition, { slices, found }: TestReport): CardSlice[] {
  const declared = slices.flatMap(({ dimension, value, rows, metrics }) => {
    const figure = metrics[metric]?.value ?? null;
    return figure === null ? [] : [{ slice: `${dimension} ${value}`, rows, metric, value: figure }];
  });
  const worse = (found?.slices ?? []).map(({ name, rows, meanLoss }) => ({
    ...{ slice: name, rows, value: meanLoss },
    metric: "mean loss",
  }));
  return [...declared, ...worse];
}

/** Every measured figure of every group, and how far it is from the attribute's mean over its groups. */
function cardFairness({ fairness }: TestReport): CardFairness[] {
  return fairness.flatMap(({ attribute, groups }) => {
    const measured = groups.flatMap((group) =>
      group.state === "insufficient"
        ? []
        : Object.entries(group.figures).flatMap(([metric, { value }]) =>
            value === null ? [] : [{ group: `${attribute} ${group.value}`, rows: group.rows, metric, value }],
          ),
    );
    return measured.map((row) => {
      const same = measured.filter(({ metric }) => metric === row.metric).map(({ value }) => value);
      const mean = same.reduce((sum, value) => sum + value, 0) / same.length;
      return { ...row, difference: row.value - mean };
    });
  });
}
