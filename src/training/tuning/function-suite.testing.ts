import { choice, float, integer, type Parameters, type Space } from "./space.js";

/** A function to be minimised over a space. */
export interface TestFunction {
  readonly name: string;
  readonly space: Space;
  readonly of: (parameters: Parameters) => number;
}

const box = (dimensions: number, low: number, high: number): Space =>
  Object.fromEntries(Array.from({ length: dimensions }, (_, i) => [`x${i}`, float(low, high)]));

const over =
  (f: (x: number[]) => number) =>
  (parameters: Parameters): number =>
    f(Object.values(parameters).map(Number));

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const hartmann = {
  alpha: [1, 1.2, 3, 3.2],
  a: [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
  ],
  p: [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
  ],
};

/**
 * Functions by which optimisers are compared, with the domains of Surjanovic and Bingham, "Virtual Library of
 * Simulation Experiments" (sfu.ca/~ssurjano); the last two are ours, with parameters like those of a learner.
 */
export const functionSuite: readonly TestFunction[] = [
  { name: "sphere 4", space: box(4, -5.12, 5.12), of: over((x) => sum(x.map((v) => v * v))) },
  {
    name: "branin",
    space: { x0: float(-5, 10), x1: float(0, 15) },
    of: over(
      ([x, y]) =>
        (y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6) ** 2 +
        10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
        10,
    ),
  },
  {
    name: "rosenbrock 3",
    space: box(3, -2.048, 2.048),
    of: over((x) => sum(x.slice(1).map((v, i) => 100 * (v - x[i] ** 2) ** 2 + (1 - x[i]) ** 2))),
  },
  {
    name: "ackley 5",
    space: box(5, -32.768, 32.768),
    of: over(
      (x) =>
        20 +
        Math.E -
        20 * Math.exp(-0.2 * Math.sqrt(sum(x.map((v) => v * v)) / x.length)) -
        Math.exp(sum(x.map((v) => Math.cos(2 * Math.PI * v))) / x.length),
    ),
  },
  {
    name: "styblinski-tang 4",
    space: box(4, -5, 5),
    of: over((x) => sum(x.map((v) => v ** 4 - 16 * v ** 2 + 5 * v)) / 2),
  },
  {
    name: "levy 4",
    space: box(4, -10, 10),
    of: over((x) => {
      const w = x.map((v) => 1 + (v - 1) / 4);
      const last = w[w.length - 1];
      const middle = w.slice(0, -1).map((v) => (v - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * v + 1) ** 2));
      return (
        Math.sin(Math.PI * w[0]) ** 2 +
        sum(middle) +
        (last - 1) ** 2 * (1 + Math.sin(2 * Math.PI * last) ** 2)
      );
    }),
  },
  {
    name: "hartmann 6",
    space: box(6, 0, 1),
    of: over(
      (x) =>
        -sum(
          hartmann.alpha.map(
            (alpha, i) =>
              alpha * Math.exp(-sum(x.map((v, j) => hartmann.a[i][j] * (v - hartmann.p[i][j]) ** 2))),
          ),
        ),
    ),
  },
  {
    name: "rate and leaves",
    space: { rate: float(0.001, 1, { log: true }), leaves: integer(2, 512, { log: true }) },
    of: ({ rate, leaves }) => Math.log(Number(rate) / 0.05) ** 2 + Math.log(Number(leaves) / 40) ** 2 / 2,
  },
  {
    name: "choice of a kernel",
    space: { kernel: choice("linear", "square", "wave", "steps"), x: float(-4, 4), y: float(-4, 4) },
    of: ({ kernel, x, y }) => {
      const penalty = { linear: 3, square: 0, wave: 1, steps: 6 }[String(kernel)] ?? NaN;
      return penalty + (Number(x) - 1) ** 2 + (Number(y) + 2) ** 2;
    },
  },
];
