import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chiSquareSurvival } from "./gamma.js";
import { differenceInterval, wilsonInterval } from "./intervals.js";
import { holm } from "./multiple-tests.js";
import { normalCdf, normalQuantile } from "./normal.js";

/** |found − expected| relative to expected. */
function relativeError(found: number, expected: number): number {
  return expected === 0 ? Math.abs(found) : Math.abs(found / expected - 1);
}

describe("chiSquareSurvival", () => {
  // scipy.stats.chi2.sf (SciPy 1.17.1)
  test.each([
    [3.841458820694124, 1, 0.04999999999999989],
    [0.5, 1, 0.47950012218695337],
    [10, 3, 0.01856613546304325],
    [16.918977604620448, 9, 0.05000000000000007],
    [40, 9, 7.598525229464264e-6],
    [150, 100, 0.0009039320423540184],
    [60, 100, 0.999481108537452],
    [1e-3, 2, 0.9995001249791693],
    [800, 49, 2.2724911139203977e-136],
    [0, 5, 1],
  ])("of %d with %d degrees of freedom", (x, df, expected) => {
    expect(relativeError(chiSquareSurvival(x, df), expected)).toBeLessThan(1e-11);
  });

  test("with 2 degrees of freedom is exp(−x/2)", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1000, noNaN: true }), (x) => {
        expect(relativeError(chiSquareSurvival(x, 2), Math.exp(-x / 2))).toBeLessThan(1e-11);
      }),
    );
  });

  test("refuses a negative statistic", () => {
    expect(() => chiSquareSurvival(-1, 3)).toThrow(/MW1401/);
  });
});

describe("normal distribution", () => {
  // scipy.stats.norm.cdf (SciPy 1.17.1)
  test.each([
    [0, 0.5],
    [0.5, 0.6914624612740131],
    [-1, 0.15865525393145707],
    [1.959963984540054, 0.975],
    [-3, 0.0013498980316300933],
    [5, 0.9999997133484281],
    [-8, 6.22096057427174e-16],
    [-20, 2.7536241186061556e-89],
  ])("cdf of %d", (x, expected) => {
    expect(relativeError(normalCdf(x), expected)).toBeLessThan(1e-12);
  });

  // scipy.stats.norm.ppf (SciPy 1.17.1)
  test.each([
    [0.5, 0],
    [0.025, -1.9599639845400545],
    [0.975, 1.959963984540054],
    [0.95, 1.6448536269514722],
    [0.9995, 3.2905267314919255],
    [1e-6, -4.753424308822899],
    [1e-12, -7.034483825301131],
    [0.3, -0.5244005127080409],
  ])("quantile of %d", (p, expected) => {
    expect(relativeError(normalQuantile(p), expected)).toBeLessThan(1e-12);
  });

  test("quantile inverts the cdf", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 0.5, noNaN: true }), (p) => {
        expect(relativeError(normalCdf(normalQuantile(p)), p)).toBeLessThan(1e-10);
      }),
    );
  });

  test.each([0, 1, NaN])("has no quantile of %d", (p) => {
    expect(() => normalQuantile(p)).toThrow(/MW1401/);
  });
});

describe("wilsonInterval", () => {
  // scipy.stats.binomtest(k, n).proportion_ci(level, "wilson") (SciPy 1.17.1)
  test.each([
    [0, 10, 0.95, 0, 0.27753279986288926],
    [10, 10, 0.95, 0.7224672001371109, 1],
    [3, 20, 0.95, 0.05236874589621662, 0.3604188647407569],
    [200, 1000, 0.95, 0.1763770904431985, 0.2259189646481346],
    [81, 263, 0.95, 0.2552885198782742, 0.36620957698280004],
    [7, 50, 0.99, 0.05614371860633749, 0.3082057874303547],
  ])("of %d in %d at %d", (successes, trials, level, low, high) => {
    const interval = wilsonInterval(successes, trials, level);
    expect(interval.low).toBeCloseTo(low, 13);
    expect(interval.high).toBeCloseTo(high, 13);
  });

  test.each([
    [1, 0, 0.95],
    [3, 2, 0.95],
    [1, 2, 1],
  ])("refuses %d in %d at %d", (successes, trials, level) => {
    expect(() => wilsonInterval(successes, trials, level)).toThrow(/MW1401/);
  });
});

describe("differenceInterval", () => {
  // statsmodels 0.15.0, confint_proportions_2indep(method="newcomb"); the first three are also in table II of
  // Newcombe 1998, Statistics in Medicine 17, method 10.
  test.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [10, 10, 0, 20, 0.6791, 1],
    [5, 1000, 120, 1000, -0.1368, -0.0952],
  ])("of shares %d/%d and %d/%d", (x, m, y, n, low, high) => {
    const share = (k: number, of: number) => ({ value: k / of, interval: wilsonInterval(k, of) });
    const { interval } = differenceInterval(share(x, m), share(y, n));
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });
});

test("differenceInterval moves an estimate outside its interval to the nearer limit", () => {
  // By hand: 0.3 counts as 0.2, so the difference from 0.1 ± 0.04 runs from 0.1 − √(0.1² + 0.04²) to 0.1 + √(0² + 0.04²).
  const corrected = { value: 0.3, interval: { low: 0.1, high: 0.2, level: 0.95 } };
  const plain = { value: 0.1, interval: { low: 0.06, high: 0.14, level: 0.95 } };
  const { value, interval } = differenceInterval(corrected, plain);
  expect(value).toBeCloseTo(0.2, 12);
  expect(interval.low).toBeCloseTo(0.1 - Math.sqrt(0.0116), 12);
  expect(interval.high).toBeCloseTo(0.14, 12);
});

describe("holm", () => {
  test("agrees with statsmodels 0.15.0 multipletests(method='holm')", () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005, 0.5, 0.03]);
    [0.05, 0.12, 0.12, 0.03, 0.5, 0.12].forEach((p, i) => expect(adjusted[i]).toBeCloseTo(p, 12));
  });

  /** Holm's procedure as he words it: step down, stop at the first that is not rejected. */
  function rejectedByDefinition(pValues: readonly number[], alpha: number): Set<number> {
    const rejected = new Set<number>();
    const order = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
    for (const [rank, i] of order.entries()) {
      if (pValues[i] * (pValues.length - rank) >= alpha) break;
      rejected.add(i);
    }
    return rejected;
  }

  test("rejects what the step-down procedure rejects", () => {
    const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
    fc.assert(
      fc.property(pValues, fc.double({ min: 0.001, max: 0.9, noNaN: true }), (values, alpha) => {
        const adjusted = holm(values);
        const rejected = new Set(adjusted.flatMap((p, i) => (p < alpha ? [i] : [])));
        expect(rejected).toEqual(rejectedByDefinition(values, alpha));
      }),
    );
  });

  test("refuses NaN", () => {
    expect(() => holm([0.1, NaN])).toThrow(/MW1401/);
  });
});
