/** Up to this length an array has no spare room: most sketches hold few values, and there are many sketches. */
const exactLength = 16;

/** The first position in [low, high] whose number is at least `least`; `high` when there is none. */
// eslint-disable-next-line @typescript-eslint/max-params -- the hottest path: it allocates nothing
export function lowerBound(sorted: readonly number[], least: number, low = 0, high = sorted.length): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The same from `from` on, in steps that double: cheap when the place is near, so that looking for all of m ascending
 * numbers among n takes O(m log(n / m)).
 */
export function gallop(sorted: readonly number[], least: number, from: number): number {
  let low = from;
  let high = from;
  for (let step = 1; high < sorted.length && sorted[high] < least; step *= 2) {
    low = high + 1;
    high += step;
  }
  return lowerBound(sorted, least, low, Math.min(high, sorted.length));
}

/** The numbers with one more at `at`: the same array or, while it is short, a new one without spare room. */
export function withInserted(numbers: number[], at: number, added: number): number[] {
  if (numbers.length < exactLength) return numbers.toSpliced(at, 0, added);
  numbers.push(added);
  for (let i = numbers.length - 1; i > at; i--) numbers[i] = numbers[i - 1];
  numbers[at] = added;
  return numbers;
}

/** Merges ascending numbers into an ascending array, from the end on and in place. */
export function insertAll(sorted: number[], added: readonly number[]): void {
  let from = sorted.length - 1;
  for (const number of added) sorted.push(number);
  let to = sorted.length - 1;
  for (let next = added.length - 1; next >= 0; to--) {
    if (from >= 0 && sorted[from] > added[next]) sorted[to] = sorted[from--];
    else sorted[to] = added[next--];
  }
}
