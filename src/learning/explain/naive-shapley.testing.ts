/** Shapley values by their definition: over all subsets of the players. */
export function naiveShapley(players: number, worth: (known: ReadonlySet<number>) => number): number[] {
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
  return Array.from({ length: players }, (_, player) => {
    let value = 0;
    for (let mask = 0; mask < 1 << players; mask++) {
      if ((mask >> player) & 1) continue;
      const known = new Set(Array.from({ length: players }, (_, i) => i).filter((i) => (mask >> i) & 1));
      const weight = (factorial(known.size) * factorial(players - known.size - 1)) / factorial(players);
      value += weight * (worth(new Set([...known, player])) - worth(known));
    }
    return value;
  });
}
