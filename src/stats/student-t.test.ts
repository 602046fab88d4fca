import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { benjaminiHochberg } from "./multiple-tests.js";
import { momentsOf, studentSurvival, welchGreater } from "./student-t.js";

describe("Student's t", () => {
  // scipy.stats.t.sf, SciPy 1.17
  test.each([
    [0.5, 1, 0.35241638234956674],
    [2, 3.5, 0.06306926128795672],
    [5, 30, 1.16483427335039e-5],
    [12, 7, 3.179155189092549e-6],
    [-1.3, 200.25, 0.9024523380866443],
    [40, 1000, 5.239426077586636e-210],
  ])("P(T > %d) with %d degrees of freedom is that of SciPy", (t, freedom, expected) => {
    expect(studentSurvival(t, freedom) / expected).toBeCloseTo(1, 10);
  });

  test("is Cauchy's law with one degree of freedom: ½ − arctan(t) / π", () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (t) => {
        expect(studentSurvival(t, 1)).toBeCloseTo(0.5 - Math.atan(t) / Math.PI, 10);
      }),
    );
  });

  test("has its limits, and refuses what is no number: MW1401", () => {
    expect([studentSurvival(Infinity, 3), studentSurvival(-Infinity, 3), studentSurvival(0, 3)]).toEqual([
      0, 1, 0.5,
    ]);
    expect(() => studentSurvival(NaN, 3)).toThrow(/MW1401/);
    expect(() => studentSurvival(1, 0)).toThrow(/MW1401/);
  });
});

function moments(values: readonly number[]) {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return momentsOf(values.length, sum, squares);
}

describe("Welch's test", () => {
  test("is that of SciPy: ttest_ind(equal_var=False, alternative='greater')", () => {
    const { t, pValue } = welchGreater(moments([1, 2, 3, 4, 10]), moments([0.5, 1.5, 1, 2]));
    expect(t).toBeCloseTo(1.7041126723312636, 12);
    expect(pValue).toBeCloseTo(0.07904167365037179, 12);
  });

  test("without spread decides by the means", () => {
    const [low, high] = [moments([1, 1]), moments([2, 2])];
    expect(welchGreater(high, low).pValue).toBe(0);
    expect(welchGreater(low, high).pValue).toBe(1);
    expect(welchGreater(low, low).pValue).toBe(0.5);
    expect(() => welchGreater(moments([1]), low)).toThrow(/MW1401/);
  });
});

describe("Benjamini & Hochberg", () => {
  test("adjusts as scipy.stats.false_discovery_control does", () => {
    const adjusted = benjaminiHochberg([0.01, 0.04, 0.03, 0.5, 0.005]);
    [0.025, 0.05, 0.05, 0.5, 0.025].forEach((expected, i) => expect(adjusted[i]).toBeCloseTo(expected, 12));
  });

  test("rejects as the step-up rule does: all up to the largest p(i) ≤ α·i/m", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (pValues) => {
          const sorted = [...pValues].sort((a, b) => a - b);
          const cut = sorted.findLast((p, i) => p <= (0.1 * (i + 1)) / pValues.length) ?? -1;
          const rejected = benjaminiHochberg(pValues).map((p) => p <= 0.1);
          // Products are rounded, so values at the very bound may fall on either side.
          pValues.forEach((p, i) => {
            if (Math.abs(p - cut) > 1e-12) expect(rejected[i]).toBe(p <= cut);
          });
        },
      ),
    );
  });

  test("refuses what is no p-value: MW1401", () => {
    expect(() => benjaminiHochberg([1.5])).toThrow(/MW1401/);
  });
});
