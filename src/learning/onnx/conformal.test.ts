import { beforeAll, describe, expect, test } from "vitest";
import { bandAround, fitIntervals, intervalsOf } from "../conformal/intervals.js";
import { fitSets, setsOf } from "../conformal/prediction-sets.js";
import { fitSetThreshold } from "../conformal/set-threshold.js";
import { madeClasses, madeExamples, madeNumbers } from "../examples.testing.js";
import { trainGbdt } from "../gbdt/train.js";
import { trainLinear } from "../linear/train.js";
import type { FeatureTable } from "../feature-table.js";
import { intervalOnnx, setOnnx } from "./conformal.js";
import { toOnnx } from "./export.js";
import { feedsOf, openGraph } from "./session.testing.js";

const info = { producer: "millwright", producerVersion: "0", graphName: "test", doc: "" };
const rowCount = 800;
const numbers = madeNumbers(rowCount);
const options = { trees: 8, leaves: 6 };

async function outputs(graph: Uint8Array, table: FeatureTable): Promise<Record<string, Float32Array>> {
  const session = await openGraph(graph);
  const results = await session.run(feedsOf(table));
  return Object.fromEntries(session.outputNames.map((name) => [name, results[name].data as Float32Array]));
}

/** Every so manieth number of rows. */
const column = (values: Float32Array, width: number, from: number) =>
  Float32Array.from({ length: values.length / width }, (_, row) => values[row * width + from]);

describe("intervals in a graph", () => {
  const graphs: Record<string, Uint8Array> = {};
  beforeAll(async () => {
    graphs["value"] = toOnnx(await trainLinear(numbers, {}), info);
    for (const quantile of [0.1, 0.9]) {
      const model = await trainGbdt(numbers, { ...options, loss: "quantile", quantile }, { threads: 1 });
      graphs[quantile] = toOnnx(model, info);
    }
  });

  test("around a value are those of the reference; the value itself stays", async () => {
    const { value } = await outputs(graphs["value"], numbers);
    const fitted = fitIntervals(bandAround(value), numbers.target.values, { alpha: 0.1 });
    const found = await outputs(intervalOnnx(graphs["value"], fitted.groups[0].quantile ?? NaN), numbers);
    expect(Object.keys(found)).toEqual(["value_interval", "value"]);
    expect(found["value"]).toEqual(value);
    expect(column(found["value_interval"], 3, 0)).toEqual(value);
    const expected = intervalsOf(fitted, bandAround(value));
    column(found["value_interval"], 3, 1).forEach((low, row) =>
      expect(low).toBeCloseTo(expected.low[row], 5),
    );
    column(found["value_interval"], 3, 2).forEach((high, row) =>
      expect(high).toBeCloseTo(expected.high[row], 5),
    );
  });

  test.each([0.7, -0.3, -100])(
    "from two quantiles widened by %s are those of the reference",
    async (widening) => {
      const [low, high] = [await outputs(graphs[0.1], numbers), await outputs(graphs[0.9], numbers)];
      const lows = low["value"].map((value, row) => Math.min(value, high["value"][row]));
      const highs = low["value"].map((value, row) => Math.max(value, high["value"][row]));
      const groups = [{ name: "", rowCount, quantile: widening }];
      const expected = intervalsOf({ kind: "interval", alpha: 0.1, groups }, { lows, highs });
      const bands = { low: graphs[0.1], high: graphs[0.9] };
      const found = (await outputs(intervalOnnx(graphs["value"], widening, bands), numbers))[
        "value_interval"
      ];
      column(found, 3, 1).forEach((end, row) => expect(end).toBeCloseTo(expected.low[row], 4));
      column(found, 3, 2).forEach((end, row) => expect(end).toBeCloseTo(expected.high[row], 4));
    },
  );

  test("need one number a row, of bytes that are a model", async () => {
    const classes = toOnnx(await trainLinear(madeClasses(rowCount), {}), info);
    expect(() => intervalOnnx(classes, 1)).toThrow("MW0422");
    expect(() => intervalOnnx(Uint8Array.of(1, 2, 3), 1)).toThrow("MW0422");
    expect(() => setOnnx(classes, 0.5, 4)).toThrow("MW0422");
  });
});

describe("sets in a graph", () => {
  test("of classes hold exactly the labels of the reference", async () => {
    const examples = madeClasses(rowCount);
    const graph = toOnnx(await trainLinear(examples, {}), info);
    const { probabilities } = await outputs(graph, examples);
    const rows = { probabilities, labels: examples.target.labels, classes: 3 };
    const threshold = fitSetThreshold(rows, 0.1);
    const found = (await outputs(setOnnx(graph, threshold, 3), examples))["probabilities_set"];
    const expected = setsOf(fitSets("lac", rows, { alpha: 0.1 }), probabilities);
    for (let row = 0; row < rowCount; row++) {
      expect([...found.subarray(row * 6, row * 6 + 3)]).toEqual([
        ...probabilities.subarray(row * 3, row * 3 + 3),
      ]);
      expect([...found.subarray(row * 6 + 3, row * 6 + 6)]).toEqual([
        ...expected.subarray(row * 3, row * 3 + 3),
      ]);
    }
  });

  test("of yes and no are told by the one probability", async () => {
    const examples = madeExamples(rowCount);
    const graph = toOnnx(await trainLinear(examples, {}), info);
    const { probability } = await outputs(graph, examples);
    const found = (await outputs(setOnnx(graph, 0.4, 2), examples))["probability_set"];
    probability.forEach((p, row) => {
      const members = [1 - p >= Math.fround(0.4) ? 1 : 0, p >= Math.fround(0.4) ? 1 : 0];
      expect([...found.subarray(row * 3, row * 3 + 3)]).toEqual([p, ...members]);
    });
  });

  test("the threshold by hand: the third largest probability of the label among four rows", () => {
    // ⌈5 · 0.6⌉ = 3 of the four strangenesses 0.2, 0.3, 0.6 and 0.9 in order: 0.6, a probability of 0.4.
    const probabilities = Float32Array.of(0.8, 0.2, 0.7, 0.3, 0.6, 0.4, 0.9, 0.1);
    const rows = { probabilities, labels: [0, 0, 1, 1], classes: 2 };
    expect(fitSetThreshold(rows, 0.4)).toBe(Math.fround(0.4));
    expect(fitSetThreshold(rows, 0.01)).toBe(-Infinity);
    expect(() => fitSetThreshold({ ...rows, labels: [0] }, 0.4)).toThrow("MW0423");
  });
});
