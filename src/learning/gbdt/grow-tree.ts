import { boundsPerFeature, type BinLayout } from "./bins.js";
import { hessianScale } from "./fixed-point.js";
import { subtract, type Histogram } from "./histogram.js";
import type { GbdtOptions } from "./options.js";
import type { GrownLeaf, Shard } from "./shard.js";
import { bestSplit, newtonStep, type Split, type Sums } from "./split.js";
import type { Tree } from "./tree.js";

/** What growing needs besides the rows. */
export interface GrowContext {
  readonly shard: Shard;
  readonly layout: BinLayout;
  readonly options: GbdtOptions;
  /**
   * Fills `total` with the sum over all threads of the histograms that `build` adds its thread's rows to.
   * Every thread must call it equally often.
   */
  readonly sumOverThreads: (build: (part: Histogram) => void, total: Histogram) => void;
  /** At least as many histograms as a tree has leaves. */
  readonly histograms: readonly Histogram[];
}

interface OpenLeaf {
  readonly node: number;
  readonly start: number;
  readonly end: number;
  readonly sums: Sums;
  readonly histogram: Histogram;
  readonly split: Split | undefined;
}

/**
 * Grows one tree leaf-wise: the leaf with the largest gain is split until there are enough leaves or none
 * gains. Every thread runs this over its own rows and decides alike, because all see the same exact sums;
 * they meet once per split. Only the child with the smaller hessian is built, its sibling is what remains.
 */
export function growTree(context: GrowContext): {
  readonly tree: Tree;
  readonly leaves: readonly GrownLeaf[];
} {
  const { options, layout, shard } = context;
  const nodes = treeBuilder();
  const free = [...context.histograms];
  shard.startTree();
  const open: OpenLeaf[] = [openRoot(context, nodes.addLeaf(), free)];
  while (open.length < options.leaves) {
    const leaf = largestGain(open);
    if (leaf?.split === undefined) break;
    const { split } = leaf;
    const threshold = layout.bounds[split.feature * boundsPerFeature + split.bin - 1];
    const [left, right] = nodes.split(leaf.node, split, threshold);
    const middle = shard.part(leaf.start, leaf.end, split);
    const children = [
      { node: left, start: leaf.start, end: middle, sums: split.left },
      { node: right, start: middle, end: leaf.end, sums: split.right },
    ] as const;
    const last = open.length + 1 === options.leaves;
    open.splice(
      open.indexOf(leaf),
      1,
      ...openChildren(context, { children, parent: leaf.histogram, free, last }),
    );
  }
  const leaves = open.map(({ node, start, end, sums }) => {
    const value = Math.fround(options.learningRate * newtonStep(sums, options.l2));
    nodes.setValue(node, value);
    return { start, end, value };
  });
  return { tree: nodes.finish(), leaves };
}

type Stretch = Pick<OpenLeaf, "node" | "start" | "end" | "sums">;

function openRoot(context: GrowContext, node: number, free: Histogram[]): OpenLeaf {
  const { shard, layout } = context;
  const histogram = takeFrom(free);
  context.sumOverThreads((part) => shard.addStretch(0, shard.rowCount, part), histogram);
  const sums = { g: 0, h: 0 };
  // Every row is in exactly one bin of the first feature.
  for (let bin = 0; bin < layout.offsets[1]; bin++) {
    sums.g += histogram[2 * bin];
    sums.h += histogram[2 * bin + 1];
  }
  const split = bestSplit(histogram, sums, { layout, limits: context.options });
  return { node, start: 0, end: shard.rowCount, sums, histogram, split };
}

function openChildren(
  context: GrowContext,
  birth: {
    readonly children: readonly [Stretch, Stretch];
    readonly parent: Histogram;
    readonly free: Histogram[];
    readonly last: boolean;
  },
): OpenLeaf[] {
  const { shard, layout, options } = context;
  const { children, parent, free, last } = birth;
  const canSplit = ({ sums }: Stretch) => !last && sums.h >= 2 * options.minLeafHessian * hessianScale;
  if (!children.some(canSplit)) {
    free.push(parent);
    return children.map((child) => ({ ...child, histogram: parent, split: undefined }));
  }
  const small = children[0].sums.h <= children[1].sums.h ? children[0] : children[1];
  const built = takeFrom(free);
  context.sumOverThreads((part) => shard.addStretch(small.start, small.end, part), built);
  subtract(parent, built);
  return children.map((child) => {
    const histogram = child === small ? built : parent;
    const split = canSplit(child) ? bestSplit(histogram, child.sums, { layout, limits: options }) : undefined;
    return { ...child, histogram, split };
  });
}

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

function treeBuilder() {
  const feature: number[] = [];
  const threshold: number[] = [];
  const missingLeft: number[] = [];
  const left: number[] = [];
  const right: number[] = [];
  const value: number[] = [];
  const gain: number[] = [];
  const addLeaf = (): number => {
    for (const column of [threshold, missingLeft, left, right, value, gain]) column.push(0);
    return feature.push(-1) - 1;
  };
  return {
    addLeaf,
    split(node: number, split: Split, bound: number): readonly [number, number] {
      feature[node] = split.feature;
      threshold[node] = bound;
      missingLeft[node] = split.missingLeft ? 1 : 0;
      gain[node] = split.gain;
      left[node] = addLeaf();
      right[node] = addLeaf();
      return [left[node], right[node]];
    },
    setValue(node: number, leafValue: number): void {
      value[node] = leafValue;
    },
    finish: (): Tree => ({ feature, threshold, missingLeft, left, right, value, gain }),
  };
}
