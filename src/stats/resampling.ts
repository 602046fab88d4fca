import type { Rng } from "../kernel/index.js";
import { badArgument } from "./bad-argument.js";
import type { Ranked } from "./ranking.js";

/** Fills how often each ranked row occurs in the next bootstrap replicate. */
export type Resampler = (weights: Uint16Array) => void;

/**
 * Of 65,536 equally likely values, how many stand for weight 0, 1, 2 … 8: Poisson(1) rounded to 16 bits, with the
 * rounding chosen so that mean and variance are exactly 1.
 */
export const poissonCounts = [24107, 24113, 12055, 4017, 1004, 201, 33, 5, 1] as const;

const poissonTable = Uint8Array.from(
  poissonCounts.flatMap((count, weight) => new Array<number>(count).fill(weight)),
);

/**
 * Resamples rows independently: each has a Poisson(1) weight, the limit of drawing n of n rows with replacement
 * (Chamandy et al. 2012, "Estimating uncertainty for massive data streams"). Two weights per 32 random bits.
 */
export function poissonResampler(rng: Rng): Resampler {
  return (weights) => {
    for (let i = 0; i < weights.length; i += 2) {
      const bits = rng.below(0x100000000);
      weights[i] = poissonTable[bits & 0xffff];
      if (i + 1 < weights.length) weights[i + 1] = poissonTable[bits >>> 16];
    }
  };
}

/** Resamples whole clusters: G draws with replacement from G clusters; rows share their cluster's multiplicity. */
export function clusterResampler(clusters: Clusters, rng: Rng): Resampler {
  const multiplicity = new Uint16Array(clusters.count);
  return (weights) => {
    multiplicity.fill(0);
    for (let draw = 0; draw < clusters.count; draw++) multiplicity[rng.below(clusters.count)]++;
    for (let i = 0; i < weights.length; i++) weights[i] = multiplicity[clusters.ofRankedRow[i]];
  };
}

/** Cluster numbers 0..count−1 of the ranked rows, in the order of the caller's group ids. */
export interface Clusters {
  readonly count: number;
  readonly ofRankedRow: Int32Array;
}

/** Numbers the caller's groups. Throws MW1401 for a wrong length or fewer than two groups. */
export function clustersOf(ranked: Ranked, groups: Int32Array): Clusters {
  if (groups.length !== ranked.count) throw badArgument(`${ranked.count} group ids`, groups.length);
  const ids = [...new Set(groups)].sort((a, b) => a - b);
  if (ids.length < 2) throw badArgument("at least two groups to resample", ids.length);
  const numbers = new Map(ids.map((id, number) => [id, number]));
  const ofRow = groups.map((id) => numbers.get(id) as number);
  const ofRankedRow = new Int32Array(ranked.count);
  for (let i = 0; i < ranked.count; i++) ofRankedRow[i] = ofRow[ranked.order[i]];
  return { count: ids.length, ofRankedRow };
}
