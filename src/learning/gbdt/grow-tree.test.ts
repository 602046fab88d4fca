import fc from "fast-check";
import { expect, test } from "vitest";
import { boundsPerFeature, cutBounds, layoutOf, writeBounds, type BinLayout } from "./bins.js";
import { packGradient, unpackSums } from "./fixed-point.js";
import { growTree } from "./grow-tree.js";
import { binAll, growNaively, type NaiveNode } from "./naive-grower.testing.js";
import { compileGbdtOptions, type GbdtOptions } from "./options.js";
import { openShard, tableRow } from "./shard.js";
import type { Tree } from "./tree.js";

const seat = { thread: 0, threads: 1 };
const dither = 12345;

function layoutFor(columns: readonly Float32Array[], options: GbdtOptions): BinLayout {
  const block = new Float32Array(boundsPerFeature * columns.length);
  columns.forEach((column, f) => writeBounds(block, f, cutBounds(column, options.maxBins, options.seed)));
  return layoutOf(block);
}

function growFast(columns: readonly Float32Array[], labels: Uint8Array, options: GbdtOptions) {
  const layout = layoutFor(columns, options);
  const shard = openShard({ columns, labels }, layout, seat);
  shard.startTree();
  shard.applyLeaves([{ start: 0, end: shard.rowCount, value: 0 }], dither);
  const { tree } = growTree({
    shard,
    layout,
    options,
    sumOverThreads: (build, total) => build(total.fill(0)),
    histograms: Array.from({ length: options.leaves }, () => new Float64Array(2 * layout.binCount)),
  });
  return { tree, layout };
}

/** The same first tree by the oracle: its gradients are those of score 0. */
function growSlowly(
  columns: readonly Float32Array[],
  labels: Uint8Array,
  { layout, options }: { layout: BinLayout; options: GbdtOptions },
) {
  const rows = binAll(columns, layout).map((bins, row) => {
    const bits = (dither + Math.imul(tableRow(row, seat), 0x9e3779b1)) | 0;
    return { bins, ...unpackSums(packGradient(0, labels[row], bits)) };
  });
  return growNaively(rows, layout, options);
}

/** A tree as nested data, without the numbering of nodes. */
function shapeOf(tree: Tree, layout: BinLayout, node = 0): unknown {
  if (tree.feature[node] < 0) return tree.value[node];
  const feature = tree.feature[node];
  const bounds = layout.bounds.subarray(feature * boundsPerFeature, (feature + 1) * boundsPerFeature);
  const split = [feature, bounds.indexOf(tree.threshold[node]) + 1, tree.missingLeft[node] === 1];
  return [split, shapeOf(tree, layout, tree.left[node]), shapeOf(tree, layout, tree.right[node])];
}

function naiveShape(node: NaiveNode): unknown {
  if (node.split === undefined || node.children === undefined) return node.value;
  const { feature, bin, missingLeft } = node.split;
  return [[feature, bin, missingLeft], naiveShape(node.children[0]), naiveShape(node.children[1])];
}

const cell = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constant(NaN),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
);

test("the fast grower grows the trees of the slow one", () => {
  const problem = fc
    .record({ features: fc.integer({ min: 1, max: 6 }), rows: fc.integer({ min: 2, max: 60 }) })
    .chain(({ features, rows }) =>
      fc.record({
        columns: fc.array(fc.array(cell, { minLength: rows, maxLength: rows }), {
          minLength: features,
          maxLength: features,
        }),
        labels: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: rows, maxLength: rows }),
        leaves: fc.integer({ min: 2, max: 9 }),
        maxBins: fc.integer({ min: 2, max: 20 }),
        minLeafHessian: fc.constantFrom(0.01, 0.5, 2),
        l2: fc.constantFrom(0, 1),
      }),
    );
  fc.assert(
    fc.property(problem, ({ columns, labels, ...given }) => {
      const options = compileGbdtOptions(given);
      const values = columns.map((column) => Float32Array.from(column));
      const { tree, layout } = growFast(values, Uint8Array.from(labels), options);
      const slow = growSlowly(values, Uint8Array.from(labels), { layout, options });
      expect(shapeOf(tree, layout)).toEqual(naiveShape(slow));
    }),
    { numRuns: 200 },
  );
});

test("a first split by hand: eight rows, two pure halves", () => {
  const options = compileGbdtOptions({ leaves: 2, minLeafHessian: 0.1, l2: 0, learningRate: 1 });
  const column = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const { tree } = growFast([column], Uint8Array.of(0, 0, 0, 0, 1, 1, 1, 1), options);
  // At score 0, g = ±½ and h = ¼ per row: each half steps by 4·½ / (4·¼) = 2, and gains 2²/1 twice.
  expect(tree.feature).toEqual([0, -1, -1]);
  expect(tree.threshold[0]).toBe(4.5);
  expect(tree.value[1]).toBeCloseTo(-2, 3);
  expect(tree.value[2]).toBeCloseTo(2, 3);
  expect(tree.gain[0]).toBeCloseTo(8, 2);
});
