import type { Histogram } from "./histogram.js";
import { shareWithin, type Bounds, type NodeFacts, type Place, type Sums } from "./split-gain.js";

/** What keeps sets of categories from fitting noise. Rows are counted by their share of the node's hessians. */
export interface SetLimits {
  /** Most categories of a set. */
  readonly mostCategories: number;
  /** Fewest rows of a category in the node for it to be in a set; and hessians that its mean is damped by. */
  readonly smoothing: number;
  /** Fewest rows that a set gains from one trial to the next, and fewest that it leaves. */
  readonly groupRows: number;
  /** Penalty on the values of both sides, besides the usual one. */
  readonly l2: number;
  /** Of so few categories each one by itself is tried instead, without further limits. */
  readonly singles: number;
}

/** LightGBM's defaults: max_cat_threshold, cat_smooth, min_data_per_group, cat_l2, max_cat_to_onehot. */
export const setLimits: SetLimits = Object.freeze({
  mostCategories: 32,
  smoothing: 10,
  groupRows: 100,
  l2: 10,
  singles: 4,
});

/** One node's search, in fixed point. */
export interface SetSearch {
  readonly histogram: Histogram;
  readonly node: NodeFacts;
  /** Those of the node's values. */
  readonly bounds: Bounds;
  /** Least sum of hessians of either side. */
  readonly least: number;
  readonly l2: number;
  /** What a hessian of 1 is. */
  readonly hessian: number;
  readonly limits: SetLimits;
}

/** The categories that go left, and what the split is worth. */
export interface SetSplit extends Sums {
  /** Category numbers, ascending. */
  readonly set: readonly number[];
  readonly missingLeft: boolean;
  /** Twice the loss that both sides take off. */
  readonly value: number;
  /** What both sides are penalised by besides the usual. */
  readonly penalty: number;
}

/**
 * The best set of categories of a feature if it is worth more than `above`. Categories in the order of their mean
 * derivative, ΣG / (ΣH + smoothing), need be parted at one place only (Fisher, "On grouping for maximum homogeneity",
 * JASA 1958), and the smaller part is the set, as in LightGBM. Missing is a category like the others; those that have
 * no number never are in a set. Ties fall to the lower number, then to sets from the low end, then to the smaller.
 */
export function bestSet(search: SetSearch, place: Place, above: number): SetSplit | undefined {
  // The last bin is that of all categories without a number.
  const bins = place.end - place.missing - 1;
  return bins - 1 <= search.limits.singles
    ? bestSingle(search, place, above)
    : bestPrefix(search, place, above);
}

function bestSingle(search: SetSearch, { missing, end }: Place, above: number): SetSplit | undefined {
  const { histogram, least, node } = search;
  let best: SetSplit | undefined;
  for (let at = missing; at < end - 1; at++) {
    const [g, h] = [histogram[2 * at], histogram[2 * at + 1]];
    if (h < least || node.sums.h - h < least) continue;
    const value = worth(search, { g, h }, search.l2);
    if (value > (best?.value ?? above)) best = { ...named([at - missing]), g, h, value, penalty: 0 };
  }
  return best;
}

function bestPrefix(search: SetSearch, place: Place, above: number): SetSplit | undefined {
  const order = inOrder(search, place);
  const low = scanPrefixes(search, place, { order, above });
  const high = scanPrefixes(search, place, { order: order.slice().reverse(), above: low?.value ?? above });
  return high ?? low;
}

/** Bins of the categories with enough rows, by rising mean derivative. */
function inOrder(
  { histogram, node, hessian, limits }: SetSearch,
  { missing, end }: Place,
): readonly number[] {
  const fewest = Math.max(1, ((limits.smoothing - 0.5) * node.sums.h) / node.rows);
  const damping = limits.smoothing * hessian;
  const means = new Float64Array(end - missing);
  const order: number[] = [];
  for (let bin = 0; bin < end - missing - 1; bin++) {
    const h = histogram[2 * (missing + bin) + 1];
    if (h < fewest) continue;
    means[bin] = histogram[2 * (missing + bin)] / (h + damping);
    order.push(bin);
  }
  return order.sort((a, b) => means[a] - means[b] || a - b);
}

function scanPrefixes(
  search: SetSearch,
  { missing }: Place,
  { order, above }: { readonly order: readonly number[]; readonly above: number },
): SetSplit | undefined {
  const { histogram, node, least, limits, hessian } = search;
  const group = ((limits.groupRows - 0.5) * node.sums.h) / node.rows;
  const l2 = search.l2 + limits.l2 * hessian;
  const most = Math.min(limits.mostCategories, (order.length + 1) >> 1);
  const best = { count: 0, value: above, g: 0, h: 0 };
  let [g, h, gained] = [0, 0, 0];
  for (let i = 0; i < most; i++) {
    const at = 2 * (missing + order[i]);
    g += histogram[at];
    h += histogram[at + 1];
    gained += histogram[at + 1];
    if (node.sums.h - h < Math.max(least, group)) break;
    if (h < least || gained < group) continue;
    gained = 0;
    const value = worth(search, { g, h }, l2);
    if (value > best.value) Object.assign(best, { count: i + 1, value, g, h });
  }
  const { count, ...split } = best;
  return count === 0 ? undefined : { ...named(order.slice(0, count)), ...split, penalty: limits.l2 };
}

/** Twice the loss that the sides take off when these sums go left. */
function worth({ node, bounds }: SetSearch, { g, h }: Sums, l2: number): number {
  return shareWithin(g, h + l2, bounds) + shareWithin(node.sums.g - g, node.sums.h - h + l2, bounds);
}

/** Bins as category numbers; the first bin is that of missing values. */
function named(bins: readonly number[]): Pick<SetSplit, "set" | "missingLeft"> {
  const set = bins.filter((bin) => bin > 0).map((bin) => bin - 1);
  return { set: set.sort((a, b) => a - b), missingLeft: bins.includes(0) };
}
