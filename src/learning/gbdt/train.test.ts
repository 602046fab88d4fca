import { expect, test } from "vitest";
import { canonicalHash, type Canonical } from "../../kernel/index.js";
import { madeExamples } from "../examples.testing.js";
import { predictProbability } from "../fitted-model.js";
import { toOnnx } from "../onnx/export.js";
import { trainGbdt } from "./train.js";
import type { GbdtModel } from "./tree.js";

const info = { producer: "millwright", producerVersion: "0", graphName: "test", doc: "" };
const small = { trees: 20, leaves: 8 };
const modelHash = (model: GbdtModel) => canonicalHash(JSON.parse(JSON.stringify(model)) as Canonical);

test("the model has the same bytes on one, two and four threads, and again", async () => {
  const examples = madeExamples(30_000);
  const models: GbdtModel[] = [];
  for (const threads of [1, 2, 4, 2]) models.push(await trainGbdt(examples, small, { threads }));
  expect(new Set(models.map(modelHash)).size).toBe(1);
  expect(new Set(models.map((model) => Buffer.from(toOnnx(model, info)).toString("base64"))).size).toBe(1);
  expect(modelHash(await trainGbdt(examples, { ...small, seed: 1 }, { threads: 1 }))).not.toBe(
    modelHash(models[0]),
  );
});

test("it learns: log loss falls well below that of the base rate, and JSON keeps the model", async () => {
  const examples = madeExamples(20_000);
  const model = await trainGbdt(examples, {}, { threads: 2 });
  const fresh = madeExamples(20_000, 2);
  const probabilities = predictProbability(JSON.parse(JSON.stringify(model)) as GbdtModel, fresh);
  expect(probabilities).toEqual(predictProbability(model, fresh));
  const rate = fresh.labels.reduce((sum, label) => sum + label, 0) / fresh.rowCount;
  expect(logLoss(fresh.labels, probabilities)).toBeLessThan(
    0.9 * logLoss(fresh.labels, fresh.labels.map(() => 0).fill(0), rate),
  );
  expect(Object.isFrozen(model) && Object.isFrozen(model.trees[0].value)).toBe(true);
});

function logLoss(labels: Uint8Array, probabilities: ArrayLike<number>, constant?: number): number {
  let loss = 0;
  labels.forEach((label, row) => {
    const p = constant ?? probabilities[row];
    loss -= Math.log(label === 1 ? p : 1 - p);
  });
  return loss / labels.length;
}

test("progress counts the trees", async () => {
  const seen: number[] = [];
  await trainGbdt(madeExamples(500), { trees: 5 }, { threads: 2, onTree: (done) => seen.push(done) });
  expect(seen).toEqual([1, 2, 3, 4, 5]);
});

test("a cancelled training rejects with MW0105, before it starts and while it runs", async () => {
  const examples = madeExamples(50_000);
  await expect(trainGbdt(examples, {}, { threads: 2, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "MW0105",
  });
  const controller = new AbortController();
  const training = trainGbdt(
    examples,
    { trees: 10_000 },
    {
      threads: 2,
      signal: controller.signal,
      onTree: (done) => done === 3 && controller.abort(),
    },
  );
  await expect(training).rejects.toMatchObject({ code: "MW0105" });
});

test("features that cannot be split leave the base rate", async () => {
  const rowCount = 100;
  const labels = Uint8Array.from({ length: rowCount }, (_, row) => (row % 4 === 0 ? 1 : 0));
  const constant = { kind: "number", name: "constant", values: new Float32Array(rowCount).fill(7) } as const;
  const missing = { kind: "number", name: "missing", values: new Float32Array(rowCount).fill(NaN) } as const;
  const examples = { rowCount, features: [constant, missing], labels };
  const model = await trainGbdt(examples, { trees: 3 }, { threads: 2 });
  for (const probability of predictProbability(model, examples)) expect(probability).toBeCloseTo(0.25, 3);
});

test("missing values alone can be the signal", async () => {
  const rowCount = 400;
  const labels = Uint8Array.from({ length: rowCount }, (_, row) => row % 2);
  const values = Float32Array.from(labels, (label) => (label === 1 ? NaN : 3));
  const examples = { rowCount, features: [{ kind: "number", name: "x", values }], labels } as const;
  const probabilities = predictProbability(await trainGbdt(examples, {}, { threads: 1 }), examples);
  expect(probabilities[0]).toBeLessThan(0.05);
  expect(probabilities[1]).toBeGreaterThan(0.95);
});

test("more categories than bins, and a category that training never saw", async () => {
  const rowCount = 20_000;
  const dictionary = Array.from({ length: 1_000 }, (_, i) => `c${i}`);
  const codes = Int32Array.from({ length: rowCount }, (_, row) => row % 1_000);
  const labels = Uint8Array.from(codes, (code, row) =>
    (code + Math.floor(row / 1_000)) % 10 < code / 100 ? 1 : 0,
  );
  const examples = { rowCount, features: [{ kind: "text", name: "c", codes, dictionary }], labels } as const;
  const model = await trainGbdt(examples, small, { threads: 2 });
  const probe = {
    kind: "text",
    name: "c",
    codes: Int32Array.of(0, 1, 2, -1),
    dictionary: ["c5", "c995", "new"],
  } as const;
  const [low, high, unseen, missing] = predictProbability(model, { rowCount: 4, features: [probe] });
  expect(low).toBeLessThan(0.2);
  expect(high).toBeGreaterThan(0.8);
  expect(unseen).toBeGreaterThan(low);
  expect(unseen).toBeLessThan(high);
  expect(missing).toBeGreaterThan(0);
});

test.each([
  [{ trees: 0 }, "trees"],
  [{ leaves: 1.5 }, "leaves"],
  [{ learningRate: NaN }, "learningRate"],
  [{ maxBins: 256 }, "maxBins"],
])("the option %o is refused", async (options, option) => {
  await expect(trainGbdt(madeExamples(100), options, { threads: 1 })).rejects.toMatchObject({
    code: "MW0401",
    details: { option },
  });
});

test("an unknown option is answered with the nearest one", async () => {
  const options: object = { learning_rate: 0.1 };
  const training = trainGbdt(madeExamples(100), options, { threads: 1 });
  await expect(training).rejects.toThrow(/MW0401.*Did you mean "learningRate"\?/);
  await expect(trainGbdt(madeExamples(100), {}, { threads: 0 })).rejects.toMatchObject({ code: "MW0401" });
});
