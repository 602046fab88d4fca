import { badArgument } from "./bad-argument.js";

/**
 * Holm's step-down adjustment (Holm 1979): rejecting where the adjusted p-value is below α keeps the chance of any
 * false rejection under α, whatever the dependence between the tests.
 * @returns adjusted p-values in the given order. Throws MW1401 for a value outside [0, 1]
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const bad = pValues.find((p) => !(p >= 0 && p <= 1));
  if (bad !== undefined) throw badArgument("p-values in [0, 1]", bad);
  const ascending = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(pValues.length);
  let floor = 0;
  ascending.forEach(({ p, index }, rank) => {
    floor = Math.max(floor, Math.min(1, (pValues.length - rank) * p));
    adjusted[index] = floor;
  });
  return adjusted;
}
