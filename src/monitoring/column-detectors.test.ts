import { describe, expect, test } from "vitest";
import { detectDrift } from "./drift-detector.js";
import { compileDriftPolicy } from "./drift-policy.js";
import { detectMissing } from "./missing-detector.js";
import { drawRows, sliceRows, type Disturbance } from "./profiled-rows.testing.js";
import { buildReferenceProfile } from "./reference-profile.js";
import { createWindowProfile } from "./window-profile.js";

const rows = drawRows(20_000, 1);
const reference = buildReferenceProfile(rows.features, rows.probability);
const policy = compileDriftPolicy();

function windowOf(count: number, seed: number, disturbance: Disturbance = {}) {
  const { features, probability } = drawRows(count, seed, disturbance);
  const window = createWindowProfile(reference);
  window.addColumns(features, probability);
  return window.counts();
}

function statesOf(results: readonly { readonly name: string; readonly state: string }[]) {
  return Object.fromEntries(results.map(({ name, state }) => [name, state]));
}

const allOk = { delay: "ok", hour: "ok", airport: "ok", prediction: "ok" };

describe("detectDrift", () => {
  test("finds nothing in the reference's own law", () => {
    const results = detectDrift(reference, windowOf(3000, 2), policy);
    expect(statesOf(results)).toEqual(allOk);
    expect(results.map((result) => result.role)).toEqual(["feature", "feature", "feature", "prediction"]);
  });

  test.each(["js", "psi"] as const)(
    "finds a moved number and new texts by %s, and nothing else",
    (effect) => {
      const window = windowOf(3000, 3, { shift: 0.4, newAirports: 0.3 });
      const results = detectDrift(reference, window, compileDriftPolicy({ effect }));
      expect(statesOf(results)).toEqual({ ...allOk, delay: "drift", airport: "drift" });
      const airport = results[2];
      // By hand: a share of 0.3 goes to a bin the reference does not have; divergence ½(log₂ (1/0.85) + 0.7 log₂
      // (0.7/0.85) + 0.3 · 1) = 0.1687 bits, distance 0.4107; 95 % noise at 3,000 rows is under 0.02.
      if (effect === "js" && "effect" in airport)
        expect(Math.abs(airport.effect.value - 0.4107)).toBeLessThan(0.02);
    },
  );

  test("sees values outside the reference's range, even of a constant column", () => {
    const constant = { name: "x", kind: "number", values: new Float32Array(2000).fill(3) } as const;
    const probability = new Float32Array(2000).fill(0.5);
    const still = buildReferenceProfile([constant], probability);
    const window = createWindowProfile(still);
    window.addColumns(
      [{ ...constant, values: constant.values.map((_, i) => (i % 2 === 0 ? 3 : 5)) }],
      probability,
    );
    expect(statesOf(detectDrift(still, window.counts(), policy))).toEqual({ x: "drift", prediction: "ok" });
  });

  test("is unresolved where the effect's interval straddles the threshold", () => {
    const window = windowOf(3000, 3, { newAirports: 0.3 });
    const airport = detectDrift(reference, window, policy)[2];
    if (!("effect" in airport)) throw new Error("an answer has an effect");
    const { low, high } = airport.effect.interval;
    const statesAt = (threshold: number) =>
      statesOf(detectDrift(reference, window, compileDriftPolicy({ threshold })));
    expect(statesAt(low - 1e-9)).toEqual({ ...allOk, airport: "drift" });
    expect(statesAt(low)).toEqual({ ...allOk, airport: "unresolved" });
    expect(statesAt(high - 1e-9)).toEqual({ ...allOk, airport: "unresolved" });
    expect(statesAt(high)).toEqual(allOk);
  });

  test("is unresolved where the effect is over the threshold but not significant", () => {
    // A share of 0.03 in a new bin: distance about √0.015 = 0.12; 90 rows against none give p of about 1e-130.
    const window = windowOf(3000, 3, { newAirports: 0.03 });
    const stateAt = (alpha: number) =>
      detectDrift(reference, window, compileDriftPolicy({ threshold: 0.05, alpha }))[2].state;
    expect(stateAt(0.01)).toBe("drift");
    expect(stateAt(1e-200)).toBe("unresolved");
  });

  test("says that a window without rows is missing and a short one insufficient", () => {
    expect(detectDrift(reference, windowOf(0, 1), policy)[0]).toEqual({
      name: "delay",
      role: "feature",
      n: 0,
      referenceN: reference.features[0].counts.reduce((sum, n) => sum + n, 0),
      state: "missing",
      reason: "The window has no row.",
    });
    const short = detectDrift(reference, windowOf(999, 2), policy);
    expect(new Set(short.map((result) => result.state))).toEqual(new Set(["insufficient"]));
    expect(short[3]).toMatchObject({ reason: "The window has 999 values, fewer than 1000." });
  });

  test("says when the reference is too short", () => {
    const { features, probability } = sliceRows(rows, 0, 50);
    const small = buildReferenceProfile(features, probability);
    const window = createWindowProfile(small);
    window.addColumns(rows.features, rows.probability);
    expect(detectDrift(small, window.counts(), policy)[3]).toMatchObject({
      state: "insufficient",
      reason: "The reference has 50 values, fewer than 1000.",
    });
  });

  test("a column whose values are all missing is insufficient here, and drift to detectMissing", () => {
    const window = windowOf(3000, 2, { missing: 1 });
    expect(statesOf(detectDrift(reference, window, policy))).toEqual({ ...allOk, delay: "insufficient" });
    expect(statesOf(detectMissing(reference, window, policy))).toEqual({ ...allOk, delay: "drift" });
  });

  test("refuses the window of another reference", () => {
    const other = createWindowProfile(buildReferenceProfile([], new Float32Array(3)));
    expect(() => detectDrift(reference, other.counts(), policy)).toThrow(/MW0903/);
    expect(() => detectMissing(reference, other.counts(), policy)).toThrow(/MW0903/);
  });

  test("keeps its stated rate of false significance on the reference's own law", () => {
    // 150 windows, family-wise α 0.2: the binomial law leaves under 1e-4 above 50. Holm is conservative, so low
    // counts are no fault; under 8 would mean that p-values are too large. No window may be called drift.
    const lenient = compileDriftPolicy({ alpha: 0.2 });
    let significant = 0;
    for (let seed = 0; seed < 150; seed++) {
      const results = detectDrift(reference, windowOf(1100, 5000 + seed), lenient);
      if (results.some((result) => "adjustedPValue" in result && result.adjustedPValue < 0.2)) significant++;
      expect(results.filter((result) => result.state === "drift")).toEqual([]);
    }
    expect(significant).toBeLessThanOrEqual(50);
    expect(significant).toBeGreaterThanOrEqual(8);
  });

  test("calls at most 2.5 % drift of windows whose effect is exactly the threshold", () => {
    // The law with a share s of new airports has divergence ½(log₂ (1/(1 − s/2)) + (1 − s) log₂ ((1 − s)/(1 − s/2)) + s);
    // at s = 0.3 the distance is 0.410733. 200 windows: the binomial law leaves under 1e-3 above 13 at 2.5 %.
    const s = 0.3;
    const bits = (Math.log2(1 / (1 - s / 2)) + (1 - s) * Math.log2((1 - s) / (1 - s / 2)) + s) / 2;
    const exact = compileDriftPolicy({ threshold: Math.sqrt(bits) });
    let drift = 0;
    for (let seed = 0; seed < 200; seed++) {
      const results = detectDrift(reference, windowOf(1100, 7000 + seed, { newAirports: s }), exact);
      if (results[2].state === "drift") drift++;
    }
    expect(drift).toBeLessThanOrEqual(13);
  });
});

describe("detectMissing", () => {
  test("is ok while the share stays", () => {
    expect(statesOf(detectMissing(reference, windowOf(3000, 2), policy))).toEqual(allOk);
  });

  test("finds a share that rose, with the difference and its interval", () => {
    const results = detectMissing(reference, windowOf(3000, 4, { missing: 0.15 }), policy);
    expect(statesOf(results)).toEqual({ ...allOk, delay: "drift" });
    const delay = results[0];
    // 0.15 − 0.02, with a standard error of √(0.15 · 0.85 / 3000 + 0.02 · 0.98 / 20000) = 0.0066.
    expect("effect" in delay && Math.abs(delay.effect.value - 0.13)).toBeLessThan(0.02);
    expect("effect" in delay && delay.effect.interval.low).toBeGreaterThan(0.05);
  });

  test("finds a share that fell", () => {
    const sparse = drawRows(5000, 6, { missing: 0.3 });
    const before = buildReferenceProfile(sparse.features, sparse.probability);
    const window = createWindowProfile(before);
    window.addColumns(rows.features, rows.probability);
    expect(statesOf(detectMissing(before, window.counts(), policy))).toEqual({ ...allOk, delay: "drift" });
  });

  test("is unresolved near the threshold, insufficient or missing without rows", () => {
    const near = detectMissing(reference, windowOf(3000, 4, { missing: 0.07 }), policy);
    expect(near[0].state).toBe("unresolved");
    expect(detectMissing(reference, windowOf(10, 4), policy)[0].state).toBe("insufficient");
    expect(detectMissing(reference, windowOf(0, 4), policy)[0].state).toBe("missing");
  });
});

describe("compileDriftPolicy", () => {
  test("has the documented defaults", () => {
    expect(compileDriftPolicy()).toEqual({
      effect: "js",
      threshold: 0.1,
      missingThreshold: 0.05,
      alpha: 0.01,
      minRows: 1000,
      level: 0.95,
    });
  });

  test("refuses an unknown key with the nearest valid one", () => {
    const given = { treshold: 0.2 } as object;
    expect(() => compileDriftPolicy(given)).toThrow(/MW0901.*"treshold".*Did you mean "threshold"\?/);
  });

  test.each([
    { effect: "kl" },
    { threshold: 0 },
    { threshold: NaN },
    { alpha: 1 },
    { minRows: 1.5 },
    { level: "0.9" },
    { missingThreshold: {} },
  ])("refuses %j", (given) => {
    expect(() => compileDriftPolicy(given as object)).toThrow(/MW0901/);
  });
});
