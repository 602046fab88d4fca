/**
 * The s that minimises ½·l2·Σ(w − s)² + l1·Σ|w − s|. Softmax does not see a shift common to all classes, so the
 * penalty alone decides on it; left to steps class by class it would settle slowly.
 */
export function bestShift(
  weights: readonly number[],
  { l1, l2 }: { readonly l1: number; readonly l2: number },
): number {
  const count = weights.length;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const sorted = [...weights].sort((a, b) => a - b);
  for (let below = 0; below < count; below++) {
    const free = (sum + (l1 / l2) * (count - 2 * below)) / count;
    if (free <= sorted[below]) return below === 0 ? free : Math.max(free, sorted[below - 1]);
  }
  return Math.max((sum - (l1 / l2) * count) / count, sorted[count - 1]);
}
