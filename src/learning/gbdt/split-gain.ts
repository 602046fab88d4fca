import type { Histogram } from "./histogram.js";

/** ΣG and ΣH of a set of rows, in fixed-point integers. */
export interface Sums {
  readonly g: number;
  readonly h: number;
}

/** A node as the search sees it. */
export interface NodeFacts {
  readonly sums: Sums;
  readonly rows: number;
  /** What monotone constraints leave to the values in this node, before shrinkage. */
  readonly low: number;
  readonly high: number;
}

/** A feature's entries of the histogram: the missing bin's, and the one after the last. */
export interface Place {
  readonly feature: number;
  readonly missing: number;
  readonly end: number;
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Newton's step that stays within the bounds. */
export function stepWithin(g: number, curvature: number, { low, high }: Bounds): number {
  return Math.min(high, Math.max(low, -g / curvature));
}

/** Twice the loss that a leaf with the best step within the bounds takes off; without bounds g² / curvature. */
export function shareWithin(g: number, curvature: number, bounds: Bounds): number {
  if (!(curvature > 0)) return 0;
  const step = stepWithin(g, curvature, bounds);
  return step === -g / curvature ? (g * g) / curvature : -(2 * g + curvature * step) * step;
}

/** No row of the node is in the bin, as far as the sums tell. */
export function isEmpty(histogram: Histogram, bin: number): boolean {
  return histogram[2 * bin] === 0 && histogram[2 * bin + 1] === 0;
}
