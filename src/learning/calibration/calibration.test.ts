import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calibrate, type Calibration } from "./calibration.js";
import { fitIsotonic } from "./isotonic.js";
import { fitPlatt } from "./platt.js";
import type { CalibrationRows } from "./rows.js";
import { fitTemperature } from "./temperature.js";

const forty = [...Array(40).keys()];
const probabilities = Float32Array.from(forty, (i) => (((i * 17) % 40) + 0.5) / 40.5);
const labels = Uint8Array.from(forty, (i) => (((i * 29) % 37) / 37 < probabilities[i] ** 2 ? 1 : 0));
const weights = Float32Array.from(forty, (i) => 1 + (i % 3));

/** From scipy 1.17.1: minimize(method="BFGS", gtol=1e-12) of Platt's loss; scikit-learn's _SigmoidCalibration agrees. */
test.each([
  { given: { probabilities, labels }, slope: 0.6193703409276817, intercept: -0.5883615783662153 },
  { given: { probabilities, labels, weights }, slope: 0.770236519747975, intercept: -0.8123411926853935 },
])("Platt's slope $slope", ({ given, slope, intercept }) => {
  const fitted = fitPlatt(given);
  expect(fitted.slope).toBeCloseTo(slope, 6);
  expect(fitted.intercept).toBeCloseTo(intercept, 6);
  const [half] = calibrate(fitted, Float32Array.of(0.5));
  expect(half).toBeCloseTo(1 / (1 + Math.exp(-intercept)), 6);
});

test("Platt's targets keep perfectly parted classes away from 0 and 1", () => {
  const parted = { probabilities: Float32Array.of(0.1, 0.2, 0.8, 0.9), labels: Uint8Array.of(0, 0, 1, 1) };
  // Two of each class aim at 1/4 and 3/4.
  const [low, , , high] = calibrate(fitPlatt(parted), parted.probabilities);
  expect(low).toBeGreaterThan(0.15);
  expect(high).toBeLessThan(0.85);
  const same = { ...parted, probabilities: new Float32Array(4).fill(0.3) };
  for (const p of calibrate(fitPlatt(same), same.probabilities)) expect(p).toBeCloseTo(0.5, 5);
});

/** Platt's targets for the rows' weights of negatives and of positives. */
function plattTargets({ labels: given, weights: counts }: CalibrationRows): { least: number; most: number } {
  const total = (label: number) =>
    [...given].reduce((sum, own, row) => sum + (own === label ? (counts?.[row] ?? 1) : 0), 0);
  return { least: 1 / (total(0) + 2), most: (total(1) + 1) / (total(1) + 2) };
}

/**
 * From scikit-learn 1.9.1: IsotonicRegression(out_of_bounds="clip").fit(p, y, sample_weight); its y_min and y_max are
 * Platt's targets, which only the 1 at the end exceeds.
 */
const probes = Float32Array.of(0, 0.05, 0.1, 0.3, 0.4, 0.5, 0.55, 0.6, 0.7, 0.75, 0.8, 0.9, 1);
test.each([
  {
    given: { probabilities, labels },
    expected: [
      0.0526316, 0.0526316, 0.0526316, 0.0526316, 0.0526316, 0.4, 0.4, 0.4800001, 0.7704544, 0.8181818,
      0.8181818, 0.8181818, 1,
    ],
  },
  {
    given: { probabilities, labels, weights },
    expected: [
      0.027027, 0.027027, 0.027027, 0.027027, 0.027027, 0.25, 0.4615385, 0.4615385, 0.734448, 0.7826087,
      0.7826087, 0.7826087, 1,
    ],
  },
])("isotonic values are scikit-learn's", ({ given, expected }) => {
  const { least, most } = plattTargets(given);
  const values = calibrate(fitIsotonic(given), probes);
  // The line to the last knot ends at the bound, so what lies on it is left to the other values.
  expected.slice(0, -2).forEach((value, i) => expect(values[i]).toBeCloseTo(Math.max(least, value), 5));
  expect(values.at(-1)).toBeCloseTo(most, 6);
});

test("isotonic values of parted classes are Platt's targets, so that no row costs infinitely much", () => {
  const parted = { probabilities: Float32Array.of(0.1, 0.2, 0.8, 0.9), labels: Uint8Array.of(0, 0, 1, 1) };
  // Two of each class: 1 / (2 + 2) and (2 + 1) / (2 + 2).
  expect([...calibrate(fitIsotonic(parted), parted.probabilities)]).toEqual([0.25, 0.25, 0.75, 0.75]);
});

/** max over a ≤ i of min over b ≥ i of the weighted mean of a..b, over the sorted distinct inputs. */
function minMax(rows: CalibrationRows): ReadonlyMap<number, number> {
  const inputs = [...new Set(rows.probabilities)].sort((a, b) => a - b);
  const mean = (from: number, to: number) => {
    let sum = 0;
    let weight = 0;
    rows.probabilities.forEach((p, row) => {
      if (p < inputs[from] || p > inputs[to]) return;
      weight += rows.weights?.[row] ?? 1;
      sum += (rows.weights?.[row] ?? 1) * rows.labels[row];
    });
    return sum / weight;
  };
  const values = inputs.map((_, i) => {
    const least = (a: number) => Math.min(...inputs.slice(i).map((_, j) => mean(a, i + j)));
    return Math.max(...inputs.slice(0, i + 1).map((_, a) => least(a)));
  });
  return new Map(inputs.map((input, i) => [input, values[i]]));
}

test("pooling adjacent violators gives the min-max formula, and never falls between the rows", () => {
  const row = fc.record({
    p: fc.oneof(
      fc.integer({ min: 0, max: 8 }).map((n) => n / 8),
      fc.float({ min: 0, max: 1, noNaN: true }),
    ),
    label: fc.nat(1),
    weight: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 2, maxLength: 14 }), (rows) => {
      fc.pre(new Set(rows.map(({ label }) => label)).size === 2);
      const given = {
        probabilities: Float32Array.from(rows, ({ p }) => p),
        labels: Uint8Array.from(rows, ({ label }) => label),
        weights: Float32Array.from(rows, ({ weight }) => weight),
      };
      const fitted = fitIsotonic(given);
      const expected = minMax(given);
      const { least, most } = plattTargets(given);
      const within = (value: number) => Math.max(least, Math.min(most, value));
      calibrate(fitted, given.probabilities).forEach((value, i) =>
        expect(value).toBeCloseTo(within(expected.get(given.probabilities[i]) ?? NaN), 5),
      );
      const grid = Float32Array.from({ length: 201 }, (_, i) => i / 200).sort();
      const values = calibrate(fitted, grid);
      for (let i = 1; i < values.length; i++) expect(values[i]).toBeGreaterThanOrEqual(values[i - 1]);
    }),
    { numRuns: 300 },
  );
});

/** The same made-up rows as in Python: scores sin and cos, labels mostly the largest. */
const scores = forty.map((i) => [Math.sin(i * 1.1) * 3, Math.cos(i * 0.7) * 3, Math.sin(i * 2.3) * 2]);
const softmax = (row: readonly number[]) => {
  const parts = row.map(Math.exp);
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
};
const threeClasses: CalibrationRows = {
  probabilities: Float32Array.from(scores.flatMap(softmax)),
  labels: Uint16Array.from(forty, (i) =>
    (i * 13) % 11 < 6 ? scores[i].indexOf(Math.max(...scores[i])) : i % 3,
  ),
};

test("the temperature is scipy's", () => {
  // scipy 1.17.1: brentq of the derivative of the log loss by the power, xtol=1e-15.
  const fitted = fitTemperature(threeClasses, 3);
  expect(fitted.temperature).toBeCloseTo(2.2924086394681553, 9);
  const out = calibrate(fitted, threeClasses.probabilities);
  const expected = scores.flatMap((row) => softmax(row.map((score) => score / fitted.temperature)));
  out.forEach((p, i) => expect(p).toBeCloseTo(expected[i], 5));
});

test("rows that are all right end at a low temperature, and still in probabilities", () => {
  const rows = { probabilities: Float32Array.of(0.7, 0.2, 0.1, 0, 0.5, 0.5), labels: Uint8Array.of(0, 1) };
  const sure = fitTemperature({ ...rows, probabilities: Float32Array.of(0.7, 0.2, 0.1, 0, 1, 0) }, 3);
  expect(sure.temperature).toBeLessThan(0.03);
  expect(sure.temperature).toBeGreaterThanOrEqual(0.01);
  const out = calibrate(sure, rows.probabilities);
  expect([out[0], out[4], out[5]]).toEqual([1, 0.5, 0.5]);
});

describe("bad rows are coded errors", () => {
  const good = { probabilities: Float32Array.of(0.2, 0.8), labels: Uint8Array.of(0, 1) };
  test.each<readonly [string, Partial<CalibrationRows>]>([
    ["not a number", { probabilities: Float32Array.of(NaN, 0.5) }],
    ["above 1", { probabilities: Float32Array.of(1.5, 0.5) }],
    ["infinite", { probabilities: Float32Array.of(Infinity, 0.5) }],
    ["one class", { labels: Uint8Array.of(1, 1) }],
    ["a third class", { labels: Uint8Array.of(0, 2) }],
    ["one row too few", { labels: Uint8Array.of(0) }],
    ["no rows", { labels: new Uint8Array(0), probabilities: new Float32Array(0) }],
    ["a weight of 0", { weights: Float32Array.of(0, 1) }],
    ["a weight missing", { weights: Float32Array.of(1) }],
  ])("%s", (_, change) => {
    for (const fit of [fitPlatt, fitIsotonic]) expect(() => fit({ ...good, ...change })).toThrow("MW0421");
  });

  test("a temperature of one class", () => {
    expect(() => fitTemperature(good, 1)).toThrow("MW0421");
  });
});

test("every calibration answers with probabilities at the ends and for numbers next to them", () => {
  const edges = Float32Array.of(0, 1e-45, 1e-10, 2 ** -24, 0.5, 1 - 2 ** -24, 1);
  const all: readonly Calibration[] = [
    fitPlatt({ probabilities, labels }),
    { kind: "platt", slope: 50, intercept: -900 },
    { kind: "platt", slope: -50, intercept: 900 },
    fitIsotonic({ probabilities, labels }),
    { kind: "temperature", temperature: 0.01, classes: 1 },
  ];
  for (const calibration of all) {
    for (const p of calibrate(calibration, edges)) expect(p >= 0 && p <= 1).toBe(true);
  }
});
