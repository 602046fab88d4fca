import { badArgument } from "./bad-argument.js";
import { chiSquareSurvival } from "./gamma.js";
import { criticalValue, type Estimate } from "./intervals.js";

/** How two samples of counts over the same bins differ. */
export interface CountComparison {
  readonly referenceTotal: number;
  readonly currentTotal: number;
  /** Jensen–Shannon distance, base 2, 0 (equal) to 1 (disjoint): the square root of the divergence (Lin 1991). */
  readonly jensenShannon: Estimate;
  /** Population stability index Σ (q − p) ln(q / p), with half a count added to every bin of both samples. */
  readonly psi: Estimate;
  /** Pearson's chi-square of homogeneity, without continuity correction. */
  readonly chiSquare: number;
  /** Bins that are not empty in both samples, less one; 0 when one bin holds everything. */
  readonly degreesOfFreedom: number;
  /** Chance of a chi-square as large when both samples have one distribution; 1 with 0 degrees of freedom. */
  readonly pValue: number;
  /** √(chiSquare / total), 0..1. */
  readonly cramersV: number;
}

/**
 * Compares two vectors of counts over the same bins. Bins empty in both are left out.
 *
 * The intervals are approximate: delta method around the estimate, less its bias under equality, with the noise that
 * remains when both are equal added to the variance (the moments of a non-central chi-square). So an interval lies
 * below a plug-in value that is mostly noise.
 * @throws MW1401 for unequal lengths, negative counts or an empty sample
 */
export function compareCounts(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  level = 0.95,
): CountComparison {
  const { a, b } = occupiedBins(reference, current);
  const aTotal = a.reduce((sum, n) => sum + n, 0);
  const bTotal = b.reduce((sum, n) => sum + n, 0);
  if (!(aTotal > 0 && bTotal > 0))
    throw badArgument("counts in both samples", `totals ${aTotal} and ${bTotal}`);
  const degreesOfFreedom = a.length - 1;
  const chiSquare = pearson(a, b, { aTotal, bTotal });
  const samples = { aTotal, bTotal, degreesOfFreedom, z: criticalValue(level), level };
  return Object.freeze({
    referenceTotal: aTotal,
    currentTotal: bTotal,
    jensenShannon: jensenShannon(a, b, samples),
    psi: stabilityIndex(a, b, samples),
    chiSquare,
    degreesOfFreedom,
    pValue: degreesOfFreedom === 0 ? 1 : chiSquareSurvival(chiSquare, degreesOfFreedom),
    cramersV: Math.sqrt(chiSquare / (aTotal + bTotal)),
  });
}

function occupiedBins(reference: ArrayLike<number>, current: ArrayLike<number>) {
  if (reference.length !== current.length) {
    throw badArgument("as many current as reference bins", `${reference.length} and ${current.length}`);
  }
  const a: number[] = [];
  const b: number[] = [];
  for (let i = 0; i < reference.length; i++) {
    if (!(reference[i] >= 0 && current[i] >= 0)) {
      throw badArgument("counts of at least 0", `${reference[i]} and ${current[i]}`);
    }
    if (reference[i] + current[i] === 0) continue;
    a.push(reference[i]);
    b.push(current[i]);
  }
  return { a, b };
}

interface Totals {
  readonly aTotal: number;
  readonly bTotal: number;
}

function pearson(a: readonly number[], b: readonly number[], { aTotal, bTotal }: Totals): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] * bTotal - b[i] * aTotal) ** 2 / (a[i] + b[i]);
  return sum / (aTotal * bTotal);
}

interface Samples extends Totals {
  readonly degreesOfFreedom: number;
  /** Critical value of `level`. */
  readonly z: number;
  readonly level: number;
}

function jensenShannon(a: readonly number[], b: readonly number[], samples: Samples): Estimate {
  const divergence = new DivergenceSum();
  for (let i = 0; i < a.length; i++) {
    const p = a[i] / samples.aTotal;
    const q = b[i] / samples.bTotal;
    // A bin empty on one side has slope −∞ there but weight 0: the product's limit is 0.
    const pSlope = p === 0 ? 0 : Math.log2((2 * p) / (p + q)) / 2;
    const qSlope = q === 0 ? 0 : Math.log2((2 * q) / (p + q)) / 2;
    divergence.add(p * pSlope + q * qSlope, [p, pSlope], [q, qSlope]);
  }
  const { value, low, high } = divergence.estimate(samples, 1 / (8 * Math.LN2));
  const distance = (d: number) => Math.sqrt(Math.min(1, Math.max(0, d)));
  return {
    value: distance(value),
    interval: { low: distance(low), high: distance(high), level: samples.level },
  };
}

function stabilityIndex(a: readonly number[], b: readonly number[], samples: Samples): Estimate {
  const divergence = new DivergenceSum();
  for (let i = 0; i < a.length; i++) {
    const p = (a[i] + 0.5) / (samples.aTotal + a.length / 2);
    const q = (b[i] + 0.5) / (samples.bTotal + b.length / 2);
    const ratio = Math.log(q / p);
    divergence.add((q - p) * ratio, [p, 1 - q / p - ratio], [q, 1 - p / q + ratio]);
  }
  const { value, low, high } = divergence.estimate(samples, 1);
  return { value, interval: { low: Math.max(0, low), high: Math.max(0, high), level: samples.level } };
}

/** A divergence Σ f(pᵢ, qᵢ) with the first two moments of its slopes, for the delta method. */
class DivergenceSum {
  #value = 0;
  readonly #moments = { p: [0, 0], q: [0, 0] };

  add(term: number, [p, pSlope]: readonly [number, number], [q, qSlope]: readonly [number, number]): void {
    this.#value += term;
    this.#moments.p[0] += p * pSlope;
    this.#moments.p[1] += p * pSlope * pSlope;
    this.#moments.q[0] += q * qSlope;
    this.#moments.q[1] += q * qSlope * qSlope;
  }

  /** @param curvature the divergence of near-equal samples per unit of Σ (p − q)² / mean, e.g. 1 for PSI */
  estimate({ aTotal, bTotal, degreesOfFreedom, z }: Samples, curvature: number) {
    const variance = ([mean, square]: readonly number[]) => Math.max(0, square - mean * mean);
    const delta = variance(this.#moments.p) / aTotal + variance(this.#moments.q) / bTotal;
    const unit = curvature * (1 / aTotal + 1 / bTotal);
    const centre = Math.max(0, this.#value - degreesOfFreedom * unit);
    const half = z * Math.sqrt(delta + 2 * degreesOfFreedom * unit * unit);
    return { value: Math.max(0, this.#value), low: centre - half, high: centre + half };
  }
}

/**
 * Joins bins whose expected count in the smaller sample is under `minExpected` (default 5, Cochran 1954) into one, and
 * that one with the next smallest if it still is, so that the chi-square law holds. Which bins join depends on the
 * pooled counts alone, which keeps the test's level. Bins empty in both are dropped.
 */
export function poolRareBins(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  minExpected = 5,
): { readonly reference: readonly number[]; readonly current: readonly number[] } {
  const { a, b } = occupiedBins(reference, current);
  const aTotal = a.reduce((sum, n) => sum + n, 0);
  const bTotal = b.reduce((sum, n) => sum + n, 0);
  const needed = (minExpected * (aTotal + bTotal)) / Math.min(aTotal, bTotal);
  const bins = a.map((n, i) => [n, b[i]] as const).sort((x, y) => x[0] + x[1] - (y[0] + y[1]));
  const rare = [0, 0];
  let from = 0;
  while (from < bins.length && (bins[from][0] + bins[from][1] < needed || isRare(rare, needed))) {
    rare[0] += bins[from][0];
    rare[1] += bins[from++][1];
  }
  const pooled = rare[0] + rare[1] > 0 ? [rare, ...bins.slice(from)] : bins.slice(from);
  return { reference: pooled.map((bin) => bin[0]), current: pooled.map((bin) => bin[1]) };
}

function isRare([a, b]: readonly number[], needed: number): boolean {
  return a + b > 0 && a + b < needed;
}
