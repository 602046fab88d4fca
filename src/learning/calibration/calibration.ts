import type { DecisionNodes } from "../decision-nodes.js";

/** σ(slope · log-odds + intercept): Platt's scaling of a probability's log-odds. */
export interface PlattCalibration {
  readonly kind: "platt";
  readonly slope: number;
  readonly intercept: number;
}

/** A non-falling function, linear between its knots and constant beyond them. All numbers are float32. */
export interface IsotonicCalibration {
  readonly kind: "isotonic";
  /** Rising. */
  readonly inputs: readonly number[];
  /** Not falling. */
  readonly outputs: readonly number[];
}

/** p^(1/temperature) per class, divided by their sum. Keeps the order of the classes. */
export interface TemperatureCalibration {
  readonly kind: "temperature";
  readonly temperature: number;
  readonly classes: number;
}

/** A fitted correction of probabilities. Plain data: survives JSON unchanged. */
export type Calibration = PlattCalibration | IsotonicCalibration | TemperatureCalibration;

/** Probabilities are taken as this far from 0 and from 1 at least, so that log-odds are finite. */
export const probabilityFloor = 2 ** -24;

/**
 * Calibrated probabilities, step by step in float32 as the graph computes them.
 * @param probabilities of label 1 per row, or row-major per class for a temperature
 */
export function calibrate(calibration: Calibration, probabilities: Float32Array): Float32Array {
  if (calibration.kind === "platt") return probabilities.map(plattFunction(calibration));
  if (calibration.kind === "isotonic") return probabilities.map(isotonicFunction(calibration));
  return tempered(calibration, probabilities);
}

const clipped = (p: number) => Math.max(probabilityFloor, Math.min(1 - probabilityFloor, p));

/** The factor e^(−intercept), kept among the finite float32 numbers. */
export function plattFactor({ intercept }: PlattCalibration): number {
  return Math.fround(Math.max(1e-37, Math.min(1e37, Math.exp(-intercept))));
}

/** σ(a·ln(p/(1−p)) + b) as 1 / (1 + e^(−b) · ((1−p)/p)^a), which needs no logarithm. */
function plattFunction(calibration: PlattCalibration): (p: number) => number {
  const factor = plattFactor(calibration);
  const slope = Math.fround(calibration.slope);
  return (given) => {
    const p = clipped(given);
    const against = Math.fround(Math.fround(1 - p) / p);
    return Math.fround(1 / Math.fround(1 + Math.fround(Math.fround(against ** slope) * factor)));
  };
}

/** A stretch of the piecewise linear function: min(end, output + (p − input) · slope). */
export interface Segment {
  readonly input: number;
  readonly output: number;
  readonly slope: number;
  /** What the function must not exceed, which rounding could. */
  readonly end: number;
}

/** One segment below the first knot, one between each pair, one above the last; knot i ends segment i. */
export function segmentsOf({ inputs, outputs }: IsotonicCalibration): readonly Segment[] {
  const flat = (output: number): Segment => ({ input: 0, output, slope: 0, end: output });
  const between = inputs.slice(1).map((input, i) => ({
    input: inputs[i],
    output: outputs[i],
    slope: Math.fround((outputs[i + 1] - outputs[i]) / (input - inputs[i])),
    end: outputs[i + 1],
  }));
  return [flat(outputs[0]), ...between, flat(outputs[outputs.length - 1])];
}

/** Binary search of the segment as a tree over one column; a leaf's `threshold` entry is 0. */
export function segmentTree(
  knots: readonly number[],
): DecisionNodes & { readonly segment: readonly number[] } {
  const nodes = {
    ...{ feature: [] as number[], threshold: [] as number[], missingLeft: [] as number[] },
    ...{ left: [] as number[], right: [] as number[], segment: [] as number[] },
  };
  const grow = (from: number, to: number): number => {
    const node = nodes.feature.push(-1) - 1;
    const middle = (from + to) >> 1;
    for (const column of [nodes.threshold, nodes.missingLeft, nodes.left, nodes.right]) column.push(0);
    nodes.segment.push(from);
    if (from === to) return node;
    nodes.feature[node] = 0;
    nodes.threshold[node] = knots[middle];
    nodes.left[node] = grow(from, middle);
    nodes.right[node] = grow(middle + 1, to);
    return node;
  };
  grow(0, knots.length);
  return nodes;
}

function isotonicFunction(calibration: IsotonicCalibration): (p: number) => number {
  const segments = segmentsOf(calibration);
  const { inputs } = calibration;
  return (p) => {
    let from = 0;
    let to = inputs.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (p <= inputs[middle]) to = middle;
      else from = middle + 1;
    }
    const { input, output, slope, end } = segments[from];
    return Math.min(end, Math.fround(output + Math.fround(Math.fround(p - input) * slope)));
  };
}

function tempered(
  { temperature, classes }: TemperatureCalibration,
  probabilities: Float32Array,
): Float32Array {
  const power = Math.fround(1 / temperature);
  const out = new Float32Array(probabilities.length);
  for (let at = 0; at < out.length; at += classes) {
    const row = probabilities.subarray(at, at + classes).map(clipped);
    const most = row.reduce((a, b) => Math.max(a, b), 0);
    const parts = row.map((p) => Math.fround(p / most) ** power);
    const sum = parts.reduce((total, part) => Math.fround(total + part), 0);
    parts.forEach((part, k) => (out[at + k] = part / sum));
  }
  return out;
}
