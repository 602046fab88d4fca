import { badArgument } from "./bad-argument.js";
import { logGamma } from "./gamma.js";

/**
 * P(T > t) of Student's t with the given degrees of freedom (above 0, need not be whole). Small tails keep their
 * relative precision. Throws MW1401.
 */
export function studentSurvival(t: number, degreesOfFreedom: number): number {
  if (Number.isNaN(t) || !(degreesOfFreedom > 0)) {
    throw badArgument("a number t and degrees of freedom above 0", `t = ${t}, df = ${degreesOfFreedom}`);
  }
  if (!Number.isFinite(t)) return t > 0 ? 0 : 1;
  const x = degreesOfFreedom / (degreesOfFreedom + t * t);
  const tail = incompleteBeta(degreesOfFreedom / 2, 0.5, x) / 2;
  return t >= 0 ? tail : 1 - tail;
}

/** Regularised incomplete beta I_x(a, b) by Lentz's continued fraction (Press et al., Numerical Recipes, 6.4). */
function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(a, b, x)) / a
    : 1 - (front * betaFraction(b, a, 1 - x)) / b;
}

const tiny = 1e-300;
const fractionSteps = 10_000;

function betaFraction(a: number, b: number, x: number): number {
  const kept = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m <= fractionSteps; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return h;
}

/** A sample by its first two moments. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** With n − 1 in the denominator. */
  readonly variance: number;
}

/** The moments from Σ 1, Σ x and Σ x²; at least two numbers, not far from 0 against their spread. */
export function momentsOf(count: number, sum: number, squares: number): Moments {
  const mean = sum / count;
  return { count, mean, variance: Math.max(0, (squares - sum * mean) / (count - 1)) };
}

/**
 * Welch's test (Welch 1947) that the mean of `a` is above that of `b`: the chance of so great a difference if it were
 * not. Without any spread the answer is 0, 1 or, for equal means, ½.
 * @param a, @param b at least two numbers each. Throws MW1401
 */
export function welchGreater(a: Moments, b: Moments): { readonly t: number; readonly pValue: number } {
  if (!(a.count >= 2 && b.count >= 2))
    throw badArgument("two samples of two or more", `${a.count}, ${b.count}`);
  const [va, vb] = [a.variance / a.count, b.variance / b.count];
  const difference = a.mean - b.mean;
  if (va + vb === 0) {
    const t = difference === 0 ? 0 : Math.sign(difference) * Infinity;
    return { t, pValue: difference === 0 ? 0.5 : Number(difference < 0) };
  }
  const t = difference / Math.sqrt(va + vb);
  const freedom = (va + vb) ** 2 / (va ** 2 / (a.count - 1) + vb ** 2 / (b.count - 1));
  return { t, pValue: studentSurvival(t, freedom) };
}
