import type { NumberOperation } from "./expression-node.js";
import {
  always,
  finite,
  never,
  ofNumber,
  ofNumbers,
  ofOperands,
  withConstants,
  type Operator,
} from "./operator.js";

/** Exact where `a − b·⌊a / b⌋` is not: `%` of IEEE numbers does not round. */
function flooredModulo(a: number, b: number): number {
  const remainder = a % b;
  if (remainder === 0) return 0;
  return remainder < 0 === b < 0 ? remainder : remainder + b;
}

/** Half away from zero. `floor(x + 0.5)` would turn 0.49999999999999994 into 1. */
function roundWhole(value: number): number {
  const magnitude = Math.abs(value);
  const floor = Math.floor(magnitude);
  const rounded = magnitude - floor >= 0.5 ? floor + 1 : floor;
  return value < 0 ? -rounded : rounded;
}

/** A number that scales to this or more is the double nearest to its own rounding; scaling back would move it. */
const finestSteps = 2 ** 53;

function roundTo(decimals: number): (value: number) => number {
  if (decimals === 0) return roundWhole;
  const scale = 10 ** decimals;
  return (value) => {
    const scaled = value * scale;
    return Math.abs(scaled) < finestSteps ? roundWhole(scaled) / scale : value;
  };
}

/** How many of the increasing edges are at most the value, by bisection. */
function bucketOf(edges: Float64Array): (value: number) => number {
  return (value) => {
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (edges[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

export const numberOperators: Readonly<Record<NumberOperation, Operator>> = {
  add: ofNumbers(ofOperands, (a, b) => finite(a + b)),
  sub: ofNumbers(ofOperands, (a, b) => finite(a - b)),
  mul: ofNumbers(ofOperands, (a, b) => finite(a * b)),
  div: ofNumbers(never, (a, b) => (b === 0 ? null : finite(a / b))),
  mod: ofNumbers(ofOperands, (a, b) => (b === 0 ? null : flooredModulo(a, b))),
  pow: ofNumbers(never, (a, b) => finite(a ** b)),
  min: ofNumbers(ofOperands, Math.min),
  max: ofNumbers(ofOperands, Math.max),
  abs: ofNumber(ofOperands, Math.abs),
  sign: ofNumber(always, Math.sign),
  sqrt: ofNumber(never, (value) => finite(Math.sqrt(value))),
  exp: ofNumber(never, (value) => finite(Math.exp(value))),
  ln: ofNumber(never, (value) => finite(Math.log(value))),
  log10: ofNumber(never, (value) => finite(Math.log10(value))),
  floor: ofNumber(always, Math.floor),
  ceil: ofNumber(always, Math.ceil),
  trunc: ofNumber(always, Math.trunc),
  round: withConstants<number>(
    ([whole], [, decimals]) => whole || decimals === 0,
    ([decimals]) => roundTo(decimals as number),
  ),
  bucket: withConstants<number>(always, (edges) => bucketOf(Float64Array.from(edges as number[]))),
  toText: ofNumber(never, String),
};
