import { expect, test } from "vitest";
import { madeClasses, madeExamples, madeNumbers, sliceRows } from "../examples.testing.js";
import type { Examples } from "../feature-table.js";
import { predict } from "../fitted-model.js";
import type { GbdtOptions } from "../gbdt/options.js";
import { trainGbdt } from "../gbdt/train.js";
import { toOnnx } from "./export.js";
import { feedsOf, openGraph } from "./session.testing.js";

const info = { producer: "millwright", producerVersion: "0", graphName: "test", doc: "A test." };
const rowCount = 6_000;
const numbers = madeNumbers(rowCount);
const ranked = {
  ...numbers,
  target: { kind: "ranking", relevance: numbers.target.values, groups: new Int32Array(rowCount) },
} as const;

test.each<readonly [string, string, number, Examples, Partial<GbdtOptions>]>([
  ["binary", "probability", 1, madeExamples(rowCount), {}],
  ["two classes", "probabilities", 2, madeClasses(rowCount, 2), {}],
  ["three classes", "probabilities", 3, madeClasses(rowCount), {}],
  ["twelve classes", "probabilities", 12, madeClasses(rowCount, 12), { trees: 15 }],
  ["squared", "value", 1, numbers, {}],
  ["absolute", "value", 1, numbers, { loss: "absolute" }],
  ["quantile", "value", 1, numbers, { loss: "quantile", quantile: 0.9 }],
  ["poisson", "value", 1, madeNumbers(rowCount, { counts: true }), { loss: "poisson" }],
  ["ranking", "value", 1, ranked, {}],
])(
  "%s: the graph gives the reference's output, whatever the batch",
  async (_, output, width, examples, given) => {
    const model = await trainGbdt(examples, { trees: 60, ...given }, { threads: 2 });
    const session = await openGraph(toOnnx(model, info));
    const score = async (start: number, end: number) => {
      const { [output]: tensor } = await session.run(feedsOf(sliceRows(examples, start, end)));
      expect(tensor.dims).toEqual(width === 1 ? [end - start] : [end - start, width]);
      return tensor.data as Float32Array;
    };
    const expected = predict(model, examples);
    const all = (await score(0, rowCount)).slice();
    const worst = all.reduce((most, value, i) => {
      const apart = Math.abs(value - expected[i]) / Math.max(1, Math.abs(expected[i]));
      return Math.max(most, apart);
    }, 0);
    expect(worst).toBeLessThan(5e-7);
    for (const size of [1, 3, 17]) {
      for (let start = 0; start < 40 * size; start += size) {
        const part = await score(start, start + size);
        expect([...part]).toEqual([...all.subarray(width * start, width * (start + size))]);
      }
    }
  },
);
