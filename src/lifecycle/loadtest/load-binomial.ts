/** P(X ≤ k) for a binomial X of n trials with probability p in (0, 1), summed term by term from the largest. */
export function binomialAtMost(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  const mode = Math.min(k, Math.floor((n + 1) * p));
  const top = Math.exp(logChoose(n, mode) + mode * Math.log(p) + (n - mode) * Math.log1p(-p));
  const odds = p / (1 - p);
  let sum = top;
  for (let i = mode, term = top; i > 0 && term > sum * 1e-17; i--) {
    term *= i / ((n - i + 1) * odds);
    sum += term;
  }
  for (let i = mode, term = top; i < k && term > sum * 1e-17; i++) {
    term *= ((n - i) * odds) / (i + 1);
    sum += term;
  }
  return Math.min(1, sum);
}

/** P(X ≥ k) of the same. */
export const binomialAtLeast = (k: number, n: number, p: number): number => binomialAtMost(n - k, n, 1 - p);

const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);

/** ln n!, from 256 on by Stirling's series, whose next term is below 1e-15 there. */
function logFactorial(n: number): number {
  if (n >= 256) {
    return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3);
  }
  let sum = 0;
  for (let i = 2; i <= n; i++) sum += Math.log(i);
  return sum;
}

/** Ranks from 1 to n of the order statistics around a quantile; null where n is too small for one. */
export interface QuantileRanks {
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * The ranks of the narrowest order statistics that lie below and above the p-quantile, each with a probability of error of
 * at most (1 − level) / 2, whatever the distribution (David & Nagaraja, Order Statistics, 7.1). The observations must be
 * independent of one another; neighbours in a queue are not, so that the truth is somewhat wider.
 */
export function quantileRanks(n: number, p: number, level = 0.95): QuantileRanks {
  const error = (1 - level) / 2;
  const low = lastWhere(n, (rank) => binomialAtMost(rank - 1, n, p) <= error);
  const high = lastWhere(n, (rank) => binomialAtLeast(n + 1 - rank, n, p) <= error);
  return { low: low === 0 ? null : low, high: high === 0 ? null : n + 1 - high };
}

/** The largest rank from 1 to n that holds, 0 for none; those that hold come first. */
function lastWhere(n: number, holds: (rank: number) => boolean): number {
  let [yes, no] = [0, n + 1];
  while (no - yes > 1) {
    const middle = (yes + no) >> 1;
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

/** Exact two-sided interval of a proportion (Clopper & Pearson 1934), to 1e-9; [0, 1] without a trial. */
export function exactInterval(
  successes: number,
  trials: number,
  level = 0.95,
): readonly [low: number, high: number] {
  const error = (1 - level) / 2;
  const low = successes === 0 ? 0 : crossing((p) => binomialAtLeast(successes, trials, p) <= error);
  const high = successes === trials ? 1 : crossing((p) => binomialAtMost(successes, trials, p) > error);
  return [low, high];
}

/** Where a condition that holds from 0 on ceases to. */
function crossing(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  while (high - low > 1e-10) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
