import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { InferenceSession } from "onnxruntime-node";
import { canonicalHash, seededRng, type Canonical } from "../../kernel/index.js";
import { leafOf } from "../decision-nodes.js";
import { madeExamples, sliceRows } from "../examples.testing.js";
import type { Examples, FeatureTable } from "../feature-table.js";
import { toOnnx } from "../onnx/export.js";
import { feedsOf, openGraph } from "../onnx/session.testing.js";
import { growIsolationTree, sampleRows } from "./grow.js";
import { predictIsolation, type IsolationModel } from "./model.js";
import { naivePathLength, naiveTree } from "./naive-isolation.testing.js";
import { averagePathLength } from "./path-length.js";
import { trainIsolation } from "./train.js";

const info = { producer: "millwright", producerVersion: "0", graphName: "test", doc: "" };
const unlabelled = (table: FeatureTable): Examples => ({ ...table, target: { kind: "anomaly" } });
const modelHash = (model: IsolationModel) => canonicalHash(JSON.parse(JSON.stringify(model)) as Canonical);
const number = (name: string, values: readonly number[]) =>
  ({ kind: "number", name, values: Float32Array.from(values) }) as const;

test("c(n) by hand", () => {
  // c(3) = 2(ln 2 + γ) − 4/3; c(256) as scikit-learn's _average_path_length gives it.
  expect([0, 1, 2].map(averagePathLength)).toEqual([0, 0, 1]);
  expect(averagePathLength(3)).toBeCloseTo(2 * (0.693147180559945 + 0.577215664901533) - 4 / 3, 12);
  expect(averagePathLength(256)).toBeCloseTo(10.244770920116851, 10);
});

test("trees are those of the naive grower, and so are the path lengths", () => {
  const cell = fc.oneof(fc.constant(NaN), fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true }));
  const finite = cell.map((value) => (Math.abs(value) === Infinity ? 7 : value));
  const tables = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 }))
    .chain(([width, height]) =>
      fc.array(fc.array(finite, { minLength: height, maxLength: height }), {
        minLength: width,
        maxLength: width,
      }),
    );
  fc.assert(
    fc.property(tables, fc.nat(1e6), fc.integer({ min: 0, max: 12 }), (cells, seed, maxDepth) => {
      const columns = cells.map((values) => Float32Array.from(values));
      const rows = [...columns[0].keys()];
      const naive = naiveTree(columns, rows, { rng: seededRng(seed), maxDepth });
      const tree = growIsolationTree(columns, Uint32Array.from(rows), { rng: seededRng(seed), maxDepth });
      for (const row of rows) {
        expect(tree.pathLength[leafOf(tree, columns, row)]).toBe(
          Math.fround(naivePathLength(naive, columns, row)),
        );
      }
    }),
    { numRuns: 200 },
  );
});

test("a sample has distinct rows, and every row is drawn equally often", () => {
  const rng = seededRng(4);
  const drawn = new Float64Array(10);
  for (let i = 0; i < 20_000; i++) {
    const rows = sampleRows(10, 3, rng);
    expect(new Set(rows).size).toBe(3);
    for (const row of rows) drawn[row]++;
  }
  // 6,000 expected, standard deviation √(20,000 · 0.3 · 0.7) = 65.
  for (const count of drawn) expect(Math.abs(count - 6_000)).toBeLessThan(4 * 65);
  expect([...sampleRows(5, 5, rng)].sort()).toEqual([0, 1, 2, 3, 4]);
});

/**
 * −score_samples of scikit-learn 1.9.1, IsolationForest(n_estimators=20000, max_samples=32, random_state=0), on
 * the same sixty rows, of which rows 10, 20 and 30 were moved away.
 */
const byScikitLearn = [
  0.4884, 0.4411, 0.4184, 0.4362, 0.4742, 0.4901, 0.426, 0.4899, 0.4802, 0.4148, 0.6761, 0.4099, 0.4958,
  0.4357, 0.5379, 0.4842, 0.4296, 0.4358, 0.4248, 0.5157, 0.6137, 0.5164, 0.4604, 0.4752, 0.4352, 0.4205,
  0.4394, 0.5543, 0.4797, 0.4986, 0.7499, 0.4953, 0.4251, 0.4093, 0.5203, 0.4242, 0.491, 0.4128, 0.5128,
  0.4157, 0.4181, 0.4973, 0.4516, 0.4698, 0.4294, 0.4603, 0.4756, 0.4351, 0.4417, 0.4072, 0.4865, 0.4665,
  0.4319, 0.4636, 0.4788, 0.4223, 0.4019, 0.4041, 0.4529, 0.4017,
];

test("a large forest's scores are scikit-learn's, but for chance", async () => {
  const rows = [...Array(60).keys()];
  const moved: Record<number, readonly [number, number]> = { 10: [30, 2], 20: [2, -15], 30: [25, 20] };
  const a = rows.map((i) => moved[i]?.[0] ?? Math.sin(i * 1.7) * 3 + (i % 7));
  const b = rows.map((i) => moved[i]?.[1] ?? ((i * i) % 23) / 5);
  const table = unlabelled({ rowCount: 60, features: [number("a", a), number("b", b)] });
  const model = await trainIsolation(table, { trees: 10_000, sampleSize: 32 }, { threads: 2 });
  const gaps = predictIsolation(model, table).map((score, row) => score - byScikitLearn[row]);
  // Path lengths have a standard deviation of about 2.5, c(32) is 6.1: a gap's is about 0.0017 at the most.
  for (const gap of gaps) expect(Math.abs(gap)).toBeLessThan(0.0068);
  expect(Math.abs(gaps.reduce((sum, gap) => sum + gap, 0) / 60)).toBeLessThan(0.0005);
});

test("the model has the same bytes on one, two and three threads; progress counts the trees", async () => {
  const table = unlabelled(madeExamples(2_000));
  const models: IsolationModel[] = [];
  let last = 0;
  for (const threads of [1, 2, 3])
    models.push(await trainIsolation(table, { trees: 20 }, { threads, onTree: (done) => (last = done) }));
  expect(new Set(models.map(modelHash)).size).toBe(1);
  expect(last).toBe(20);
  expect(Object.isFrozen(models[0].trees[0].threshold)).toBe(true);
  const other = await trainIsolation(table, { trees: 20, seed: 1 }, { threads: 1 });
  expect(modelHash(other)).not.toBe(modelHash(models[0]));
});

describe("the graph", () => {
  const table = unlabelled(madeExamples(20_000));
  let model: IsolationModel;
  let session: InferenceSession;
  beforeAll(async () => {
    model = await trainIsolation(table, {}, { threads: 2 });
    session = await openGraph(toOnnx(model, info));
  });
  const score = async (part: FeatureTable) => (await session.run(feedsOf(part))).score.data as Float32Array;

  test("gives the reference's scores", async () => {
    const expected = predictIsolation(model, table);
    (await score(table)).forEach((found, row) => {
      if (Math.abs(found - expected[row]) > 1e-6) expect(found).toBe(expected[row]);
    });
    expect(expected.every((value) => value > 0 && value < 1)).toBe(true);
  });

  test.each([1, 3, 7, 100])("a row in a batch of %i has the bits it has among 20,000", async (size) => {
    const all = await score(table);
    for (let start = 0; start < Math.min(20_000, 300 * size) - size; start += size) {
      const part = await score(sliceRows(table, start, start + size));
      expect(part).toEqual(all.slice(start, start + size));
    }
  });

  test("strange rows score high: far numbers and texts that training never saw", async () => {
    const probe: FeatureTable = {
      rowCount: 3,
      features: [
        number("smooth", [0, 1e30, -Infinity]),
        { kind: "text", name: "port", codes: Int32Array.of(1, 0, -1), dictionary: ["Atlantis", "port 3"] },
        number("whole", [12, 1e9, NaN]),
        number("sparse", [0.5, -1e9, Infinity]),
      ],
    };
    const [ordinary, far, infinite] = await score(probe);
    expect(ordinary).toBeLessThan(0.5);
    expect(far).toBeGreaterThan(0.6);
    expect(infinite).toBeGreaterThan(ordinary);
    const expected = predictIsolation(model, probe);
    [ordinary, far, infinite].forEach((found, row) => expect(found).toBeCloseTo(expected[row], 6));
  });
});

test("bad input is a coded error; a table in which nothing varies scores 0.5", async () => {
  const train = (features: FeatureTable["features"], rowCount: number, change: Partial<Examples> = {}) =>
    trainIsolation({ ...unlabelled({ rowCount, features }), ...change }, { trees: 3 }, { threads: 1 });
  const dull = [number("constant", [7, 7, 7]), number("missing", [NaN, NaN, NaN])];
  const model = await train(dull, 3);
  expect([...predictIsolation(model, { rowCount: 3, features: dull })]).toEqual([0.5, 0.5, 0.5]);
  await expect(train([number("x", [1])], 1)).rejects.toMatchObject({ code: "MW0420" });
  await expect(train([number("x", [1, Infinity])], 2)).rejects.toMatchObject({ code: "MW0405" });
  const weights = Float32Array.of(1, 2);
  await expect(train([number("x", [1, 2])], 2, { weights })).rejects.toMatchObject({ code: "MW0410" });
  const target = { kind: "binary", labels: Uint8Array.of(0, 1) } as const;
  await expect(train([number("x", [1, 2])], 2, { target })).rejects.toMatchObject({ code: "MW0408" });
  const codes = Int32Array.from({ length: 10_000 }, (_, i) => i);
  const dictionary = Array.from(codes, (code) => `id ${code}`);
  const many = { kind: "text", name: "id", codes, dictionary } as const;
  const wide = await train([many], 10_000);
  expect(predictIsolation(wide, { rowCount: 10_000, features: [many] }).every(Number.isFinite)).toBe(true);
});
