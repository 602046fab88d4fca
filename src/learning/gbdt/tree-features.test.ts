import { expect, test } from "vitest";
import { canonicalHash, seededRng, type Canonical } from "../../kernel/index.js";
import { requireFeature, type Examples } from "../feature-table.js";
import { predict } from "../fitted-model.js";
import { trainGbdt } from "./train.js";
import { treeFeatures } from "./tree-features.js";

/** A table of one text that has so many rows of each category, the n-th of which are worth n. */
function textOf(counts: readonly number[], missing = 0): Examples {
  const codes = Int32Array.from([
    ...counts.flatMap((count, code) => Array<number>(count).fill(code)),
    ...Array<number>(missing).fill(-1),
  ]);
  const dictionary = counts.map((_, code) => `c${code}`);
  const values = Float64Array.from(codes, (code) => (code < 0 ? 0 : counts.length - code));
  const features = [{ kind: "text", name: "c", codes, dictionary } as const];
  return { rowCount: codes.length, features, target: { kind: "regression", values } };
}

const kindsOf = (examples: Examples, maxBins = 255) =>
  treeFeatures(examples, maxBins).map(({ kind }) => kind);

test("few categories are both, many are sets, and what the frequent ones do not cover is a mean", () => {
  expect(kindsOf(textOf([20, 20, 20]))).toEqual(["text", "category"]);
  expect(kindsOf(textOf(Array<number>(40).fill(20)))).toEqual(["category"]);
  expect(kindsOf(textOf(Array<number>(300).fill(20)))).toEqual(["text"]);
  // With 254 bins for 254 categories, 46 of 300 may have one row in a hundred at most.
  expect(kindsOf(textOf([...Array<number>(254).fill(20), ...Array<number>(46).fill(1)]))).toEqual([
    "category",
  ]);
  expect(kindsOf(textOf([...Array<number>(254).fill(20), ...Array<number>(60).fill(1)]))).toEqual(["text"]);
  expect(kindsOf(textOf([20, 20, 9]))).toEqual(["text"]);
  expect(kindsOf(textOf([0, 0], 30))).toEqual(["text"]);
  expect(kindsOf(textOf([20, 20, 20, 20]), 4)).toEqual(["text"]);
});

test("categories are numbered by their mean outcome", () => {
  const [, category] = treeFeatures(textOf([20, 900, 20], 5), 255);
  expect(category).toEqual({ kind: "category", name: "c", categories: ["c2", "c1", "c0"] });
});

/**
 * Grades of stones: the worse the grade the larger the stones, so that all grades have about the same mean price
 * though at equal size each grade costs 10 less than the one before.
 */
function stones(rowCount: number): Examples {
  const rng = seededRng(1);
  const codes = Int32Array.from({ length: rowCount }, () => rng.below(6));
  const sizes = Float32Array.from(codes, (code) => 10 * code + 100 * rng.next());
  const values = Float64Array.from(codes, (code, row) => sizes[row] - 10 * code + rng.next());
  const dictionary = ["a", "b", "c", "d", "e", "f"];
  return {
    rowCount,
    features: [
      { kind: "number", name: "size", values: sizes },
      { kind: "text", name: "grade", codes, dictionary },
    ],
    target: { kind: "regression", values },
  };
}

test("grades that differ at equal size only are told apart", async () => {
  const examples = stones(6_000);
  const model = await trainGbdt(examples, { trees: 150 }, { threads: 2 });
  const predicted = predict(model, examples);
  const { codes } = requireFeature(examples, "grade", "text");
  const { values } = requireFeature(examples, "size", "number");
  const off = predicted.reduce(
    (sum, price, row) => sum + (price - (values[row] - 10 * codes[row] + 0.5)) ** 2,
    0,
  );
  // The prices' own variance is about 830, that of the noise 1/12.
  expect(off / examples.rowCount).toBeLessThan(3);
});

/** Two hundred places of which every third has another rate of ones; five are missing or named but once. */
function places(rowCount: number): Examples {
  const rng = seededRng(7);
  const dictionary = ["", ...Array.from({ length: 205 }, (_, i) => `place ${i}`)];
  const codes = Int32Array.from({ length: rowCount }, (_, row) => (row < 5 ? 201 + row : rng.below(202) - 1));
  const labels = Uint8Array.from(codes, (code) => (rng.below(10) < (code % 3 === 0 ? 8 : 2) ? 1 : 0));
  const noise = Float32Array.from(codes, () => rng.next());
  return {
    rowCount,
    features: [
      { kind: "text", name: "place", codes, dictionary },
      { kind: "number", name: "noise", values: noise },
    ],
    target: { kind: "binary", labels },
  };
}

test("sets of places are the same on any number of threads, and new places are outside of all", async () => {
  const examples = places(20_000);
  const weights = Float32Array.from({ length: examples.rowCount }, (_, row) => 1 + (row % 3) / 2);
  const given = { trees: 20, rowShare: 0.7, columnShare: 0.9, monotone: { noise: 1 } } as const;
  const train = (threads: number) => trainGbdt({ ...examples, weights }, given, { threads });
  const models = [await train(1), await train(2), await train(4), await train(2)];
  const hashes = models.map((model) => canonicalHash(JSON.parse(JSON.stringify(model)) as Canonical));
  expect(new Set(hashes).size).toBe(1);
  const [model] = models;
  const sets = model.trees.flatMap((tree) => Object.values(tree.sets ?? {}));
  expect(sets.length).toBeGreaterThan(20);
  expect(Math.max(...sets.map((set) => set.length))).toBeLessThanOrEqual(32);
  for (const set of sets) expect([...set].sort((a, b) => a - b)).toEqual(set);
  const codes = Int32Array.of(0, 1, 2, 3, -1);
  const probe = {
    rowCount: 5,
    features: [
      { kind: "text", name: "place", codes, dictionary: ["place 2", "place 3", "new", "place 204"] },
      { kind: "number", name: "noise", values: new Float32Array(5).fill(0.5) },
    ],
  } as const;
  const [often, seldom, unseen, rare] = predict(model, probe);
  expect(often).toBeGreaterThan(0.6);
  expect(seldom).toBeLessThan(0.4);
  expect(rare).toBe(unseen);
});
