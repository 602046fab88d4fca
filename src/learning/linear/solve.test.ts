import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRng } from "../../kernel/index.js";
import { bestShift } from "./common-shift.js";
import { solvePositiveDefinite } from "./cholesky.js";
import { proximalGradient, worstViolation } from "./proximal-gradient.testing.js";
import type { LinearProblem } from "./problem.js";
import { solveLinear } from "./solve.js";

const kinds = ["squared", "logistic", "softmax"] as const;

interface Case {
  readonly kind: (typeof kinds)[number];
  readonly seed: number;
  readonly rows: number;
  readonly width: number;
  readonly l1: number;
  readonly l2: number;
  readonly weighted: boolean;
}

const cases = fc.record<Case>({
  kind: fc.constantFrom(...kinds),
  seed: fc.nat(1e6),
  rows: fc.integer({ min: 8, max: 40 }),
  width: fc.integer({ min: 1, max: 4 }),
  l1: fc.constantFrom(0, 0.3, 2, 30),
  l2: fc.constantFrom(0.1, 1, 10),
  weighted: fc.boolean(),
});

function problemOf({ kind, seed, rows, width, l1, l2, weighted }: Case): LinearProblem {
  const rng = seededRng(seed);
  const draw = () => rng.next() * 2 - 1;
  const design = Float32Array.from({ length: rows * width }, (_, i) =>
    // One column of indicators among the numbers.
    i % width === 0 ? rng.below(2) : draw() * 2,
  );
  const classes = kind === "softmax" ? 3 : 2;
  const labels = Array.from({ length: rows }, (_, row) =>
    row < classes ? row : design[row * width] > 0 && rng.below(3) > 0 ? 1 : rng.below(classes),
  );
  const indicator = (k: number) => Float64Array.from(labels, (label) => (label === k ? 1 : 0));
  const targets =
    kind === "squared"
      ? [Float64Array.from(labels, (label) => 3 * label + draw())]
      : kind === "logistic"
        ? [indicator(1)]
        : [0, 1, 2].map(indicator);
  const weights = Float64Array.from({ length: rows }, () => (weighted ? 0.2 + 2 * rng.next() : 1));
  return {
    ...{ rowCount: rows, width, design, targets, weights },
    loss: kind === "squared" ? "squared" : "logistic",
    options: { l1, l2, maxIterations: 500 },
  };
}

test("every solution fulfils the conditions of Karush, Kuhn and Tucker", () => {
  fc.assert(
    fc.property(cases, (given) => {
      const problem = problemOf(given);
      const { weights, converged } = solveLinear(problem, () => undefined);
      expect(converged).toBe(true);
      expect(worstViolation(problem, weights)).toBeLessThan(2e-5);
    }),
    { numRuns: 200 },
  );
});

test("proximal gradient steps end at the same weights", () => {
  fc.assert(
    fc.property(cases, (given) => {
      const problem = problemOf({
        ...given,
        rows: Math.min(given.rows, 15),
        width: Math.min(given.width, 3),
      });
      const { weights } = solveLinear(problem, () => undefined);
      const expected = proximalGradient(problem, 3_000);
      weights.forEach((output, k) =>
        output.forEach((weight, j) => expect(weight).toBeCloseTo(expected[k][j], 3)),
      );
    }),
    { numRuns: 25 },
  );
});

test("the shift that the penalty likes best, by a fine grid", () => {
  const weights = [-1, 0.25, 2, 2.5];
  for (const l1 of [0, 0.5, 3]) {
    const cost = (s: number) => weights.reduce((sum, w) => sum + (w - s) ** 2 / 2 + l1 * Math.abs(w - s), 0);
    const best = bestShift(weights, { l1, l2: 1 });
    for (let s = -3; s < 4; s += 1 / 128) expect(cost(best)).toBeLessThanOrEqual(cost(s));
  }
});

test("a row of weight 2 counts like two rows", () => {
  const problem = problemOf({
    kind: "softmax",
    seed: 5,
    rows: 20,
    width: 3,
    l1: 0.3,
    l2: 1,
    weighted: false,
  });
  const twice: LinearProblem = { ...problem, weights: problem.weights.map((_, row) => (row < 5 ? 2 : 1)) };
  const repeated: LinearProblem = {
    ...problem,
    rowCount: 25,
    design: Float32Array.of(...problem.design, ...problem.design.subarray(0, 15)),
    targets: problem.targets.map((target) => Float64Array.of(...target, ...target.subarray(0, 5))),
    weights: new Float64Array(25).fill(1),
  };
  const [a, b] = [twice, repeated].map((each) => solveLinear(each, () => undefined).weights);
  a.forEach((output, k) => output.forEach((weight, j) => expect(weight).toBeCloseTo(b[k][j], 7)));
});

test("separable labels, repeated columns and a class without rows still end in finite weights", () => {
  const design = Float32Array.of(-1, -1, -2, -2, 1, 1, 2, 2);
  const targets = [
    [1, 1, 0, 0],
    [0, 0, 1, 1],
    [0, 0, 0, 0],
  ].map((target) => Float64Array.from(target));
  for (const l1 of [0, 0.01]) {
    const options = { l1, l2: 1e-6, maxIterations: 1_000 };
    const weights = new Float64Array(4).fill(1);
    for (const used of [targets, [targets[1]]]) {
      const problem = {
        rowCount: 4,
        width: 2,
        design,
        targets: used,
        weights,
        options,
        loss: "logistic" as const,
      };
      const solved = solveLinear(problem, () => undefined);
      expect(solved.weights.every((output) => output.every(Number.isFinite))).toBe(true);
      // Two classes are one Newton step at a time; three that are told apart perfectly may go on drifting apart.
      expect(solved.converged || used.length === 3).toBe(true);
    }
  }
});

test("a 2 × 2 system by hand", () => {
  // 4x + 2y = 10, 2x + 3y = 9 has x = 1.5, y = 2.
  const [x, y] = solvePositiveDefinite(Float64Array.of(4, 2, 2, 3), Float64Array.of(10, 9));
  expect(x).toBeCloseTo(1.5, 12);
  expect(y).toBeCloseTo(2, 12);
});
