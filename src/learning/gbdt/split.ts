import type { BinLayout } from "./bins.js";
import type { Scales } from "./fixed-point.js";
import type { Histogram } from "./histogram.js";
import type { Kernels } from "./kernels.js";
import { bestSet, type SetLimits, type SetSearch } from "./set-split.js";
import {
  isEmpty,
  shareWithin,
  stepWithin,
  type Bounds,
  type NodeFacts,
  type Place,
  type Sums,
} from "./split-gain.js";

/** Where to part a node's rows. */
export interface Split {
  readonly feature: number;
  /** Highest bin (1-based) that goes left; 0 for a set. */
  readonly bin: number;
  /** Category numbers that go left, ascending. */
  readonly set?: readonly number[] | undefined;
  readonly missingLeft: boolean;
  /** Loss reduction without the factor ½. */
  readonly gain: number;
  /** L2 penalty on the values of both sides. */
  readonly l2: number;
  readonly left: Sums;
  readonly right: Sums;
}

/** Addresses in the kernels' memory of what the layout and the rules say. */
export interface SplitPlaces {
  /** int32: the layout's. */
  readonly offsets: number;
  /** uint8. */
  readonly wanted: number;
}

/** What a search is bound to; the same for all nodes of a tree. */
export interface SplitRules {
  /** In whose memory the histograms lie. */
  readonly kernels: Kernels;
  readonly at: SplitPlaces;
  readonly layout: BinLayout;
  readonly limits: { readonly minLeafHessian: number; readonly minLeafRows: number; readonly l2: number };
  readonly sets: SetLimits;
  readonly scales: Scales;
  /** 1 for features that may be used. */
  readonly wanted: Uint8Array;
  /** Per feature 1 (the model must not fall), −1 (not rise) or 0; absent if there are no constraints. */
  readonly monotone?: Int8Array | undefined;
}

/** Gains up to this share of the node's own are noise of the last digits. */
const minGainShare = 1e-12;

/** Newton's step within a node's limits: −Σg / (Σh + λ). */
export function newtonStep(
  node: Omit<NodeFacts, "rows"> & { readonly l2: number },
  { scales }: SplitRules,
): number {
  const { g, h } = node.sums;
  const curvature = h / scales.h + node.l2;
  const step = curvature > 0 ? -(g / scales.g) / curvature : 0;
  return Math.min(node.high, Math.max(node.low, step));
}

/** The least sum of hessians that either side of a split must have, in fixed point. */
function leastHessian({ sums, rows }: NodeFacts, { limits, scales }: SplitRules): number {
  const forRows = ((limits.minLeafRows - 0.5) * sums.h) / rows;
  return Math.max(1, limits.minLeafHessian * scales.h, forRows);
}

/** Whether a node is large enough for two leaves. */
export function canSplit(node: NodeFacts, rules: SplitRules): boolean {
  return node.rows >= 2 * rules.limits.minLeafRows && node.sums.h >= 2 * leastHessian(node, rules);
}

/** The best split so far, in fixed point; written by the scans. */
interface Best {
  value: number;
  feature: number;
  bin: number;
  set: readonly number[] | undefined;
  penalty: number;
  missingLeft: boolean;
  g: number;
  h: number;
}

/** What a scan of bins sets beside what it finds. */
const noSet = { set: undefined, penalty: 0 };

interface Scan extends SetSearch {
  readonly best: Best;
}

/**
 * The best split of a node, or undefined if none gains. The gain is (Σg)² / (Σh + λ) of both sides less that
 * of the node; Chen & Guestrin, "XGBoost", KDD 2016, equation 7. Among equal gains the first wins, in the
 * order feature, missing right before missing left, bin. A node without missing values sends them, should
 * they come when scoring, to the side with the larger hessian, or to that outside the set.
 */
export function bestSplit(histogram: Histogram, node: NodeFacts, rules: SplitRules): Split | undefined {
  const { layout, limits, scales } = rules;
  const unit = scales.h / scales.g;
  const bounds = { low: node.low / unit, high: node.high / unit };
  const l2 = limits.l2 * scales.h;
  const whole = shareWithin(node.sums.g, node.sums.h + l2, bounds);
  const value = whole * (1 + minGainShare) + minGainShare;
  const best = { value, feature: -1, bin: 0, ...noSet, missingLeft: false, g: 0, h: 0 };
  const least = leastHessian(node, rules);
  const scan = { histogram, node, bounds, least, l2, hessian: scales.h, limits: rules.sets, best };
  scanFeatures(scan, rules);
  if (best.feature < 0) return undefined;
  const right = { g: node.sums.g - best.g, h: node.sums.h - best.h };
  const noneMissing = best.set === undefined && isEmpty(histogram, layout.offsets[best.feature]);
  return {
    feature: best.feature,
    bin: best.bin,
    set: best.set,
    missingLeft: noneMissing ? best.h > right.h : best.missingLeft,
    gain: ((best.value - whole) * unit) / scales.g,
    l2: limits.l2 + best.penalty,
    left: { g: best.g, h: best.h },
    right,
  };
}

/** In their order, neighbouring numbers without constraints at once. */
function scanFeatures(scan: Scan, rules: SplitRules): void {
  const { layout, wanted, monotone } = rules;
  const isPlain = (feature: number) => layout.categories[feature] === 0 && monotone === undefined;
  for (let feature = 0; feature < layout.featureCount; feature++) {
    const first = feature;
    while (feature < layout.featureCount && isPlain(feature)) feature++;
    if (feature > first) scanNumbers(scan, rules, { first, stop: feature });
    if (feature === layout.featureCount || wanted[feature] === 0) continue;
    const place = { feature, missing: layout.offsets[feature], end: layout.offsets[feature + 1] };
    if (layout.categories[feature] > 0) scanSets(scan, place);
    else scanConstrained(scan, { ...place, ...scan.bounds, direction: monotone?.[feature] ?? 0 });
  }
}

function scanSets(scan: Scan, place: Place): void {
  const found = bestSet(scan, place, scan.best.value);
  if (found !== undefined) Object.assign(scan.best, found, { feature: place.feature, bin: 0 });
}

function scanNumbers(
  { histogram, node, least, l2, best }: Scan,
  { kernels, at }: SplitRules,
  { first, stop }: { readonly first: number; readonly stop: number },
): void {
  const { g, h } = node.sums;
  const { offsets, wanted } = at;
  const { byteOffset } = histogram;
  const code = kernels.run.scanNumbers(byteOffset, offsets, wanted, first, stop, g, h, least, l2, best.value);
  if (code === 0) return;
  best.feature = code >> 9;
  best.bin = (code & 511) >> 1;
  best.set = undefined;
  best.penalty = 0;
  best.missingLeft = (code & 1) === 1;
  best.g = kernels.found[0];
  best.h = kernels.found[1];
  best.value = kernels.found[2];
}

function scanConstrained(scan: Scan, place: ConstrainedPlace): void {
  scanWithin(scan, place, false);
  if (!isEmpty(scan.histogram, place.missing)) scanWithin(scan, place, true);
}

interface ConstrainedPlace extends Place, Bounds {
  readonly direction: number;
}

/** Where values are bounded, and where the sides must be in order. */
function scanWithin(
  { histogram, node, least, l2, best }: Scan,
  place: ConstrainedPlace,
  missingLeft: boolean,
): void {
  const { missing, end, direction } = place;
  let g = missingLeft ? histogram[2 * missing] : 0;
  let h = missingLeft ? histogram[2 * missing + 1] : 0;
  for (let bin = missing + 1; bin < end; bin++) {
    g += histogram[2 * bin];
    h += histogram[2 * bin + 1];
    if (h < least) continue;
    const restG = node.sums.g - g;
    const restH = node.sums.h - h;
    if (restH < least) break;
    if (direction * (stepWithin(restG, restH + l2, place) - stepWithin(g, h + l2, place)) < 0) continue;
    const value = shareWithin(g, h + l2, place) + shareWithin(restG, restH + l2, place);
    if (value <= best.value) continue;
    Object.assign(best, { value, feature: place.feature, bin: bin - missing, ...noSet, missingLeft, g, h });
  }
}
