import { ascendingOrder } from "./radix-sort.js";

/**
 * Scored rows in canonical order: by score, and negatives before positives within equal scores. It is a function
 * of the multiset of rows, so everything computed from it is the same to the last bit however rows were shuffled.
 */
export interface Ranked {
  /** Rows; at least one of each class. */
  readonly count: number;
  readonly positives: number;
  /** Ascending. */
  readonly scores: Float64Array;
  /** 0 or 1, aligned with `scores`. */
  readonly labels: Uint8Array;
  /** The caller's row number of each ranked row. */
  readonly order: Uint32Array;
  /** Whether all scores lie in [0, 1], as log loss, Brier score and calibration require. */
  readonly areProbabilities: boolean;
}

export type RankProblem =
  "no-rows" | "length-mismatch" | "score-not-finite" | "label-not-binary" | "one-class";

export type RankResult =
  | { readonly ok: true; readonly ranked: Ranked }
  | { readonly ok: false; readonly problem: RankProblem; readonly detail: string };

/**
 * Sorts scores with their labels once, for every metric, curve and bootstrap.
 * @param scores finite numbers, one a row
 * @param labels 0 (negative) or 1 (positive), one a row
 * @returns the ranking, or the first problem found; never a ranking on which a metric is undefined
 */
export function rankScores(scores: Float32Array | Float64Array, labels: Uint8Array): RankResult {
  const count = scores.length;
  if (labels.length !== count) return refuse("length-mismatch", `${count} scores, ${labels.length} labels`);
  if (count === 0) return refuse("no-rows", "there is no row to rank");
  const wide = Float64Array.from(scores);
  const badScore = wide.findIndex((score) => !Number.isFinite(score));
  if (badScore >= 0) return refuse("score-not-finite", `row ${badScore} has score ${wide[badScore]}`);
  const badLabel = labels.findIndex((label) => label > 1);
  if (badLabel >= 0) return refuse("label-not-binary", `row ${badLabel} has label ${labels[badLabel]}`);
  const positives = labels.reduce((total, label) => total + label, 0);
  if (positives === 0 || positives === count) {
    return refuse("one-class", `${positives} of ${count} rows are positive`);
  }
  const order = ascendingOrder(wide, negativesFirst(labels, count - positives));
  const sorted = new Float64Array(count);
  const sortedLabels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    sorted[i] = wide[order[i]];
    sortedLabels[i] = labels[order[i]];
  }
  const areProbabilities = sorted[0] >= 0 && sorted[count - 1] <= 1;
  const ranked = { count, positives, scores: sorted, labels: sortedLabels, order, areProbabilities };
  return { ok: true, ranked: Object.freeze(ranked) };
}

/** Row numbers, negatives before positives: the arrangement that a stable sort keeps within equal scores. */
function negativesFirst(labels: Uint8Array, negatives: number): Uint32Array<ArrayBuffer> {
  const rows = new Uint32Array(labels.length);
  let negative = 0;
  let positive = negatives;
  for (let row = 0; row < labels.length; row++) rows[labels[row] === 1 ? positive++ : negative++] = row;
  return rows;
}

function refuse(problem: RankProblem, detail: string): RankResult {
  return { ok: false, problem, detail };
}
