import { describe, expect, test } from "vitest";
import { seededRng, type Rng } from "../../kernel/index.js";
import { conformalQuantile } from "./conformal-quantile.js";
import { bandAround, fitIntervals, intervalsOf, type Band, type ConformalIntervals } from "./intervals.js";
import { fitSets, setsOf } from "./prediction-sets.js";

test("the quantile is the ⌈(n + 1)(1 − α)⌉-th smallest score, by hand", () => {
  const scores = [5, 1, 9, 3, 7, 2, 8, 4, 6];
  // n = 9: 10 · 0.9 = 9, the largest; 10 · 0.8 = 8; 10 · 0.75 = 7.5, so the 8th; 10 · 0.95 = 9.5 > 9.
  expect([0.1, 0.2, 0.25, 0.5].map((alpha) => conformalQuantile(scores, alpha))).toEqual([9, 8, 8, 5]);
  expect(conformalQuantile(scores, 0.05)).toBe(Infinity);
  expect(conformalQuantile([], 0.5)).toBe(Infinity);
  expect(conformalQuantile([4], 0.5)).toBe(4);
});

test("intervals by hand: residuals, normalised residuals, and a band that is too wide", () => {
  const predictions = Float64Array.of(10, 10, 10);
  const outcomes = Float64Array.of(11, 8, 10.5);
  // n = 3, α = 0.5: the 2nd smallest of 0.5, 1 and 2.
  const plain = fitIntervals(bandAround(predictions), outcomes, { alpha: 0.5 });
  expect(intervalsOf(plain, bandAround(Float64Array.of(20)))).toEqual({
    low: Float64Array.of(19),
    high: Float64Array.of(21),
  });
  // Over scales 2, 1, 1: the 2nd smallest of 0.5, 2 and 0.5.
  const scaled = fitIntervals(bandAround(predictions, Float64Array.of(2, 1, 1)), outcomes, { alpha: 0.5 });
  const { low } = intervalsOf(scaled, bandAround(Float64Array.of(20), Float64Array.of(4)));
  expect([...low]).toEqual([18]);
  const wide: Band = { lows: Float64Array.of(0, 0, 0), highs: Float64Array.of(20, 20, 20) };
  // Outcomes lie 9, 8 and 9.5 inside; the 2nd smallest score is −9, so [9, 11]; [0, 2] would turn over.
  const shrunk = fitIntervals(wide, outcomes, { alpha: 0.5 });
  const probe = { lows: Float64Array.of(0, 0), highs: Float64Array.of(20, 2) };
  expect(intervalsOf(shrunk, probe)).toEqual({ low: Float64Array.of(9, 1), high: Float64Array.of(11, 1) });
});

test("sets by hand", () => {
  const probabilities = Float32Array.of(0.5, 0.25, 0.25, 0.125, 0.125, 0.75, 0.25, 0.5, 0.25);
  const rows = { probabilities, labels: [0, 2, 0], classes: 3 };
  // lac: 0.5, 0.25, 0.75; aps: 0.5, 0.75, 0.75 (0.5, then 0.25 of class 0 before class 2). The 2nd smallest.
  const lac = fitSets("lac", rows, { alpha: 0.5 });
  const aps = fitSets("aps", rows, { alpha: 0.5 });
  expect([lac.groups[0].quantile, aps.groups[0].quantile]).toEqual([0.5, 0.75]);
  const probe = Float32Array.of(0.5, 0.25, 0.25, 0.375, 0.375, 0.25, 1, 0, 0);
  expect([...setsOf(lac, probe)]).toEqual([1, 0, 0, 0, 0, 0, 1, 0, 0]);
  expect([...setsOf(aps, probe)]).toEqual([1, 1, 0, 1, 1, 0, 1, 0, 0]);
});

const normal = (rng: Rng) => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());

/** A draw of feature and outcome with noise that grows with the feature, and what models say of it. */
function drawRows(rng: Rng, rowCount: number) {
  const x = Float64Array.from({ length: rowCount }, () => rng.next());
  const outcomes = x.map((value) => 2 * value + (0.2 + value) * normal(rng));
  const groups = Array.from(x, (value) => (value < 0.3 ? "calm" : "wild"));
  const predictions = x.map((value) => 1.7 * value + 0.1);
  const scales = x.map((value) => 0.3 + value);
  const bands = {
    absolute: bandAround(predictions),
    normalised: bandAround(predictions, scales),
    quantile: { lows: x.map((value) => value - 0.2), highs: x.map((value) => 3 * value + 0.1) },
  } satisfies Record<string, Band>;
  return { outcomes, groups, bands };
}

/**
 * One new row after each fit, so that the trials are independent: the count of hits is binomial with the exact
 * probability ⌈(n + 1)(1 − α)⌉/(n + 1), as no two scores are equal.
 */
describe.each(["absolute", "normalised", "quantile"] as const)("coverage of %s intervals", (kind) => {
  test.each([
    { alpha: 0.1, n: 50 },
    { alpha: 0.2, n: 19 },
    { alpha: 0.5, n: 7 },
  ])("is what is promised at alpha $alpha from $n rows", ({ alpha, n }) => {
    const rng = seededRng(11);
    const trials = 3_000;
    let hits = 0;
    for (let trial = 0; trial < trials; trial++) {
      const held = drawRows(rng, n);
      const fresh = drawRows(rng, 1);
      const fitted = fitIntervals(held.bands[kind], held.outcomes, { alpha });
      const { low, high } = intervalsOf(fitted, fresh.bands[kind]);
      if (low[0] <= fresh.outcomes[0] && fresh.outcomes[0] <= high[0]) hits++;
    }
    const promised = Math.ceil((n + 1) * (1 - alpha) - 1e-9) / (n + 1);
    const deviation = Math.sqrt((promised * (1 - promised)) / trials);
    expect(Math.abs(hits / trials - promised)).toBeLessThan(4 * deviation);
  });
});

test("with groups the promise holds in each, without them not", () => {
  const rng = seededRng(5);
  const held = drawRows(rng, 4_000);
  const fresh = drawRows(rng, 20_000);
  const coverage = (fitted: ConformalIntervals, groups?: readonly string[]) => {
    const { low, high } = intervalsOf(fitted, fresh.bands.absolute, groups);
    return ["calm", "wild"].map((group) => {
      const rows = fresh.groups.flatMap((name, row) => (name === group ? [row] : []));
      const hits = rows.filter((row) => low[row] <= fresh.outcomes[row] && fresh.outcomes[row] <= high[row]);
      return hits.length / rows.length;
    });
  };
  const { absolute } = held.bands;
  const [calm, wild] = coverage(fitIntervals(absolute, held.outcomes, { alpha: 0.1 }));
  expect(calm).toBeGreaterThan(0.95);
  expect(wild).toBeLessThan(0.88);
  const grouped = fitIntervals(absolute, held.outcomes, { alpha: 0.1, groups: held.groups });
  // Standard deviation from 1,200 rows fitted and 6,000 tried: √(0.09/1,200 + 0.09/6,000) = 0.0095.
  for (const share of coverage(grouped, fresh.groups)) expect(Math.abs(share - 0.9)).toBeLessThan(4 * 0.0095);
});

test.each(["lac", "aps"] as const)("coverage of %s sets is at least what is promised", (method) => {
  const rng = seededRng(3);
  const draw = (rowCount: number) => {
    const probabilities = new Float32Array(rowCount * 4);
    const labels = Array.from({ length: rowCount }, (_, row) => {
      const parts = Array.from({ length: 4 }, () => rng.next() ** 3);
      const sum = parts.reduce((a, b) => a + b, 0);
      // The model is too sure: the class is drawn from flatter probabilities than it says.
      parts.forEach((part, k) => (probabilities[row * 4 + k] = part / sum));
      return rng.below(3) === 0 ? rng.below(4) : parts.indexOf(Math.max(...parts));
    });
    return { probabilities, labels, classes: 4 };
  };
  const trials = 3_000;
  let hits = 0;
  for (let trial = 0; trial < trials; trial++) {
    const fitted = fitSets(method, draw(40), { alpha: 0.2 });
    const { probabilities, labels } = draw(1);
    hits += setsOf(fitted, probabilities)[labels[0]];
  }
  const promised = Math.ceil(41 * 0.8) / 41;
  const deviation = Math.sqrt((promised * (1 - promised)) / trials);
  expect(hits / trials).toBeGreaterThan(promised - 4 * deviation);
  // Scores are all different, so lac covers no more either; aps adds the most probable class.
  if (method === "lac") expect(hits / trials).toBeLessThan(promised + 4 * deviation);
});

test("a group of too few rows, or one never seen, rules nothing out", () => {
  const outcomes = Float64Array.of(1, 2, 3, 4, 5);
  const groups = ["a", "a", "a", "a", "b"];
  const band = bandAround(new Float64Array(5));
  const fitted = fitIntervals(band, outcomes, { alpha: 0.25, groups });
  expect(fitted.groups).toEqual([
    { name: "a", rowCount: 4, quantile: 4 },
    { name: "b", rowCount: 1, quantile: null },
  ]);
  const restored = JSON.parse(JSON.stringify(fitted)) as ConformalIntervals;
  const { high } = intervalsOf(restored, bandAround(Float64Array.of(0, 0, 0)), ["a", "b", "constructor"]);
  expect([...high]).toEqual([4, Infinity, Infinity]);
  const rows = { probabilities: Float32Array.of(0.9, 0.1), labels: [0], classes: 2 };
  expect([...setsOf(fitSets("lac", rows, { alpha: 0.1 }), rows.probabilities)]).toEqual([1, 1]);
});

describe("bad input is a coded error", () => {
  const values = Float64Array.of(1, 2);
  const fit = (band: Band, outcomes: Float64Array, alpha = 0.1, groups?: readonly string[]) =>
    fitIntervals(band, outcomes, groups === undefined ? { alpha } : { alpha, groups });
  const sets = (probabilities: readonly number[], labels: readonly number[], classes = 2) =>
    fitSets("aps", { probabilities: Float32Array.from(probabilities), labels, classes }, { alpha: 0.1 });
  test.each<readonly [string, () => unknown]>([
    ["alpha 0", () => fit(bandAround(values), values, 0)],
    ["alpha 1", () => fit(bandAround(values), values, 1)],
    ["alpha NaN", () => fit(bandAround(values), values, NaN)],
    ["an infinite outcome", () => fit(bandAround(values), Float64Array.of(1, Infinity))],
    ["a missing prediction", () => fit(bandAround(Float64Array.of(NaN, 1)), values)],
    ["too few predictions", () => fit(bandAround(Float64Array.of(1)), values)],
    ["too few groups", () => fit(bandAround(values), values, 0.1, ["a"])],
    ["a band upside down", () => fit({ lows: values, highs: Float64Array.of(0, 3) }, values)],
    ["a scale of 0", () => fit(bandAround(values, Float64Array.of(0, 1)), values)],
    [
      "too few groups to answer",
      () => intervalsOf(fit(bandAround(values), values), bandAround(values), ["a"]),
    ],
    ["a label too high", () => sets([0.5, 0.5], [2])],
    ["a probability above 1", () => sets([1.5, 0.5], [0])],
    ["too few labels", () => sets([0.5, 0.5, 0.5, 0.5], [0])],
    ["one class", () => sets([1], [0], 1)],
  ])("%s", (_, call) => {
    expect(call).toThrow("MW0423");
  });
});
