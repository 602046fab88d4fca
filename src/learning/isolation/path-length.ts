const eulerGamma = 0.5772156649015329;

/**
 * Mean number of decisions that part one of `rows` rows from the others in a random tree: 2·H(n − 1) − 2(n − 1)/n,
 * with the paper's H(i) ≈ ln i + γ; 1 for two rows, 0 for one (Liu, Ting, Zhou 2008, equation 1).
 */
export function averagePathLength(rows: number): number {
  if (rows <= 1) return 0;
  if (rows === 2) return 1;
  return 2 * (Math.log(rows - 1) + eulerGamma) - (2 * (rows - 1)) / rows;
}
