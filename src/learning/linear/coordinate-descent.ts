/** ½·dᵀHd + gᵀd + l1·Σ|w + d|, the last over all but the last coordinate (the intercept). */
export interface PenalisedQuadratic {
  /** Symmetric, row-major; only the lower triangle is read. Positive diagonal. */
  readonly hessian: Float64Array;
  readonly gradient: Float64Array;
  readonly weights: Float64Array;
  readonly l1: number;
}

const maxSweeps = 10_000;

/**
 * The d that minimises the quadratic: cyclic coordinate descent with soft thresholds (Friedman, Hastie,
 * Tibshirani 2010), until no coordinate's step lowers the value by more than `tolerance`. O(n²) a sweep.
 */
export function descend(problem: PenalisedQuadratic, tolerance: number): Float64Array {
  const { gradient, weights, l1 } = problem;
  const n = gradient.length;
  const hessian = mirrored(problem.hessian, n);
  const step = new Float64Array(n);
  const slope = Float64Array.from(gradient);
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let largest = 0;
    for (let j = 0; j < n; j++) {
      const curvature = hessian[j * n + j];
      const at = weights[j] + step[j];
      const free = at - slope[j] / curvature;
      const next = j === n - 1 ? free : softThreshold(free, l1 / curvature);
      const change = next - at;
      if (change === 0) continue;
      step[j] = next - weights[j];
      for (let i = 0; i < n; i++) slope[i] += change * hessian[j * n + i];
      largest = Math.max(largest, (curvature * change * change) / 2);
    }
    if (largest <= tolerance) break;
  }
  return step;
}

function softThreshold(value: number, by: number): number {
  return Math.abs(value) <= by ? 0 : value - Math.sign(value) * by;
}

function mirrored(lower: Float64Array, n: number): Float64Array {
  const full = Float64Array.from(lower);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) full[j * n + i] = full[i * n + j];
  }
  return full;
}
