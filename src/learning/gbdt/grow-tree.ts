import { boundsPerFeature } from "./bins.js";
import type { Crew } from "./crew.js";
import { histogramLength, type Histogram } from "./histogram.js";
import type { GbdtOptions } from "./options.js";
import type { GrownLeaf, Shard } from "./shard.js";
import { bestSplit, canSplit, newtonStep, type Split, type SplitRules } from "./split.js";
import type { NodeFacts } from "./split-gain.js";
import { treeBuilder } from "./tree-builder.js";
import type { Tree } from "./tree.js";

/** What growing needs besides the gradients, which the shard has. */
export interface GrowContext {
  readonly shard: Shard;
  readonly rules: SplitRules;
  readonly options: Pick<GbdtOptions, "leaves" | "learningRate">;
  readonly crew: Crew;
  /** Values of the leaves before shrinkage in place of Newton's step. */
  readonly renew?: ((leaves: readonly GrownLeaf[]) => readonly number[]) | undefined;
}

interface Stretch extends Omit<NodeFacts, "rows"> {
  /** Penalty on the value, as the split above left it. */
  readonly l2: number;
  readonly node: number;
  readonly start: number;
  readonly end: number;
}

interface OpenLeaf extends Stretch {
  readonly histogram: Histogram;
  readonly split: Split | undefined;
}

export interface GrownTree {
  readonly tree: Tree;
  readonly leaves: readonly GrownLeaf[];
}

/**
 * Grows one tree leaf-wise: the leaf with the largest gain is split until there are enough leaves or none
 * gains. Every thread runs this over its own rows and decides alike, because all see the same exact sums;
 * they meet once per split, or twice where both children may be too small to be parted. Only the child with the
 * smaller hessian is built, its sibling is what remains.
 */
export function growTree(context: GrowContext): GrownTree {
  const { options, rules, shard } = context;
  const nodes = treeBuilder();
  const free = [...shard.histograms];
  shard.startTree(rules.wanted);
  const open: OpenLeaf[] = [openRoot(context, nodes.addLeaf(), free)];
  while (open.length < options.leaves) {
    const leaf = largestGain(open);
    if (leaf?.split === undefined) break;
    const { split } = leaf;
    const [left, right] = nodes.split(leaf.node, split, thresholdOf(split, rules));
    const middle = shard.part(leaf.start, leaf.end, split);
    const [low, high] = childLimits(leaf, split, rules);
    const children = [
      { node: left, start: leaf.start, end: middle, sums: split.left, l2: split.l2, ...low },
      { node: right, start: middle, end: leaf.end, sums: split.right, l2: split.l2, ...high },
    ] as const;
    const last = open.length + 1 === options.leaves;
    const born = openChildren(context, { children, parent: leaf.histogram, free, last });
    open.splice(open.indexOf(leaf), 1, ...born);
  }
  setLeaves(context, nodes, open);
  return { tree: nodes.finish(), leaves: open.map(({ node, start, end }) => ({ node, start, end })) };
}

function thresholdOf({ feature, bin, set }: Split, { layout }: SplitRules): number {
  return set === undefined ? layout.bounds[feature * boundsPerFeature + bin - 1] : 0;
}

function setLeaves(
  { options, rules, crew, renew }: GrowContext,
  nodes: ReturnType<typeof treeBuilder>,
  open: readonly OpenLeaf[],
): void {
  const rows = Float64Array.from(open, ({ start, end }) => end - start);
  crew.sum(rows, rows);
  const renewed = renew?.(open);
  open.forEach((leaf, i) => {
    // The limits of monotone constraints hold for renewed values as well.
    const step = renewed === undefined ? newtonStep(leaf, rules) : withinLimits(renewed[i], leaf);
    nodes.setLeaf(leaf.node, Math.fround(options.learningRate * step), rows[i]);
  });
}

const withinLimits = (value: number, { low, high }: Limits) => Math.min(high, Math.max(low, value));

type Limits = Pick<NodeFacts, "low" | "high">;

/**
 * A split on a constrained feature parts the range of values at the mean of the children's own ("basic" method
 * of LightGBM): whatever grows below them stays in order.
 */
function childLimits(leaf: Stretch, split: Split, rules: SplitRules): readonly [Limits, Limits] {
  const { low, high } = leaf;
  const direction = rules.monotone?.[split.feature] ?? 0;
  if (direction === 0) {
    return [
      { low, high },
      { low, high },
    ];
  }
  const middle =
    (newtonStep({ sums: split.left, low, high, l2: split.l2 }, rules) +
      newtonStep({ sums: split.right, low, high, l2: split.l2 }, rules)) /
    2;
  const below = { low, high: middle };
  const above = { low: middle, high };
  return direction > 0 ? [below, above] : [above, below];
}

function openRoot({ shard, rules, crew, options }: GrowContext, node: number, free: Histogram[]): OpenLeaf {
  const { layout, wanted } = rules;
  const end = shard.bagged();
  const histogram = takeFrom(free);
  shard.build({ start: 0, end }, wanted, histogram);
  crew.sum(histogram, histogram);
  const sums = { g: 0, h: 0 };
  // Every row is in exactly one bin of any feature.
  const feature = wanted.indexOf(1);
  for (let bin = layout.offsets[feature]; bin < layout.offsets[feature + 1]; bin++) {
    sums.g += histogram[2 * bin];
    sums.h += histogram[2 * bin + 1];
  }
  const stretch = { node, start: 0, end, sums, low: -Infinity, high: Infinity, l2: rules.limits.l2 };
  return {
    ...stretch,
    histogram,
    split: options.leaves > 1 ? splitOf(stretch, histogram, rules) : undefined,
  };
}

/** The best split of a stretch whose histogram is there. */
function splitOf(stretch: Stretch, histogram: Histogram, rules: SplitRules): Split | undefined {
  const { sums, low, high } = stretch;
  const node = { sums, low, high, rows: rowsOf(histogram, rules) };
  return canSplit(node, rules) ? bestSplit(histogram, node, rules) : undefined;
}

function openChildren(
  { shard, rules, crew }: GrowContext,
  birth: {
    readonly children: readonly [Stretch, Stretch];
    readonly parent: Histogram;
    readonly free: Histogram[];
    readonly last: boolean;
  },
): OpenLeaf[] {
  const { children, parent, free, last } = birth;
  const { minLeafHessian } = rules.limits;
  const mightSplit = ({ sums }: Stretch) => sums.h >= 2 * minLeafHessian * rules.scales.h;
  if (last || !children.some(mightSplit) || areSmall(children, parent, { rules, crew })) {
    free.push(parent);
    return children.map((child) => ({ ...child, histogram: parent, split: undefined }));
  }
  const small = children[0].sums.h <= children[1].sums.h ? children[0] : children[1];
  const built = takeFrom(free);
  shard.build(small, rules.wanted, built);
  crew.sum(built, built);
  shard.subtract(parent, built);
  return children.map((child) => {
    const histogram = child === small ? built : parent;
    return { ...child, histogram, split: splitOf(child, histogram, rules) };
  });
}

/** Whether neither child has the rows for two leaves. All threads meet where the parent's rows leave it open. */
function areSmall(
  children: readonly [Stretch, Stretch],
  parent: Histogram,
  { rules, crew }: Pick<GrowContext, "rules" | "crew">,
): boolean {
  const fewest = 2 * rules.limits.minLeafRows;
  if (rowsOf(parent, rules) >= 2 * fewest) return false;
  const rows = Float64Array.from(children, ({ start, end }) => end - start);
  crew.sum(rows, rows);
  return rows.every((count) => count < fewest);
}

const rowsOf = (histogram: Histogram, { layout }: SplitRules) => histogram[histogramLength(layout) - 1];

function takeFrom(free: Histogram[]): Histogram {
  const histogram = free.pop();
  if (histogram === undefined) throw new RangeError("fewer histograms than leaves");
  return histogram;
}

/** The first leaf with the largest gain. */
function largestGain(open: readonly OpenLeaf[]): OpenLeaf | undefined {
  let best: OpenLeaf | undefined;
  for (const leaf of open) {
    if ((leaf.split?.gain ?? 0) > (best?.split?.gain ?? 0)) best = leaf;
  }
  return best;
}
