import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onnxruntimeSessions } from "../../src/adapters/onnxruntime/index.js";
import { seededRng } from "../../src/kernel/index.js";
import type { Examples, TargetKind } from "../../src/learning/index.js";
import {
  catboost,
  lightgbm,
  sklearn,
  torch,
  xgboost,
  type FittedPipeline,
  type Trainer,
} from "../../src/training/index.js";
import { graphInfo, python3, pythonExamples, pythonProject, type PythonProject } from "../support/python.js";

let project: PythonProject;
beforeAll(async () => {
  project = await pythonProject();
  project.write("network.py", network);
  project.write("pipeline.py", pipeline);
  if (python3 === undefined) return;
  // Made where no earlier run did, and at the same time: it is waiting for the network and the disk for the most part.
  const locks = ["lightgbm", "sklearn", "xgboost", "catboost", "torch"] as const;
  await Promise.all(locks.map((shipped) => project.runner.prepare({ lock: { shipped }, byVersion: [] })));
}, 900_000);
afterAll(() => project.close());

const network = `
from torch import nn

def network(job, width):
    return nn.Sequential(nn.Linear(width, 16), nn.ReLU(), nn.Linear(16, max(1, len(job.classes))))
`;

const pipeline = `
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

def pipeline(job):
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    texts = OneHotEncoder(handle_unknown="ignore")
    return make_pipeline(
        ColumnTransformer(
            [("numbers", numbers, list(job.train.numeric_names)), ("texts", texts, list(job.train.text_names))]
        ),
        LogisticRegression(max_iter=500),
    )
`;

const outputs = {
  binary: { name: "probability", shape: [null] },
  multiclass: { name: "probabilities", shape: [null, 3] },
  regression: { name: "value", shape: [null] },
  ranking: { name: "score", shape: [null] },
  anomaly: { name: "score", shape: [null] },
} as const;

const fit = (trainer: Trainer, train: Examples, validation?: Examples): Promise<FittedPipeline> =>
  trainer.fit(train, graphInfo, {
    threads: 2,
    python: project.runner,
    ...(validation === undefined ? {} : { validation }),
  });

/** What the graph answers in the product's own engine. */
async function answersOf({ onnx }: FittedPipeline, { rowCount, features }: Examples, task: TargetKind) {
  const session = await onnxruntimeSessions.open(onnx, { threads: 1 });
  expect(session.inputs).toEqual([
    { name: "numeric", dtype: "float32", shape: [null, 2] },
    { name: "text", dtype: "string", shape: [null, 1] },
  ]);
  expect(session.outputs).toEqual([{ dtype: "float32", ...outputs[task] }]);
  const numeric = new Float32Array(rowCount * 2);
  const text: string[] = [];
  const numbers = features.filter((feature) => feature.kind === "number");
  const [colour] = features.filter((feature) => feature.kind === "text");
  for (let row = 0; row < rowCount; row++) {
    numbers.forEach(({ values }, column) => (numeric[row * 2 + column] = values[row]));
    text.push(colour.codes[row] < 0 ? "" : colour.dictionary[colour.codes[row]]);
  }
  try {
    return await session.run(numeric, rowCount, text);
  } finally {
    await session.dispose();
  }
}

/** Share of pairs of rows that the answer orders as the truth does. */
function concordance(answers: ArrayLike<number>, truth: ArrayLike<number>): number {
  let [right, all] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    for (let j = 0; j < i; j++) {
      if (truth[i] === truth[j]) continue;
      all++;
      right += (answers[i] - answers[j]) * (truth[i] - truth[j]) > 0 ? 1 : 0;
    }
  }
  return right / all;
}

/** How well the answers go with the truth: concordance, or the share of right classes. */
function quality(answers: Float32Array, { target }: Examples): number {
  switch (target.kind) {
    case "binary":
      return concordance(answers, target.labels);
    case "regression":
      return concordance(answers, target.values);
    case "ranking":
      return concordance(answers, target.relevance);
    case "multiclass": {
      const chosen = target.labels.map((_, row) => {
        const own = Array.from(answers.subarray(row * 3, row * 3 + 3));
        expect(own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
        return own.indexOf(Math.max(...own));
      });
      return chosen.filter((label, row) => label === target.labels[row]).length / chosen.length;
    }
    case "anomaly":
      return 1;
  }
}

const quick = { rounds: 40, params: { learning_rate: 0.2 } };
const cases: readonly (readonly [string, TargetKind, Trainer])[] = [
  ["lightgbm", "binary", lightgbm(quick)],
  ["lightgbm", "multiclass", lightgbm(quick)],
  ["lightgbm", "regression", lightgbm(quick)],
  ["lightgbm", "ranking", lightgbm(quick)],
  ["a random forest", "binary", sklearn({ estimator: "sklearn.ensemble.RandomForestClassifier" })],
  [
    "histogram boosting",
    "regression",
    sklearn({ estimator: "sklearn.ensemble.HistGradientBoostingRegressor" }),
  ],
  ["a script's pipeline", "multiclass", sklearn({ script: "pipeline.py", input: "frame" })],
  ["an isolation forest", "anomaly", sklearn({ estimator: "sklearn.ensemble.IsolationForest" })],
  ["xgboost", "multiclass", xgboost(quick)],
  ["xgboost", "regression", xgboost(quick)],
  ["catboost", "ranking", catboost(quick)],
  ["catboost", "binary", catboost(quick)],
  ["torch", "binary", torch({ script: "network.py", epochs: 30, learningRate: 0.01, batchSize: 64 })],
];

describe.skipIf(python3 === undefined)("trained in Python, answered in Node", () => {
  test.each(cases)("%s, %s", async (_, task, trainer) => {
    const train = pythonExamples(task);
    const test = pythonExamples(task, 200, 2);
    const fitted = await fit(trainer, train, test);
    const answers = await answersOf(fitted, test, task);
    expect(quality(answers, test)).toBeGreaterThan(0.8);
    expect(fitted.environment).toMatchObject({ threads: 1, parity: { rows: 800 } });
  });

  const sampled = { rounds: 20, params: { bagging_fraction: 0.5, bagging_freq: 1 } };
  const drawing: readonly (readonly [string, Trainer])[] = [
    ["lightgbm", lightgbm(sampled)],
    ["xgboost", xgboost({ rounds: 20, params: { subsample: 0.5 } })],
    ["catboost", catboost({ rounds: 20 })],
    [
      "scikit-learn",
      sklearn({ estimator: "sklearn.ensemble.ExtraTreesClassifier", params: { n_estimators: 10 } }),
    ],
    ["torch", torch({ script: "network.py", epochs: 2 })],
  ];
  test.each(drawing)("%s: the same job gives the same bytes", async (_, trainer) => {
    const train = pythonExamples("binary", 300);
    const [one, again] = [await fit(trainer, train), await fit(trainer, train)];
    expect(Buffer.compare(one.onnx, again.onnx)).toBe(0);
  });

  test("another seed gives other bytes", async () => {
    const train = pythonExamples("binary", 300);
    const [one, other] = [
      await fit(lightgbm(sampled), train),
      await fit(lightgbm({ ...sampled, seed: 1 }), train),
    ];
    expect(Buffer.compare(one.onnx, other.onnx)).not.toBe(0);
  });

  test("rounds are told as curves, features by what they bring, the environment by its packages", async () => {
    const progress: [number, number][] = [];
    const train = pythonExamples("regression");
    const { curves, importances, environment } = await lightgbm({ rounds: 25 }).fit(train, graphInfo, {
      threads: 1,
      python: project.runner,
      validation: pythonExamples("regression", 200, 2),
      onProgress: (done, total) => progress.push([done, total]),
    });
    expect(curves).toEqual([{ name: "validation l2", values: expect.any(Array) as unknown }]);
    expect(curves[0].values).toHaveLength(25);
    expect(curves[0].values[24]).toBeLessThan(curves[0].values[0]);
    expect(progress.at(-1)).toEqual([25, 25]);
    expect(importances.map(({ name }) => name).sort()).toEqual(["age", "colour", "size"]);
    expect(importances.reduce((sum, { gain }) => sum + gain, 0)).toBeCloseTo(1);
    expect(environment).toMatchObject({
      python: expect.stringMatching(/^CPython 3\./) as unknown,
      lock: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      packages: expect.arrayContaining(["lightgbm==4.7.0"]) as unknown,
    });
  });

  test("a parameter that Millwright sets is refused, with the library's own words for a wrong one", async () => {
    const train = pythonExamples("binary", 100);
    await expect(fit(lightgbm({ params: { seed: 3 } }), train)).rejects.toMatchObject({
      code: "MW1505",
      found: expect.stringContaining('the parameter "seed" cannot be given') as unknown,
    });
    await expect(fit(lightgbm({ params: { max_bin: -3 } }), train)).rejects.toMatchObject({
      code: "MW1505",
      found: expect.stringContaining("max_bin") as unknown,
    });
  });
});

/** A binary label that follows one number; the text names almost every row and tells nothing. */
function namedRows(rowCount: number, seed: number): Examples {
  const rng = seededRng(seed);
  const x = Float32Array.from({ length: rowCount }, () => rng.next());
  const labels = Uint8Array.from(x, (value) => (rng.next() < 0.2 + 0.6 * value ? 1 : 0));
  const codes = Int32Array.from({ length: rowCount }, () => rng.below(1_000));
  const noise = Float32Array.from({ length: rowCount }, () => rng.next());
  return {
    rowCount,
    features: [
      { kind: "number", name: "x", values: x },
      { kind: "number", name: "noise", values: noise },
      { kind: "text", name: "id", codes, dictionary: Array.from({ length: 1_000 }, (_, i) => `row ${i}`) },
    ],
    target: { kind: "binary", labels },
  };
}

test.skipIf(python3 === undefined)(
  "a text with many categories does not tell the learner its own rows' labels",
  async () => {
    const fitted = await fit(lightgbm({ rounds: 40 }), namedRows(3_000, 1));
    const fresh = namedRows(1_000, 2);
    // With the mean over all rows the text explains the training rows and nothing else: about 0.5 on fresh rows.
    expect(quality(await answersOf(fitted, fresh, "binary"), fresh)).toBeGreaterThan(0.6);
  },
);
