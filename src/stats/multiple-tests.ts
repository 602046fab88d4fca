import { badArgument } from "./bad-argument.js";

interface RankedTest {
  readonly p: number;
  readonly index: number;
}

function ascending(pValues: readonly number[]): RankedTest[] {
  const bad = pValues.find((p) => !(p >= 0 && p <= 1));
  if (bad !== undefined) throw badArgument("p-values in [0, 1]", bad);
  return pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
}

/**
 * Holm's step-down adjustment (Holm 1979): rejecting where the adjusted p-value is below α keeps the chance of any
 * false rejection under α, whatever the dependence between the tests.
 * @returns adjusted p-values in the given order. Throws MW1401 for a value outside [0, 1]
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const adjusted = new Array<number>(pValues.length);
  let floor = 0;
  ascending(pValues).forEach(({ p, index }, rank) => {
    floor = Math.max(floor, Math.min(1, (pValues.length - rank) * p));
    adjusted[index] = floor;
  });
  return adjusted;
}

/**
 * Step-up adjustment of Benjamini & Hochberg (1995): rejecting where the adjusted p-value is at most α keeps the expected
 * share of false rejections among all under α, for tests that are independent or positively dependent.
 * @returns adjusted p-values in the given order. Throws MW1401 for a value outside [0, 1]
 */
export function benjaminiHochberg(pValues: readonly number[]): readonly number[] {
  const adjusted = new Array<number>(pValues.length);
  let ceiling = 1;
  const tests = ascending(pValues);
  for (let rank = tests.length; rank > 0; rank--) {
    const { p, index } = tests[rank - 1];
    ceiling = Math.min(ceiling, (p * tests.length) / rank);
    adjusted[index] = ceiling;
  }
  return adjusted;
}
