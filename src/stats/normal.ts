import { badArgument } from "./bad-argument.js";
import { upperGamma } from "./gamma.js";

/** P(Z ≤ x) of the standard normal, accurate to about 1e-14 relative in both tails (Φ(−x) = Q(½, x²/2)/2). */
export function normalCdf(x: number): number {
  const tail = upperGamma(0.5, (x * x) / 2) / 2;
  return x <= 0 ? tail : 1 - tail;
}

/**
 * The x with P(Z ≤ x) = p. Acklam's rational start (relative error 1.15e-9) and one step of Halley's method against
 * `normalCdf`, which brings it to full double precision.
 * @param p in (0, 1). Throws MW1401
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw badArgument("a probability between 0 and 1", p);
  if (p > 0.5) return -normalQuantile(1 - p);
  const start = p < 0.02425 ? tailStart(p) : centreStart(p);
  const error = (normalCdf(start) - p) * Math.sqrt(2 * Math.PI) * Math.exp((start * start) / 2);
  return start - error / (1 + (start * error) / 2);
}

function tailStart(p: number): number {
  const q = Math.sqrt(-2 * Math.log(p));
  return (
    polynomial(
      q,
      [
        -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734,
        4.374664141464968, 2.938163982698783,
      ],
    ) / polynomial(q, [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1])
  );
}

function centreStart(p: number): number {
  const q = p - 0.5;
  const r = q * q;
  return (
    (q *
      polynomial(
        r,
        [
          -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2,
          -3.066479806614716e1, 2.506628277459239,
        ],
      )) /
    polynomial(
      r,
      [
        -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1,
        -1.328068155288572e1, 1,
      ],
    )
  );
}

/** Horner's rule, highest power first. */
function polynomial(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((value, coefficient) => value * x + coefficient, 0);
}
