import ort from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";
import { madeExamples, sliceRows } from "../examples.testing.js";
import type { BinaryExamples, FeatureTable } from "../feature-table.js";
import { predict, type FittedModel } from "../fitted-model.js";
import { trainGbdt } from "../gbdt/train.js";
import { trainLinear } from "../linear/train.js";
import { toOnnx } from "./export.js";

const info = { producer: "millwright", producerVersion: "0", graphName: "test", doc: "A test." };

function open(model: FittedModel): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(toOnnx(model, info), { intraOpNumThreads: 1, interOpNumThreads: 1 });
}

/** The inputs of a graph, laid out as its signature says. */
function feedsOf(table: FeatureTable): Record<string, ort.Tensor> {
  const numbers = table.features.filter((feature) => feature.kind === "number");
  const texts = table.features.filter((feature) => feature.kind === "text");
  const rows = [...Array(table.rowCount).keys()];
  const numeric = Float32Array.from(rows.flatMap((row) => numbers.map(({ values }) => values[row])));
  const text = rows.flatMap((row) =>
    texts.map(({ codes, dictionary }) => (codes[row] < 0 ? "" : dictionary[codes[row]])),
  );
  return {
    ...(numbers.length > 0
      ? { numeric: new ort.Tensor("float32", numeric, [rows.length, numbers.length]) }
      : {}),
    ...(texts.length > 0 ? { text: new ort.Tensor("string", text, [rows.length, texts.length]) } : {}),
  };
}

async function score(session: ort.InferenceSession, table: FeatureTable): Promise<Float32Array> {
  const { probability } = await session.run(feedsOf(table));
  expect(probability.dims).toEqual([table.rowCount]);
  return probability.data as Float32Array;
}

const learners = {
  gbdt: (examples: BinaryExamples) => trainGbdt(examples, {}, { threads: 2 }),
  logistic: (examples: BinaryExamples) => trainLinear(examples, {}),
};

describe.each(["gbdt", "logistic"] as const)("%s", (learner) => {
  const examples = madeExamples(50_000);
  let model: FittedModel;
  let session: ort.InferenceSession;
  beforeAll(async () => {
    model = await learners[learner](examples);
    session = await open(model);
  });

  test("the graph gives the reference's probabilities", async () => {
    const expected = predict(model, examples);
    const probabilities = await score(session, examples);
    const worst = probabilities.reduce((most, p, row) => Math.max(most, Math.abs(p - expected[row])), 0);
    expect(worst).toBeLessThan(3e-7);
  });

  test.each([1, 2, 3, 7, 33, 1_000])(
    "a row scored in a batch of %i has the bits it has among 50,000",
    async (size) => {
      const all = await score(session, examples);
      for (let start = 0; start < Math.min(size * 400, 50_000) - size; start += size) {
        const part = await score(session, sliceRows(examples, start, start + size));
        expect(
          Buffer.compare(
            Buffer.from(part.slice().buffer),
            Buffer.from(all.slice(start, start + size).buffer),
          ),
        ).toBe(0);
      }
    },
  );

  test("equal models give equal bytes", () => {
    const copy = JSON.parse(JSON.stringify(model)) as FittedModel;
    expect(Buffer.compare(toOnnx(copy, info), toOnnx(model, info))).toBe(0);
  });

  test("graphs without texts and without numbers work", async () => {
    for (const kind of ["number", "text"] as const) {
      const features = examples.features.filter((feature) => feature.kind === kind);
      const part = await learners[learner]({
        ...sliceRows({ ...examples, features }, 0, 2_000),
        target: { kind: "binary", labels: examples.target.labels.slice(0, 2_000) },
      });
      const probe = sliceRows({ ...examples, features }, 0, 100);
      const expected = predict(part, probe);
      (await score(await open(part), probe)).forEach((p, row) => expect(p).toBeCloseTo(expected[row], 6));
    }
  });

  test("texts that training never saw, and infinite numbers", async () => {
    const probe: FeatureTable = {
      rowCount: 3,
      features: [
        { kind: "number", name: "smooth", values: Float32Array.of(Infinity, -Infinity, 3.4e38) },
        { kind: "text", name: "port", codes: Int32Array.of(0, 1, -1), dictionary: ["Atlantis", "port 3"] },
        { kind: "number", name: "whole", values: Float32Array.of(1, 2, -0) },
        { kind: "number", name: "sparse", values: Float32Array.of(NaN, -Infinity, 1e-45) },
      ],
    };
    const expected = predict(model, probe);
    (await score(session, probe)).forEach((p, row) => expect(p).toBeCloseTo(expected[row], 6));
  });
});

test("values at every threshold and its float32 neighbours take the branch that training took", async () => {
  const rowCount = 3_000;
  const values = Float32Array.from({ length: rowCount }, (_, row) => Math.fround(1 + (row % 300) * 2 ** -23));
  const labels = Uint8Array.from(values, (_, row) => (Math.imul(row % 300, 40_503) >>> 7) & 1);
  const examples = {
    rowCount,
    features: [{ kind: "number", name: "x", values }],
    target: { kind: "binary", labels },
  } as const;
  const model = await trainGbdt(
    examples,
    { trees: 3, leaves: 200, minLeafRows: 1, minLeafHessian: 0.01, l2: 1, learningRate: 1 },
    { threads: 1 },
  );
  const thresholds = model.trees.flatMap((tree) =>
    tree.threshold.filter((_, node) => tree.feature[node] >= 0),
  );
  expect(thresholds.length).toBeGreaterThan(50);
  const next = (value: number, ulps: number) => {
    const bits = new Int32Array(Float32Array.of(value).buffer);
    bits[0] += ulps;
    return new Float32Array(bits.buffer)[0];
  };
  const probes = Float32Array.from(thresholds.flatMap((t) => [next(t, -1), t, next(t, 1)]));
  const probe = {
    rowCount: probes.length,
    features: [{ kind: "number", name: "x", values: probes }],
  } as const;
  const expected = predict(model, probe);
  (await score(await open(model), probe)).forEach((p, row) => expect(p).toBeCloseTo(expected[row], 6));
  // The signal sits in neighbouring float32 numbers, so a threshold off by one would show.
  const own = predict(model, examples);
  const right = labels.filter((label, row) => label === (own[row] > 0.5 ? 1 : 0)).length;
  expect(right / rowCount).toBeGreaterThan(0.75);
});
