import fc from "fast-check";
import { expect, test } from "vitest";
import { boundsPerFeature, type BinLayout } from "./bins.js";
import { openGradients } from "./gradients.js";
import { growTree } from "./grow-tree.js";
import type { Loss, LossName } from "./losses.js";
import { binAll, growNaively, type NaiveNode } from "./naive-grower.testing.js";
import { compileGbdtOptions, type GbdtOptions } from "./options.js";
import { setLimits, type SetLimits } from "./set-split.js";
import { openShard } from "./shard.js";
import { layoutFor, loneCrew, wholeGradients } from "./shard.testing.js";
import type { Tree } from "./tree.js";

interface Problem {
  readonly columns: readonly Float32Array[];
  readonly targets: Float32Array;
  readonly weights?: Float32Array;
  readonly monotone?: readonly number[];
  /** Per column how many categories it has, 0 for numbers. */
  readonly categories?: readonly number[];
  readonly sets?: SetLimits;
  readonly loss: Loss;
  readonly options: GbdtOptions;
}

/** The first tree, by the fast grower and by the slow one from the same integer gradients. */
function growBoth({ columns, targets, weights, monotone, loss, options, ...given }: Problem) {
  const layout = layoutFor(columns, options.maxBins, given.categories);
  const sets = given.sets ?? setLimits;
  const crew = loneCrew();
  const shard = openShard(
    { columns, targets, weights },
    { layout, seat: crew.seat, base: [0.25], leaves: options.leaves },
  );
  const largestWeight = weights === undefined ? 1 : Math.max(...weights);
  const largestOfThreads = (own: number) => own;
  const gradients = openGradients({ shard, loss, seat: crew.seat, largestWeight, largestOfThreads });
  const scales = gradients.load(0, 12345);
  const wanted = new Uint8Array(columns.length).fill(1);
  const constraints = monotone && Int8Array.from(monotone);
  const { kernels, at } = shard;
  const rules = { kernels, at, layout, limits: options, sets, scales, wanted, monotone: constraints };
  const { tree } = growTree({ shard, rules, options, crew });
  const bins = binAll(columns, layout);
  const rows = wholeGradients(shard).map((sums, row) => ({ bins: bins[row], ...sums }));
  const context = { layout, options, scales, sets, ...(monotone === undefined ? {} : { monotone }) };
  return { tree, layout, slow: growNaively(rows, context) };
}

/** A tree as nested data, without the numbering of nodes. */
function shapeOf(tree: Tree, layout: BinLayout, node = 0): unknown {
  if (tree.feature[node] < 0) return [tree.value[node], tree.rows[node]];
  const feature = tree.feature[node];
  const bounds = layout.bounds.subarray(feature * boundsPerFeature, (feature + 1) * boundsPerFeature);
  const missingLeft = tree.missingLeft[node] === 1;
  const set = tree.sets?.[node]?.map((category) => category + 1);
  const bins = set && (missingLeft ? [0, ...set] : set);
  const split = [feature, bins ?? bounds.indexOf(tree.threshold[node]) + 1, missingLeft];
  return [split, shapeOf(tree, layout, tree.left[node]), shapeOf(tree, layout, tree.right[node])];
}

function naiveShape(node: NaiveNode): unknown {
  if (node.split === undefined || node.children === undefined) return [node.value, node.rows.length];
  const { feature, bin, missingLeft } = node.split;
  return [[feature, bin, missingLeft], naiveShape(node.children[0]), naiveShape(node.children[1])];
}

const cell = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constant(NaN),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
);

const size = fc.record({ features: fc.integer({ min: 1, max: 10 }), rows: fc.integer({ min: 2, max: 60 }) });
const problem = size.chain(({ features, rows }) => {
  const perRow = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: rows, maxLength: rows });
  const perFeature = <T>(value: fc.Arbitrary<T>) =>
    fc.array(value, { minLength: features, maxLength: features });
  return fc.record({
    columns: perFeature(perRow(cell)),
    codes: perFeature(perRow(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(NaN)))),
    categories: perFeature(fc.constantFrom(0, 0, 2, 3, 6, 9)),
    labels: perRow(fc.integer({ min: 0, max: 1 })),
    values: perRow(fc.integer({ min: 0, max: 100 })),
    weights: fc.option(perRow(fc.integer({ min: 1, max: 5 })), { nil: undefined }),
    monotone: fc.option(perFeature(fc.constantFrom(-1, 0, 1)), { nil: undefined }),
    sets: fc.record({
      mostCategories: fc.integer({ min: 1, max: 6 }),
      smoothing: fc.integer({ min: 0, max: 3 }),
      groupRows: fc.integer({ min: 1, max: 6 }),
      l2: fc.constantFrom(0, 2),
      singles: fc.constantFrom(0, 2, 4),
    }),
    loss: fc.constantFrom<LossName>("logistic", "squared", "absolute", "quantile", "poisson"),
    options: fc.record({
      leaves: fc.integer({ min: 2, max: 9 }),
      maxBins: fc.integer({ min: 2, max: 20 }),
      minLeafRows: fc.constantFrom(1, 3),
      minLeafHessian: fc.constantFrom(0.01, 0.5, 2),
      l2: fc.constantFrom(0, 1),
    }),
  });
});

test("the fast grower grows the trees of the slow one, for every loss, with weights, constraints and sets", () => {
  fc.assert(
    fc.property(
      problem,
      ({ columns, codes, categories, labels, values, weights, monotone, loss, ...given }) => {
        const { options, sets } = given;
        const { tree, layout, slow } = growBoth({
          columns: columns.map((column, f) => Float32Array.from(categories[f] > 0 ? codes[f] : column)),
          ...{ categories, sets },
          targets: Float32Array.from(loss === "logistic" ? labels : values),
          ...(weights === undefined ? {} : { weights: Float32Array.from(weights) }),
          ...(monotone && { monotone: monotone.map((of, f) => (categories[f] > 0 ? 0 : of)) }),
          loss: { name: loss, width: 1, quantile: 0.8 },
          options: compileGbdtOptions(options),
        });
        expect(shapeOf(tree, layout)).toEqual(naiveShape(slow));
      },
    ),
    { numRuns: 300 },
  );
});

const column = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const byHand = compileGbdtOptions({ leaves: 2, minLeafRows: 1, learningRate: 1 });

test("a first split by hand: eight rows, two pure halves", () => {
  const loss = { name: "logistic", width: 1, quantile: 0.5 } as const;
  const targets = Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1);
  const { tree } = growBoth({ columns: [column], targets, loss, options: byHand });
  const p = 1 / (1 + Math.exp(-0.25));
  expect(tree.feature).toEqual([0, -1, -1]);
  expect(tree.threshold[0]).toBe(4.5);
  expect(tree.rows).toEqual([8, 4, 4]);
  // Newton's step is −p / (p·(1 − p)) on the left and (1 − p) / (p·(1 − p)) on the right.
  expect(tree.value[1]).toBeCloseTo(-1 / (1 - p), 3);
  expect(tree.value[2]).toBeCloseTo(1 / p, 3);
});

test("weighted means by hand: squared loss steps to the mean of each side", () => {
  const loss = { name: "squared", width: 1, quantile: 0.5 } as const;
  const targets = Float32Array.of(0, 0, 0, 3, 10, 10, 10, 20);
  const weights = Float32Array.of(1, 1, 1, 3, 1, 1, 1, 1);
  const { tree } = growBoth({ columns: [column], targets, weights, loss, options: byHand });
  expect(tree.threshold[0]).toBe(4.5);
  // From the base of 0.25: to (3·0 + 3·3) / 6 = 1.5 and to 50 / 4 = 12.5.
  expect(tree.value[1]).toBeCloseTo(1.25, 2);
  expect(tree.value[2]).toBeCloseTo(12.25, 2);
});
