import { compareCounts, differenceInterval, wilsonInterval, type Estimate } from "../stats/index.js";
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

/** The numbers behind an answer about missing values. */
export interface MissingEvidence {
  readonly share: number;
  readonly referenceShare: number;
  /** `share − referenceShare`, with its interval. */
  readonly effect: Estimate;
  /** Pearson's chi-square of the two shares, one degree of freedom. */
  readonly statistic: number;
  readonly convention: string;
}

/** Whether one column lacks values as often as in the reference; `n` counts all rows. */
export type MissingResult = ColumnResult<MissingEvidence>;

const convention =
  "difference of shares, interval by Newcombe's method 10; chi-square without continuity correction, Holm over columns";

/**
 * Compares the share of missing values of every column with the reference's. States by the rule of `answerTogether`
 * with the absolute difference as effect and `missingThreshold` as its bound: a falling share is a finding as well.
 * @throws MW0903 for the window of another reference
 */
export function detectMissing(
  reference: ReferenceProfile,
  window: WindowCounts,
  policy: DriftPolicy,
): readonly MissingResult[] {
  const columns = pairColumns(reference, window).map((column) => ({
    ...column,
    subject: { ...column.subject, n: window.rows, referenceN: reference.rows },
  }));
  if (window.rows === 0) return allMissing(columns);
  return answerTogether(columns, policy, (column) => compareShares(column, policy));
}

function compareShares({ subject: { n, referenceN }, before, now }: ColumnPair, policy: DriftPolicy) {
  const { chiSquare, pValue } = compareCounts(
    [before.missing, referenceN - before.missing],
    [now.missing, n - now.missing],
  );
  const share = shareOf(now.missing, n, policy.level);
  const referenceShare = shareOf(before.missing, referenceN, policy.level);
  const effect = differenceInterval(share, referenceShare);
  const evidence = {
    share: share.value,
    referenceShare: referenceShare.value,
    effect,
    statistic: chiSquare,
    convention,
  };
  return { pValue, effectRange: distanceFromZero(effect), threshold: policy.missingThreshold, evidence };
}

function shareOf(count: number, n: number, level: number): Estimate {
  return { value: count / n, interval: wilsonInterval(count, n, level) };
}

/** The interval of |d| from that of d. */
function distanceFromZero({ interval: { low, high } }: Estimate) {
  return { low: Math.max(0, low, -high), high: Math.max(-low, high) };
}
