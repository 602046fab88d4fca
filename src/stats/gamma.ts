import { badArgument } from "./bad-argument.js";

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(a) for a > 0 (Lanczos approximation, g = 7, nine terms; relative error about 1e-15). */
export function logGamma(a: number): number {
  if (a < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * a)) - logGamma(1 - a);
  const x = a - 1;
  const t = x + 7.5;
  const sum = lanczos.reduce((total, c, k) => (k === 0 ? c : total + c / (x + k)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * Regularised upper incomplete gamma Q(a, x): the series of P below x = a + 1, Lentz's continued fraction of Q above
 * (Press et al., Numerical Recipes, 6.2). Small tails keep their relative precision.
 * @param a above 0, @param x at least 0. Throws MW1401
 */
export function upperGamma(a: number, x: number): number {
  if (!(a > 0 && x >= 0)) throw badArgument("a > 0 and x ≥ 0", `a = ${a}, x = ${x}`);
  if (x === 0) return 1;
  if (x === Infinity) return 0;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - front * lowerSeries(a, x) : front * upperFraction(a, x);
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let k = a + 1; term > sum * 1e-17; k++) {
    term *= x / k;
    sum += term;
  }
  return sum;
}

function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = Infinity;
  let d = 1 / b;
  let h = d;
  for (let k = 1; ; k++) {
    const an = -k * (k - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < 4e-16) return h;
  }
}

/** P(X > x) for chi-square with the given degrees of freedom (above 0). Throws MW1401. */
export function chiSquareSurvival(x: number, degreesOfFreedom: number): number {
  return upperGamma(degreesOfFreedom / 2, x / 2);
}
