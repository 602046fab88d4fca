import { expect, test } from "vitest";
import { canonicalHash, type Canonical } from "../../kernel/index.js";
import { madeExamples } from "../examples.testing.js";
import type { BinaryExamples } from "../feature-table.js";
import { predictProbability } from "../fitted-model.js";
import { solvePositiveDefinite } from "./cholesky.js";
import { trainLogistic } from "./train.js";

/** Hours studied and exercises done by twenty students, and whether they passed; the numbers are made up. */
const hours = [
  0.5, 0.75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.5,
];
const exercises = [1, 3, 2, 5, 1, 4, 2, 6, 3, 4, 1, 5, 7, 2, 6, 3, 8, 4, 5, 2];
const passed = [0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1];

const students: BinaryExamples = {
  rowCount: 20,
  features: [
    { kind: "number", name: "hours", values: Float32Array.from(hours) },
    { kind: "number", name: "exercises", values: Float32Array.from(exercises) },
  ],
  labels: Uint8Array.from(passed),
};

/** From scikit-learn 1.9.1: StandardScaler, then LogisticRegression(C, tol=1e-14, solver="newton-cholesky"). */
const byScikitLearn = [
  {
    l2: 1,
    weights: [1.4029831309047922, -0.01608084317259084],
    intercept: 0.0398199076432242,
    probabilities: [0.1068628560483684, 0.13005301900705601, 0.16061017100940733],
  },
  {
    l2: 10,
    weights: [0.4553456685855836, 0.08237902924650642],
    intercept: 0.0011258918631575725,
    probabilities: [0.305975604324045, 0.3409118895559763, 0.3491269556448474],
  },
];

test.each(byScikitLearn)("weights and probabilities are scikit-learn's at l2 $l2", async (expected) => {
  const model = await trainLogistic(students, { l2: expected.l2 });
  expect(model.converged).toBe(true);
  model.weights.forEach((weight, j) => expect(weight).toBeCloseTo(expected.weights[j], 5));
  expect(model.intercept).toBeCloseTo(expected.intercept, 5);
  const probabilities = predictProbability(model, students);
  expected.probabilities.forEach((probability, row) =>
    expect(probabilities[row]).toBeCloseTo(probability, 6),
  );
});

test("a missing value scores like the mean, an infinite one still gives a probability", async () => {
  const model = await trainLogistic(students, {});
  const mean = Math.fround(hours.reduce((sum, value) => sum + value, 0) / 20);
  const features = [
    { kind: "number", name: "hours", values: Float32Array.of(NaN, mean, Infinity, -Infinity) },
    { kind: "number", name: "exercises", values: Float32Array.of(1, 1, 1, 1) },
  ] as const;
  const [missing, atMean, high, low] = predictProbability(model, { rowCount: 4, features });
  expect(missing).toBe(atMean);
  expect(high).toBe(1);
  expect(low).toBe(0);
});

test("constant and wholly missing columns get no weight", async () => {
  const features = [
    ...students.features,
    { kind: "number", name: "constant", values: new Float32Array(20).fill(0.1) } as const,
    { kind: "number", name: "missing", values: new Float32Array(20).fill(NaN) } as const,
  ];
  const model = await trainLogistic({ ...students, features }, {});
  expect(model.weights.slice(2)).toEqual([0, 0]);
  expect(model.weights[0]).toBeCloseTo(byScikitLearn[0].weights[0], 5);
});

test("equal training gives equal models; a search cut short says so", async () => {
  const examples = madeExamples(3_000);
  const models = [await trainLogistic(examples, {}), await trainLogistic(examples, {})];
  const [first, second] = models.map((model) =>
    canonicalHash(JSON.parse(JSON.stringify(model)) as Canonical),
  );
  expect(first).toBe(second);
  expect((await trainLogistic(examples, { maxIterations: 1 })).converged).toBe(false);
});

test("cancellation and bad options are coded errors", async () => {
  await expect(trainLogistic(students, {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "MW0105",
  });
  await expect(trainLogistic(students, { l2: 0 })).rejects.toMatchObject({ code: "MW0401" });
});

test("a 2 × 2 system by hand", () => {
  // 4x + 2y = 10, 2x + 3y = 9 has x = 1.5, y = 2.
  const [x, y] = solvePositiveDefinite(Float64Array.of(4, 2, 2, 3), Float64Array.of(10, 9));
  expect(x).toBeCloseTo(1.5, 12);
  expect(y).toBeCloseTo(2, 12);
});
