import { compareCounts, poolRareBins, type Estimate } from "../stats/index.js";
import {
  allMissing,
  answerTogether,
  pairColumns,
  type ColumnPair,
  type ColumnResult,
} from "./column-tests.js";
import type { DriftPolicy } from "./drift-policy.js";
import type { ReferenceProfile } from "./reference-profile.js";
import type { WindowCounts } from "./window-profile.js";

/** The numbers behind an answer about a distribution. */
export interface DriftEvidence {
  /** The policy's measure of difference, with its interval. */
  readonly effect: Estimate;
  /** Pearson's chi-square of homogeneity. */
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  readonly cramersV: number;
  readonly convention: string;
}

/** Whether one column's values are distributed as in the reference. */
export type DriftResult = ColumnResult<DriftEvidence>;

const test = "chi-square of homogeneity, bins with an expected count under 5 pooled, Holm over columns";

const conventions = {
  js: `Jensen–Shannon distance, base 2; ${test}`,
  psi: `population stability index, half a count added a bin; ${test}`,
} as const;

/**
 * Compares a window with its reference: one result a feature, in the reference's order, then one for the prediction.
 * States by the rule of `answerTogether`; `missing` when the window has no row. Missing values are left out here;
 * `detectMissing` looks at them. Rows are taken as independent.
 * @throws MW0903 for the window of another reference
 */
export function detectDrift(
  reference: ReferenceProfile,
  window: WindowCounts,
  policy: DriftPolicy,
): readonly DriftResult[] {
  const columns = pairColumns(reference, window);
  if (window.rows === 0) return allMissing(columns);
  return answerTogether(columns, policy, (column) => compareValues(column, policy));
}

function compareValues({ before, now }: ColumnPair, policy: DriftPolicy) {
  const pooled = poolRareBins(before.counts, now.counts);
  const comparison = compareCounts(pooled.reference, pooled.current, policy.level);
  const effect = policy.effect === "js" ? comparison.jensenShannon : comparison.psi;
  return {
    pValue: comparison.pValue,
    effectRange: effect.interval,
    threshold: policy.threshold,
    evidence: {
      effect,
      statistic: comparison.chiSquare,
      degreesOfFreedom: comparison.degreesOfFreedom,
      cramersV: comparison.cramersV,
      convention: conventions[policy.effect],
    },
  };
}
