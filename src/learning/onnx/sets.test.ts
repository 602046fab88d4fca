import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRng } from "../../kernel/index.js";
import { sliceRows } from "../examples.testing.js";
import type { Examples, FeatureTable, TextFeature } from "../feature-table.js";
import { predict } from "../fitted-model.js";
import { compileGbdtOptions } from "../gbdt/options.js";
import { trainGbdt } from "../gbdt/train.js";
import type { GbdtModel, Tree } from "../gbdt/tree.js";
import { toOnnx } from "./export.js";
import { feedsOf, openGraph } from "./session.testing.js";

const info = { producer: "millwright", producerVersion: "0", graphName: "test", doc: "" };
const categories = Array.from({ length: 40 }, (_, i) => `c${i}`);

/** Every category, two texts that are none, and a missing one, each with three numbers. */
const everyText: FeatureTable = (() => {
  const dictionary = [...categories, "new", "c40", ""];
  const codes = Int32Array.from({ length: 3 * dictionary.length + 3 }, (_, row) => Math.floor(row / 3) - 1);
  const values = Float32Array.from(codes, (_, row) => [0, 1, NaN][row % 3]);
  return {
    rowCount: codes.length,
    features: [
      { kind: "number", name: "x", values },
      { kind: "text", name: "c", codes, dictionary },
    ],
  };
})();

interface Division {
  readonly set: readonly number[];
  readonly missingLeft: boolean;
}

/** A set, below it a number and another set: five leaves. */
function treeOf([first, second]: readonly Division[], scale: number): Tree {
  return {
    ...{ feature: [1, 0, 1, -1, -1, -1, -1], threshold: [0, 0.5, 0, 0, 0, 0, 0] },
    missingLeft: [Number(first.missingLeft), 1, Number(second.missingLeft), 0, 0, 0, 0],
    ...{ left: [1, 3, 5, 0, 0, 0, 0], right: [2, 4, 6, 0, 0, 0, 0] },
    value: [0, 0, 0, 1, 2, 3, 4].map((value) => value * scale),
    ...{ gain: [1, 1, 1, 0, 0, 0, 0], rows: [4, 2, 2, 1, 1, 1, 1] },
    sets: { 0: first.set, 2: second.set },
  };
}

const division = fc.record({
  set: fc
    .uniqueArray(fc.integer({ min: 0, max: 39 }), { maxLength: 32 })
    .map((set) => set.sort((a, b) => a - b)),
  missingLeft: fc.boolean(),
});

test("any sets in a graph hold the categories that they hold in the reference", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(division, division), { minLength: 1, maxLength: 4 }),
      async (divisions) => {
        const parts = divisions.map((pair) =>
          pair.map((one) => (one.set.length === 0 ? { ...one, missingLeft: true } : one)),
        );
        const model: GbdtModel = {
          ...{ kind: "gbdt", task: "regression", classes: [], curves: [], rowCount: 4, base: [0] },
          loss: { name: "squared", width: 1, quantile: 0.5 },
          features: [
            { kind: "number", name: "x" },
            { kind: "category", name: "c", categories },
          ],
          options: compileGbdtOptions({}),
          trees: parts.map((pair, i) => treeOf(pair, 10 ** i)),
        };
        const session = await openGraph(toOnnx(model, info));
        const { value } = await session.run(feedsOf(everyText));
        expect([...(value.data as Float32Array)]).toEqual([...predict(model, everyText)]);
      },
    ),
    { numRuns: 60 },
  );
});

/** Texts of 3, 60 and 400 categories, the last before the first, with a signal in each and some missing. */
function threeTexts(rowCount: number, classes: number): Examples {
  const rng = seededRng(5);
  const text = (name: string, size: number): TextFeature => ({
    ...{ kind: "text", name, dictionary: ["", ...Array.from({ length: size }, (_, i) => `${name} ${i}`)] },
    codes: Int32Array.from({ length: rowCount }, () => rng.below(size + 2) - 1),
  });
  const features = [text("many", 400), text("few", 3), text("some", 60)];
  const labels = Uint16Array.from({ length: rowCount }, (_, row) => {
    const sum = features.reduce((of, { codes }) => of + (codes[row] % 3), rng.below(2));
    return Math.abs(sum) % classes;
  });
  const names = Array.from({ length: classes }, (_, label) => `class ${label}`);
  return { rowCount, features, target: { kind: "multiclass", labels, classes: names } };
}

test.each([2, 3])(
  "texts in every form, %i classes: graph and reference agree, whatever the batch",
  async (classes) => {
    const rowCount = 6_000;
    const examples = threeTexts(rowCount, classes);
    const model = await trainGbdt(examples, { trees: 20 }, { threads: 2 });
    const kinds = model.features.map(({ kind, name }) => `${name}: ${kind}`);
    expect([...new Set(kinds)]).toEqual(["many: text", "few: text", "few: category", "some: category"]);
    expect(model.trees.some(({ sets }) => sets !== undefined)).toBe(true);
    const session = await openGraph(toOnnx(model, info));
    const score = async (start: number, end: number) => {
      const { probabilities } = await session.run(feedsOf(sliceRows(examples, start, end)));
      return probabilities.data as Float32Array;
    };
    const all = (await score(0, rowCount)).slice();
    predict(model, examples).forEach((p, i) => {
      if (Math.abs(p - all[i]) > 5e-7) throw new RangeError(`${p} and ${all[i]} at ${i}`);
    });
    const width = all.length / rowCount;
    for (const size of [1, 7]) {
      for (let start = 0; start < 200 * size; start += size) {
        const part = await score(start, start + size);
        expect([...part]).toEqual([...all.subarray(width * start, width * (start + size))]);
      }
    }
  },
);
