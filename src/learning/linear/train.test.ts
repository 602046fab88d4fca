import { beforeAll, describe, expect, test } from "vitest";
import type { InferenceSession } from "onnxruntime-node";
import { canonicalHash, seededRng, type Canonical } from "../../kernel/index.js";
import { madeExamples, sliceRows } from "../examples.testing.js";
import type { Examples, FeatureTable, Target } from "../feature-table.js";
import { toOnnx } from "../onnx/export.js";
import { feedsOf, openGraph } from "../onnx/session.testing.js";
import { predictLinear, type LinearModel } from "./model.js";
import { trainLinear } from "./train.js";

const info = { producer: "millwright", producerVersion: "0", graphName: "test", doc: "" };

/** Hours studied and exercises done by twenty students, whether they passed, marks, grades; all made up. */
const hours = [
  0.5, 0.75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.5,
];
const exercises = [1, 3, 2, 5, 1, 4, 2, 6, 3, 4, 1, 5, 7, 2, 6, 3, 8, 4, 5, 2];
const passed = [0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1];
const marks = [31, 35, 38, 42, 37, 45, 51, 48, 55, 50, 54, 52, 66, 49, 70, 64, 78, 71, 80, 69];
const grades = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 0, 2, 1, 2, 2, 2, 2];
const rowWeights = [1, 2, 1, 1, 3, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1, 3, 1, 1];

const students: FeatureTable = {
  rowCount: 20,
  features: [
    { kind: "number", name: "hours", values: Float32Array.from(hours) },
    { kind: "number", name: "exercises", values: Float32Array.from(exercises) },
  ],
};
const targets = {
  binary: { kind: "binary", labels: Uint8Array.from(passed) },
  regression: { kind: "regression", values: Float64Array.from(marks) },
  multiclass: { kind: "multiclass", labels: Uint16Array.from(grades), classes: ["C", "B", "A"] },
} satisfies Record<string, Target>;

interface Expected {
  readonly task: keyof typeof targets;
  readonly l1: number;
  readonly l2: number;
  readonly weighted?: boolean;
  /** Per output. */
  readonly weights: readonly (readonly number[])[];
  readonly intercepts: readonly number[];
  /** Of the first rows. */
  readonly predictions?: readonly number[];
}

/**
 * From scikit-learn 1.9.1 on Python 3, columns through StandardScaler().fit(X, sample_weight):
 * binary and multiclass LogisticRegression(C=1/(l1+l2), l1_ratio=l1/(l1+l2), solver="saga", tol=1e-14,
 * max_iter=1000000), or solver="newton-cholesky" where l1 = 0; regression Ridge(alpha=l2, solver="cholesky"), or
 * ElasticNet(alpha=(l1+l2)/20, l1_ratio=l1/(l1+l2), tol=1e-16, max_iter=1000000).
 */
const byScikitLearn: readonly Expected[] = [
  {
    ...{ task: "binary", l1: 0, l2: 1 },
    weights: [[1.4029831309047922, -0.01608084317259084]],
    intercepts: [0.0398199076432242],
    predictions: [0.1068628560483684, 0.13005301900705601, 0.16061017100940733],
  },
  {
    ...{ task: "binary", l1: 0, l2: 10 },
    weights: [[0.4553456685855836, 0.08237902924650642]],
    intercepts: [0.0011258918631575725],
    predictions: [0.305975604324045, 0.3409118895559763, 0.3491269556448474],
  },
  {
    ...{ task: "binary", l1: 1, l2: 0.5 },
    weights: [[1.298249730818632, 0]],
    intercepts: [0.03205906863696208],
    predictions: [0.12030467980105718, 0.14571559493760503, 0.17542351754827987],
  },
  {
    ...{ task: "binary", l1: 2, l2: 1e-6 },
    weights: [[1.171146000063705, 0]],
    intercepts: [0.024417044305530346],
  },
  {
    ...{ task: "binary", l1: 0, l2: 1, weighted: true },
    weights: [[1.6741755802756735, 0.10122668012452003]],
    intercepts: [-0.05250178655874112],
  },
  {
    ...{ task: "regression", l1: 0, l2: 1 },
    weights: [[11.31060432271577, 3.6128106466318894]],
    intercepts: [54.25],
  },
  {
    ...{ task: "regression", l1: 30, l2: 5 },
    weights: [[8.585566343807795, 2.602709852668245]],
    intercepts: [54.25],
  },
  {
    ...{ task: "regression", l1: 100, l2: 1 },
    weights: [[7.744945070414326, 0.047151394330441576]],
    intercepts: [54.25],
  },
  {
    ...{ task: "regression", l1: 0, l2: 1, weighted: true },
    weights: [[11.835073541583691, 3.7359096771573084]],
    intercepts: [53.7037037037037],
  },
  {
    ...{ task: "multiclass", l1: 0, l2: 1 },
    weights: [
      [-1.1383929283087166, -0.6890826445847068],
      [-0.240253873355721, -0.12603542654416564],
      [1.3786468016644378, 0.8151180711288728],
    ],
    intercepts: [-0.15049065690130048, 0.743792535012302, -0.5933018781110015],
    predictions: [0.7786003660108191, 0.22009350473197464, 0.0013061292572063017, 0.6291190248998612],
  },
  {
    ...{ task: "multiclass", l1: 0.8, l2: 0.2 },
    weights: [
      [-0.9961738722646335, -0.46051888501433624],
      [0, 0],
      [1.7652440812060406, 0.8946765258442834],
    ],
    intercepts: [-0.14013260272965064, 0.777476197926128, -0.6373435951964583],
    predictions: [0.7772813981447548, 0.22168676731654782, 0.00103183453869732, 0.6478989565841259],
  },
];

function numberWeights(model: LinearModel, output: number): number[] {
  return model.features.flatMap((feature) => (feature.kind === "number" ? [feature.weights[output]] : []));
}

test.each(byScikitLearn)(
  "scikit-learn's weights: $task, l1 $l1, l2 $l2, weighted $weighted",
  async (expected) => {
    const { task, l1, l2, weighted } = expected;
    const weights = weighted === true ? { weights: Float32Array.from(rowWeights) } : {};
    const model = await trainLinear({ ...students, target: targets[task], ...weights }, { l1, l2 });
    expect(model.converged).toBe(true);
    expected.weights.forEach((output, k) => {
      numberWeights(model, k).forEach((weight, j) => {
        expect(weight).toBeCloseTo(output[j], 5);
        // A weight that the penalty sets to 0 is exactly 0.
        expect(weight === 0).toBe(output[j] === 0);
      });
      expect(model.intercepts[k]).toBeCloseTo(expected.intercepts[k], 4);
    });
    const predictions = predictLinear(model, students);
    expected.predictions?.forEach((value, i) => expect(predictions[i]).toBeCloseTo(value, 6));
  },
);

/** A text of few categories, one of many, numbers with gaps; every target depends on all of them. */
function mixedExamples(task: keyof typeof targets, rowCount: number): Examples {
  const made = madeExamples(rowCount);
  const rng = seededRng(9);
  const codes = Int32Array.from({ length: rowCount }, () => rng.below(4) - 1);
  const features = [
    ...made.features,
    { kind: "text", name: "colour", codes, dictionary: ["red", "green", ""] } as const,
  ];
  const values = Float64Array.from(codes, (code, row) => {
    const [smooth, , whole] = made.features;
    if (smooth.kind !== "number" || whole.kind !== "number") return 0;
    return 1e3 + 3 * smooth.values[row] + 10 * code + whole.values[row] + rng.next();
  });
  const labels = Uint16Array.from(values, (value) => (value < 1_000 ? 0 : value < 1_020 ? 1 : 2));
  if (task === "binary") return { ...made, features };
  if (task === "regression") return { rowCount, features, target: { kind: task, values } };
  return { rowCount, features, target: { kind: task, labels, classes: ["low", "middle", "high"] } };
}

describe.each(["regression", "binary", "multiclass"] as const)("the graph of %s", (task) => {
  const examples = mixedExamples(task, 20_000);
  let model: LinearModel;
  let session: InferenceSession;
  beforeAll(async () => {
    model = await trainLinear(examples, { l1: 1 });
    session = await openGraph(toOnnx(model, info));
  });
  const score = async (table: FeatureTable) => {
    const result = (await session.run(feedsOf(table)))[session.outputNames[0]];
    expect(result.dims).toEqual(task === "multiclass" ? [table.rowCount, 3] : [table.rowCount]);
    return result.data as Float32Array;
  };

  test("gives the reference's answers, to the bit where nothing is exponentiated", async () => {
    const expected = predictLinear(model, examples);
    const found = await score(examples);
    if (task === "regression") expect(found).toEqual(expected);
    const worst = found.reduce((most, p, i) => Math.max(most, Math.abs(p - expected[i])), 0);
    expect(worst).toBeLessThan(3e-7);
  });

  test.each([1, 3, 7, 100])("a row in a batch of %i has the bits it has among 20,000", async (size) => {
    const all = await score(examples);
    const width = all.length / examples.rowCount;
    for (let start = 0; start < Math.min(20_000, 300 * size) - size; start += size) {
      const part = await score(sliceRows(examples, start, start + size));
      expect(part).toEqual(all.slice(start * width, (start + size) * width));
    }
  });

  test("texts that training never saw, missing ones and infinite numbers", async () => {
    const number = (name: string, ...values: number[]) =>
      ({ kind: "number", name, values: Float32Array.from(values) }) as const;
    const probe: FeatureTable = {
      rowCount: 3,
      features: [
        number("smooth", Infinity, -Infinity, 3.4e38),
        { kind: "text", name: "port", codes: Int32Array.of(0, 1, -1), dictionary: ["Atlantis", "port 3"] },
        number("whole", 1, 2, -0),
        number("sparse", NaN, -Infinity, 1e-45),
        { kind: "text", name: "colour", codes: Int32Array.of(-1, 1, 0), dictionary: ["mauve", "red"] },
      ],
    };
    const expected = predictLinear(model, probe);
    expect(expected.every(Number.isFinite)).toBe(true);
    (await score(probe)).forEach((p, i) => expect(p).toBeCloseTo(expected[i], 6));
  });
});

test("a text of few categories gives each its own weight, which least squares by hand confirm", async () => {
  // Means 10 and 20 of red and green, 40 of the missing; next to no penalty.
  const codes = Int32Array.of(0, 0, 1, 1, 1, -1, 2);
  const values = Float64Array.of(9, 11, 19, 20, 21, 39, 41);
  const feature = { kind: "text", name: "colour", codes, dictionary: ["red", "green", ""] } as const;
  const examples: Examples = { rowCount: 7, features: [feature], target: { kind: "regression", values } };
  const model = await trainLinear(examples, { l2: 1e-6 });
  const predictions = predictLinear(model, examples);
  [10, 10, 20, 20, 20, 40, 40].forEach((mean, row) => expect(predictions[row]).toBeCloseTo(mean, 3));
  expect(model.features[0]).toMatchObject({ encoding: "one-hot", categories: ["red", "green"], unseen: [0] });
  const many = await trainLinear(examples, { oneHotCategories: 1 });
  expect(many.features[0]).toMatchObject({ encoding: "mean target" });
});

test("bad input is a coded error or a plain model, never a number that is none", async () => {
  const column = (name: string, fill: number) =>
    ({ kind: "number", name, values: new Float32Array(20).fill(fill) }) as const;
  const features = [...students.features, column("constant", 0.1), column("missing", NaN)];
  const train = (change: Partial<Examples>) =>
    trainLinear({ ...students, target: targets.binary, ...change }, {});
  const dull = await train({ features });
  expect(numberWeights(dull, 0).slice(2)).toEqual([0, 0]);
  expect(numberWeights(dull, 0)[0]).toBeCloseTo(1.4029831309047922, 5);
  const many = {
    kind: "text",
    name: "id",
    dictionary: Array.from({ length: 10_000 }, (_, i) => `${i}`),
  } as const;
  const wide = await train({
    features: [{ ...many, codes: Int32Array.from({ length: 20 }, (_, i) => i * 500) }],
  });
  expect([...predictLinear(wide, probeOf(many))].every((p) => p > 0 && p < 1)).toBe(true);
  await expect(train({ features: [column("x", Infinity)] })).rejects.toMatchObject({ code: "MW0405" });
  await expect(train({ target: { kind: "binary", labels: new Uint8Array(20) } })).rejects.toMatchObject({
    code: "MW0403",
  });
  await expect(train({ target: { kind: "anomaly" } })).rejects.toMatchObject({ code: "MW0408" });
  const one: Examples = {
    rowCount: 1,
    features: [{ kind: "number", name: "x", values: Float32Array.of(3) }],
    target: { kind: "regression", values: Float64Array.of(7) },
  };
  const single = await trainLinear(one, {});
  expect([...predictLinear(single, one)]).toEqual([7]);
  expect(single.converged).toBe(true);
});

function probeOf(text: { readonly name: string; readonly dictionary: readonly string[] }): FeatureTable {
  const codes = Int32Array.of(-1, 0, 1, 9_999);
  return { rowCount: 4, features: [{ kind: "text", codes, ...text }] };
}

test("equal training gives equal models; a search cut short says so; a signal ends it", async () => {
  const examples = mixedExamples("multiclass", 3_000);
  const models = [await trainLinear(examples, {}), await trainLinear(examples, {})];
  const [first, second] = models.map((model) =>
    canonicalHash(JSON.parse(JSON.stringify(model)) as Canonical),
  );
  expect(first).toBe(second);
  expect(Object.isFrozen(models[0].features[0])).toBe(true);
  expect((await trainLinear(examples, { maxIterations: 1 })).converged).toBe(false);
  const signal = AbortSignal.abort();
  await expect(trainLinear(examples, {}, { signal })).rejects.toMatchObject({ code: "MW0105" });
  await expect(trainLinear(examples, { l2: 0 })).rejects.toMatchObject({ code: "MW0401" });
});
