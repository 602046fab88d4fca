import fc from "fast-check";
import { seededRng } from "../kernel/index.js";
import { rankScores, type Ranked } from "./ranking.js";

/** Rows for tests, with at least one of each class. */
export interface ScoredRows {
  readonly scores: readonly number[];
  readonly labels: readonly number[];
}

/** Few distinct scores, so that ties are common, or many. */
export function scoredRows(maxLength = 60): fc.Arbitrary<ScoredRows> {
  const coarse = fc.integer({ min: 0, max: 8 }).map((k) => k / 8);
  const fine = fc.double({ min: 0, max: 1, noNaN: true });
  return fc
    .oneof(coarse, fine)
    .chain((first) => fc.array(Number.isInteger(first * 8) ? coarse : fine, { minLength: 2, maxLength }))
    .chain((scores) =>
      fc
        .array(fc.integer({ min: 0, max: 1 }), { minLength: scores.length, maxLength: scores.length })
        .map((labels) => ({ scores, labels })),
    )
    .filter(({ labels }) => new Set(labels).size === 2);
}

/** The ranking of rows known to be valid. */
export function ranked({ scores, labels }: ScoredRows): Ranked {
  const result = rankScores(Float64Array.from(scores), Uint8Array.from(labels));
  if (!result.ok) throw new Error(result.detail);
  return result.ranked;
}

/** Uniform probabilities p, labels 1 with chance ½ + slope·(p − ½): calibrated when the slope is 1. */
export function calibratedRows(count: number, seed: number, slope = 1): ScoredRows {
  const rng = seededRng(seed);
  const scores = Array.from({ length: count }, () => rng.next());
  return { scores, labels: scores.map((p) => (rng.next() < 0.5 + slope * (p - 0.5) ? 1 : 0)) };
}
