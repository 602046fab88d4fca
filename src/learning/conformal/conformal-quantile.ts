import { learningErrors } from "../errors.js";

/**
 * The ⌈(n + 1)(1 − α)⌉-th smallest of n scores: a new exchangeable score is no larger with probability 1 − α or
 * more (Vovk, Gammerman, Shafer 2005). Infinite when n is too small for that, n < 1/α − 1. Throws MW0423 unless
 * 0 < α < 1.
 */
export function conformalQuantile(scores: readonly number[], alpha: number): number {
  if (!(alpha > 0 && alpha < 1)) throw badConformal("an error rate alpha between 0 and 1", String(alpha));
  // The tolerance keeps (n + 1)(1 − α) whole where only rounding says otherwise, e.g. 10 · (1 − 0.1).
  const rank = Math.max(1, Math.ceil((scores.length + 1) * (1 - alpha) - 1e-9));
  return rank > scores.length ? Infinity : Float64Array.from(scores).sort()[rank - 1];
}

/** Throws MW0420 where so few rows rule nothing out: the quantile would be infinite. */
export function requireConformalRows(rowCount: number, alpha: number): void {
  const least = Math.ceil(1 / alpha - 1 - 1e-9);
  if (rowCount >= least) return;
  throw learningErrors.error("MW0420", {
    expected: `at least ${least} held-back rows for a coverage of ${Number((1 - alpha).toPrecision(12))}`,
    found: String(rowCount),
    remedy: "Hold more rows back (holdout), widen the training period, or ask for less coverage.",
  });
}

/** The quantile of every group by itself (Mondrian), so that the promise holds in each. Survives JSON unchanged. */
export interface GroupQuantiles {
  readonly alpha: number;
  /** One group of no name where none were given. */
  readonly groups: readonly GroupQuantile[];
}

interface GroupQuantile {
  readonly name: string;
  readonly rowCount: number;
  /** Null where the group has too few rows: nothing can be ruled out. */
  readonly quantile: number | null;
}

/** @param groups per row the name of its group; default: all rows are one. Throws MW0423 */
export function groupQuantiles(
  scores: Float64Array,
  { alpha, groups }: { readonly alpha: number; readonly groups?: readonly string[] },
): GroupQuantiles {
  if (groups !== undefined && groups.length !== scores.length) {
    throw badConformal(`${scores.length} groups`, String(groups.length));
  }
  const stray = scores.findIndex((score) => !Number.isFinite(score));
  if (stray >= 0) throw badConformal("finite predictions and outcomes", `others at row ${stray}`);
  const parts = new Map<string, number[]>(groups === undefined ? [["", []]] : []);
  scores.forEach((score, row) => {
    const name = groups?.[row] ?? "";
    const part = parts.get(name);
    if (part === undefined) parts.set(name, [score]);
    else part.push(score);
  });
  const fitted = [...parts].map(([name, part]) => {
    const quantile = conformalQuantile(part, alpha);
    return Object.freeze({ name, rowCount: part.length, quantile: quantile === Infinity ? null : quantile });
  });
  return Object.freeze({ alpha, groups: Object.freeze(fitted) });
}

/** The quantile that holds for each row; infinite for groups that were not seen or are too small. */
export function quantilePerRow(
  { groups }: GroupQuantiles,
  rowCount: number,
  names?: readonly string[],
): Float64Array {
  if (names !== undefined && names.length !== rowCount) {
    throw badConformal(`${rowCount} groups`, String(names.length));
  }
  const byName = new Map(groups.map(({ name, quantile }) => [name, quantile ?? Infinity]));
  return Float64Array.from({ length: rowCount }, (_, row) => byName.get(names?.[row] ?? "") ?? Infinity);
}

export function badConformal(expected: string, found: string) {
  return learningErrors.error("MW0423", {
    expected,
    found,
    remedy: "Fit on held-out rows, with one prediction and one outcome each.",
  });
}
