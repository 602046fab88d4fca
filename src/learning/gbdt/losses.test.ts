import fc from "fast-check";
import { expect, test } from "vitest";
import { derivativeBounds, derive, lossOf, poissonCaution, type Loss, type LossName } from "./losses.js";

const lossNamed = (name: LossName): Loss => ({ name, width: name === "softmax" ? 3 : 1, quantile: 0.8 });
/** Of one row. */
function derivatives(loss: Loss, row: { score: number; target: number; rest: number; output: number }) {
  const into = { g: [NaN], h: [NaN] };
  derive(loss, { scores: [row.score], targets: [row.target], rest: [row.rest], output: row.output }, into);
  return { g: into.g[0], h: into.h[0] };
}

const score = fc.double({ min: -4, max: 4, noNaN: true });

/** By symmetric differences of the loss. */
function numerically(
  loss: Loss,
  scores: readonly number[],
  { target, output }: { target: number; output: number },
) {
  const step = 1e-4;
  const at = (by: number) =>
    lossOf(
      loss,
      scores.map((value, i) => (i === output ? value + by : value)),
      target,
    );
  return {
    g: (at(step) - at(-step)) / (2 * step),
    h: (at(step) - 2 * at(0) + at(-step)) / step ** 2,
  };
}

test.each<LossName>(["logistic", "softmax", "squared", "poisson"])(
  "the derivatives of the %s loss are those of the loss, and within their bounds",
  (name) => {
    const loss = lossNamed(name);
    // Squared loss counts half in its derivatives.
    const factor = name === "squared" ? 2 : 1;
    const curvature = name === "poisson" ? 1 / poissonCaution : factor;
    const scores = fc.array(score, { minLength: loss.width, maxLength: loss.width });
    fc.assert(
      fc.property(scores, fc.nat({ max: 2 }), fc.nat({ max: 2 }), (given, label, k) => {
        const target = name === "logistic" ? label % 2 : label;
        const output = k % loss.width;
        const rest = Math.log(given.reduce((sum, value) => sum + Math.exp(value), 0));
        const { g, h } = derivatives(loss, { score: given[output], target, rest, output });
        const slow = numerically(loss, given, { target, output });
        expect(factor * g).toBeCloseTo(slow.g, 5);
        expect(curvature * h).toBeCloseTo(slow.h, 3);
        const bounds = derivativeBounds(loss) ?? { g: Infinity, h: Infinity };
        expect(Math.abs(g)).toBeLessThanOrEqual(bounds.g);
        expect(h).toBeLessThanOrEqual(bounds.h + 1e-12);
      }),
    );
  },
);

test.each<LossName>(["absolute", "quantile"])("the slope of the %s loss is that of the loss", (name) => {
  fc.assert(
    fc.property(score, score, (given, target) => {
      fc.pre(Math.abs(given - target) > 1e-3);
      const { g, h } = derivatives(lossNamed(name), { score: given, target, rest: 0, output: 0 });
      expect(g).toBeCloseTo(numerically(lossNamed(name), [given], { target, output: 0 }).g, 6);
      expect(h).toBe(1);
    }),
  );
});
