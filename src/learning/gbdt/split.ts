import type { BinLayout } from "./bins.js";
import { gradientScale, hessianScale } from "./fixed-point.js";
import type { Histogram } from "./histogram.js";

/** ΣG and ΣH of a set of rows, in fixed-point integers. */
export interface Sums {
  readonly g: number;
  readonly h: number;
}

/** Where to part a node's rows. */
export interface Split {
  readonly feature: number;
  /** Highest bin (1-based) that goes left. */
  readonly bin: number;
  readonly missingLeft: boolean;
  /** Loss reduction without the factor ½, in log-likelihood units. */
  readonly gain: number;
  readonly left: Sums;
  readonly right: Sums;
}

export interface SplitLimits {
  readonly minLeafHessian: number;
  readonly l2: number;
}

/** Gains up to this are noise. */
const minGain = 1e-6;

/** Newton's step for a leaf: −Σg / (Σh + λ). */
export function newtonStep(sums: Sums, l2: number): number {
  return -(sums.g / gradientScale) / (sums.h / hessianScale + l2);
}

/** From (ΣG)² / ΣH in integers to (Σg)² / Σh. */
const gainUnit = hessianScale / (gradientScale * gradientScale);

/**
 * The best split of a node, or undefined if none gains. The gain is (Σg)² / (Σh + λ) of both sides less that
 * of the node; Chen & Guestrin, "XGBoost", KDD 2016, equation 7. Among equal gains the first wins, in the
 * order feature, missing right before missing left, bin. A node without missing values sends them, should
 * they come when scoring, to the side with the larger hessian.
 */
export function bestSplit(
  histogram: Histogram,
  node: Sums,
  { layout, limits }: { readonly layout: BinLayout; readonly limits: SplitLimits },
): Split | undefined {
  const least = limits.minLeafHessian * hessianScale;
  const l2 = limits.l2 * hessianScale;
  const whole = (node.g * node.g) / (node.h + l2);
  let best = whole + minGain / gainUnit;
  let bestFeature = -1;
  let bestBin = 0;
  let bestSide = 0;
  let bestG = 0;
  let bestH = 0;
  for (let f = 0; f < layout.featureCount; f++) {
    const missing = layout.offsets[f];
    const end = layout.offsets[f + 1];
    for (let side = 0; side < (isEmpty(histogram, missing) ? 1 : 2); side++) {
      let g = side * histogram[2 * missing];
      let h = side * histogram[2 * missing + 1];
      for (let bin = missing + 1; bin < end; bin++) {
        g += histogram[2 * bin];
        h += histogram[2 * bin + 1];
        if (h < least) continue;
        const restG = node.g - g;
        const restH = node.h - h;
        if (restH < least) break;
        const value = (g * g) / (h + l2) + (restG * restG) / (restH + l2);
        if (value <= best) continue;
        best = value;
        bestFeature = f;
        bestBin = bin - missing;
        bestSide = side;
        bestG = g;
        bestH = h;
      }
    }
  }
  if (bestFeature < 0) return undefined;
  const restH = node.h - bestH;
  return {
    feature: bestFeature,
    bin: bestBin,
    missingLeft: isEmpty(histogram, layout.offsets[bestFeature]) ? bestH > restH : bestSide === 1,
    gain: (best - whole) * gainUnit,
    left: { g: bestG, h: bestH },
    right: { g: node.g - bestG, h: restH },
  };
}

function isEmpty(histogram: Histogram, bin: number): boolean {
  return histogram[2 * bin] === 0 && histogram[2 * bin + 1] === 0;
}
