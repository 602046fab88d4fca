import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRng } from "../../kernel/index.js";
import { leafOf } from "../decision-nodes.js";
import { madeExamples, sliceRows } from "../examples.testing.js";
import { encodeFeatures } from "../feature-encoding.js";
import { trainGbdt } from "../gbdt/train.js";
import type { GbdtModel, Tree } from "../gbdt/tree.js";
import { explainGbdt } from "./explain-gbdt.js";
import { addInterventionalShap } from "./interventional-shap.js";
import { naiveShapley } from "./naive-shapley.testing.js";
import { addPathShap, expectedValue } from "./path-shap.js";

const players = 5;

/**
 * A random tree over five columns that repeats columns on a path, with some nodes that no row came to and some that
 * look for a set of values.
 */
function randomTree(seed: number): Tree {
  const rng = seededRng(seed);
  const tree = {
    ...{ feature: [0], threshold: [0], missingLeft: [0], left: [0], right: [0], value: [0] },
    ...{ gain: [0], rows: [1 + rng.below(60)] },
    sets: {} as Record<number, readonly number[]>,
  };
  const grow = (node: number, depth: number) => {
    if (depth === 6 || (depth > 0 && rng.below(4) === 0)) {
      tree.feature[node] = -1;
      tree.value[node] = Math.fround(rng.next() * 4 - 2);
      return;
    }
    tree.feature[node] = rng.below(players);
    tree.threshold[node] = rng.below(5) / 4;
    tree.missingLeft[node] = rng.below(2);
    if (rng.below(3) === 0) tree.sets[node] = Array.from({ length: 4 }, (_, i) => (2 * i + rng.below(2)) / 8);
    const leftRows = rng.below(tree.rows[node] + 1);
    const addNode = (rows: number) => {
      for (const column of [tree.threshold, tree.missingLeft, tree.left, tree.right, tree.value, tree.gain])
        column.push(0);
      tree.rows.push(rows);
      return tree.feature.push(-1) - 1;
    };
    tree.left[node] = addNode(leftRows);
    tree.right[node] = addNode(tree.rows[node] - leftRows);
    grow(tree.left[node], depth + 1);
    grow(tree.right[node], depth + 1);
  };
  grow(0, 0);
  return tree;
}

function randomRow(seed: number): readonly Float32Array[] {
  const rng = seededRng(seed);
  return Array.from({ length: players }, () => Float32Array.of(rng.below(5) === 0 ? NaN : rng.below(9) / 8));
}

/** What the tree says when some columns are known, by the definition of the path-dependent game. */
function knownWorth(tree: Tree, row: readonly Float32Array[], known: ReadonlySet<number>, node = 0): number {
  const column = tree.feature[node];
  if (column < 0) return tree.value[node];
  const value = row[column][0];
  const found = tree.sets?.[node]?.includes(value) ?? value <= tree.threshold[node];
  const goesLeft = Number.isNaN(value) ? tree.missingLeft[node] === 1 : found;
  const [left, right] = [tree.left[node], tree.right[node]];
  const worth = (child: number) => knownWorth(tree, row, known, child);
  if (known.has(column)) return worth(goesLeft ? left : right);
  const share = tree.rows[node] === 0 ? 0.5 : tree.rows[left] / tree.rows[node];
  return share * worth(left) + (1 - share) * worth(right);
}

test("path-dependent contributions are the Shapley values over all subsets", () => {
  fc.assert(
    fc.property(fc.nat(1e6), fc.nat(1e6), (treeSeed, rowSeed) => {
      const tree = randomTree(treeSeed);
      const row = randomRow(rowSeed);
      const found = new Float64Array(players);
      addPathShap(tree, (column) => row[column][0], found);
      naiveShapley(players, (known) => knownWorth(tree, row, known)).forEach((value, column) =>
        expect(found[column]).toBeCloseTo(value, 10),
      );
      const sum = found.reduce((total, value) => total + value, expectedValue(tree));
      expect(sum).toBeCloseTo(tree.value[leafOf(tree, row, 0)], 10);
    }),
    { numRuns: 300 },
  );
});

test("interventional contributions are the Shapley values over all subsets", () => {
  fc.assert(
    fc.property(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), (treeSeed, rowSeed, otherSeed) => {
      const tree = randomTree(treeSeed);
      const [row, other] = [randomRow(rowSeed), randomRow(otherSeed)];
      const found = new Float64Array(players);
      const rows = { explained: (i: number) => row[i][0], reference: (i: number) => other[i][0] };
      addInterventionalShap(tree, rows, found);
      const worth = (known: ReadonlySet<number>) =>
        tree.value[
          leafOf(
            tree,
            row.map((column, i) => (known.has(i) ? column : other[i])),
            0,
          )
        ];
      naiveShapley(players, worth).forEach((value, column) => expect(found[column]).toBeCloseTo(value, 10));
    }),
    { numRuns: 300 },
  );
});

test("a tree by hand: x ≤ 0 parts the rows in halves, and then y ≤ 0 the right one in quarters", () => {
  const tree: Tree = {
    ...{ feature: [0, -1, 1, -1, -1], threshold: [0, 0, 0, 0, 0], missingLeft: [0, 0, 0, 0, 0] },
    ...{ left: [1, 0, 3, 0, 0], right: [2, 0, 4, 0, 0], value: [0, 0, 0, 4, 12], gain: [1, 0, 1, 0, 0] },
    rows: [4, 2, 2, 1, 1],
  };
  // Nothing known: 4. x known: 8. y known: ½·0 + ½·12 = 6. Both: 12. So x: (4 + 6)/2, y: (2 + 4)/2.
  const found = new Float64Array(2);
  addPathShap(tree, () => 1, found);
  expect([expectedValue(tree), ...found]).toEqual([4, 5, 3]);
});

/** Score of a row in float64 over the same tree values. */
function scoreOf(model: GbdtModel, columns: readonly Float32Array[], row: number): number {
  return model.trees.reduce((sum, tree) => sum + tree.value[leafOf(tree, columns, row)], model.base[0]);
}

test("contributions of a trained model add up to its score, either way, by the name of the feature", async () => {
  const examples = madeExamples(5_000);
  const model = await trainGbdt(examples, { trees: 50 }, { threads: 1 });
  const table = sliceRows(examples, 0, 40);
  const columns = encodeFeatures(model.features, table);
  for (const background of [undefined, sliceRows(examples, 100, 120)]) {
    const explanation = explainGbdt(model, table, background === undefined ? {} : { background });
    const { expected, names, contributions } = explanation;
    expect(names).toEqual(["smooth", "port", "whole", "sparse"]);
    for (let row = 0; row < table.rowCount; row++) {
      const own = contributions.subarray(row * names.length, (row + 1) * names.length);
      const sum = own.reduce((total, value) => total + value, expected);
      expect(Math.abs(sum - scoreOf(model, columns, row))).toBeLessThan(1e-9);
    }
  }
});

test("requests that cannot be answered are coded errors", async () => {
  const examples = madeExamples(500);
  const model = await trainGbdt(examples, { trees: 2 }, { threads: 1 });
  expect(() => explainGbdt(model, examples, { output: 1 })).toThrow("MW0424");
  expect(() => explainGbdt(model, examples, { background: sliceRows(examples, 0, 0) })).toThrow("MW0424");
  expect(() => explainGbdt(model, { rowCount: 0, features: [] })).toThrow("MW0406");
});
