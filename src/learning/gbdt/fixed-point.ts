/**
 * Derivatives as fixed-point integers. A row's gradient g and hessian h become G = ⌊g·s + u⌋ and
 * H = ⌊h·t + v⌋ with powers of two s and t and a dither u, v ∈ [0, 1) that depends on (row, tree, seed), so
 * that sums are unbiased however small the derivatives are. Two consequences carry the trainer:
 *
 * 1. Sums of integers below 2⁵³ are exact in any order, so a histogram has the same bits however the rows
 *    are dealt to threads, and a sibling obtained by subtraction equals one that is built.
 * 2. G and H travel as one 64-bit integer, G·2²⁹ + H: one addition per row and feature instead of two. Up to
 *    `chunkRows` such values add up exactly (|ΣG| < 2³⁴, 0 ≤ ΣH < 2²⁹) before they must be unpacked.
 *
 * After Shi et al., "Quantized Training of Gradient Boosting Decision Trees", NeurIPS 2022; we keep many
 * more bits.
 */
export const gradientLimit = 2 ** 20 - 2;
export const hessianLimit = 2 ** 15 - 2;
export const chunkRows = 2 ** 14;
export const hessianBits = 29;

/** What the derivatives of one tree were multiplied by. */
export interface Scales {
  readonly g: number;
  readonly h: number;
}

/** The largest power of two that keeps `largest` within `limit`; 1 if all is 0. */
export function scaleFor(largest: number, limit: number): number {
  if (!(largest > 0)) return 1;
  // The bounds keep scale and scaled values inside the range of float32.
  let scale = 2 ** Math.min(100, Math.max(-100, Math.floor(Math.log2(limit / largest))));
  while (scale * largest > limit) scale /= 2;
  return scale;
}

/** A hash of seed and tree: where the dither of a tree starts. */
export function ditherOfTree(seed: number, tree: number): number {
  return mix(mix(seed) + tree);
}

/** Rows apart in the dither: the golden ratio in 32 bits, whose multiples are spread evenly (Weyl). */
export const ditherStep = 0x9e3779b1 | 0;

/** The dither of a row of the table: 16 bits for the gradient above 16 for the hessian. */
export function ditherOfRow(row: number, tree: number): number {
  return (tree + Math.imul(row, ditherStep)) | 0;
}

/** Murmur3's finaliser (Appleby): 32 bits in, 32 well-mixed bits out. */
export function mix(bits: number): number {
  let z = bits | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
}
