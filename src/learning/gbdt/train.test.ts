import { expect, test } from "vitest";
import { canonicalHash, seededRng, type Canonical } from "../../kernel/index.js";
import { madeClasses, madeExamples, madeNumbers } from "../examples.testing.js";
import type { Examples } from "../feature-table.js";
import { predict } from "../fitted-model.js";
import { toOnnx } from "../onnx/export.js";
import { openKernels } from "./kernels.js";
import type { GbdtOptions } from "./options.js";
import { trainGbdt } from "./train.js";
import type { GbdtModel } from "./tree.js";

const info = { producer: "millwright", producerVersion: "0", graphName: "test", doc: "" };
const small = { trees: 10, leaves: 8 };
const modelHash = (model: GbdtModel) => canonicalHash(JSON.parse(JSON.stringify(model)) as Canonical);

test.each<readonly [string, Examples, Partial<GbdtOptions>]>([
  ["binary", madeExamples(12_000), {}],
  ["multiclass", madeClasses(3_000), {}],
  ["squared", madeNumbers(4_000), {}],
  ["absolute", madeNumbers(4_000), { loss: "absolute" }],
  ["quantile", madeNumbers(4_000), { loss: "quantile", quantile: 0.9 }],
  ["poisson", madeNumbers(4_000, { counts: true }), { loss: "poisson" }],
  ["drawn rows and columns", madeExamples(6_000), { rowShare: 0.5, columnShare: 0.6 }],
  ["monotone", madeNumbers(4_000), { monotone: { whole: 1, smooth: -1 } }],
])("%s: the model has the same bytes on one, two and four threads, and again", async (_, examples, given) => {
  const options = { ...small, ...given };
  const weights = Float32Array.from({ length: examples.rowCount }, (_, row) => 1 + (row % 5) / 3);
  const weighted = given.columnShare === undefined ? examples : { ...examples, weights };
  const validation = examples.target.kind === "binary" ? madeExamples(3_000, 2) : undefined;
  const models: GbdtModel[] = [];
  for (const threads of [1, 2, 4, 2])
    models.push(await trainGbdt(weighted, options, { threads, validation }));
  expect(new Set(models.map(modelHash)).size).toBe(1);
  expect(new Set(models.map((model) => Buffer.from(toOnnx(model, info)).toString("base64"))).size).toBe(1);
  const other = await trainGbdt(weighted, { ...options, seed: 1 }, { threads: 1 });
  expect(modelHash(other)).not.toBe(modelHash(models[0]));
});

test("it learns: log loss falls well below that of the base rate, and JSON keeps the model", async () => {
  const examples = madeExamples(20_000);
  const model = await trainGbdt(examples, {}, { threads: 2 });
  const fresh = madeExamples(20_000, 2);
  const probabilities = predict(JSON.parse(JSON.stringify(model)) as GbdtModel, fresh);
  expect(probabilities).toEqual(predict(model, fresh));
  const rate = fresh.target.labels.reduce((sum, label) => sum + label, 0) / fresh.rowCount;
  expect(logLoss(fresh.target.labels, probabilities)).toBeLessThan(
    0.9 * logLoss(fresh.target.labels, fresh.target.labels.map(() => 0).fill(0), rate),
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
  const examples = { rowCount, features: [constant, missing], target: { kind: "binary" as const, labels } };
  const model = await trainGbdt(examples, { trees: 3 }, { threads: 2 });
  for (const probability of predict(model, examples)) expect(probability).toBeCloseTo(0.25, 3);
});

test("missing values alone can be the signal", async () => {
  const rowCount = 400;
  const labels = Uint8Array.from({ length: rowCount }, (_, row) => row % 2);
  const values = Float32Array.from(labels, (label) => (label === 1 ? NaN : 3));
  const examples = {
    rowCount,
    features: [{ kind: "number", name: "x", values }],
    target: { kind: "binary", labels },
  } as const;
  const probabilities = predict(await trainGbdt(examples, {}, { threads: 1 }), examples);
  expect(probabilities[0]).toBeLessThan(0.05);
  expect(probabilities[1]).toBeGreaterThan(0.95);
});

test("more categories than bins, and a category that training never saw", async () => {
  const rowCount = 20_000;
  const dictionary = Array.from({ length: 1_000 }, (_, i) => `c${i}`);
  const codes = Int32Array.from({ length: rowCount }, (_, row) => row % 1_000);
  const rng = seededRng(3);
  // Category c is positive with probability c / 1,000.
  const labels = Uint8Array.from(codes, (code) => (rng.below(1_000) < code ? 1 : 0));
  const examples = {
    rowCount,
    features: [{ kind: "text", name: "c", codes, dictionary }],
    target: { kind: "binary", labels },
  } as const;
  const model = await trainGbdt(examples, { leaves: 8 }, { threads: 2 });
  const probe = {
    kind: "text",
    name: "c",
    codes: Int32Array.of(0, 1, 2, -1),
    dictionary: ["c5", "c995", "new"],
  } as const;
  const [low, high, unseen, missing] = predict(model, { rowCount: 4, features: [probe] });
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
  [{ rowShare: 0 }, "rowShare"],
  [{ quantile: 1 }, "quantile"],
  [{ loss: "squareds" as "squared" }, "loss"],
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

test.each<readonly [string, Examples, Partial<GbdtOptions>]>([
  ["MW0408", { ...madeExamples(10), target: { kind: "anomaly" } }, {}],
  ["MW0409", { ...madeNumbers(2), target: { kind: "regression", values: Float64Array.of(1, NaN) } }, {}],
  [
    "MW0409",
    { ...madeNumbers(2), target: { kind: "regression", values: Float64Array.of(1, -1) } },
    { loss: "poisson" },
  ],
  [
    "MW0409",
    { ...madeNumbers(2), target: { kind: "regression", values: new Float64Array(2) } },
    { loss: "poisson" },
  ],
  ["MW0410", { ...madeExamples(500), weights: new Float32Array(500) }, {}],
  ["MW0411", madeNumbers(500), { monotone: { smoth: 1 } }],
  ["MW0411", madeNumbers(500), { monotone: { port: 1 } }],
  ["MW0411", madeNumbers(500), { monotone: { smooth: 2 as 1 } }],
  ["MW0411", madeClasses(500), { monotone: { smooth: 1 } }],
])("%s for examples and options that cannot be learned", async (code, examples, options) => {
  await expect(trainGbdt(examples, options, { threads: 1 })).rejects.toMatchObject({ code });
});

test("memory beyond what a thread can address is refused", () => {
  expect(() => openKernels(2 ** 32 + 1)).toThrow(/MW0412.*4\.0 GB/);
});
