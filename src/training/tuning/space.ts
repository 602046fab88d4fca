import { rejectUnknownKeys, type Rng } from "../../kernel/index.js";
import { badTuning } from "./bad-tuning.js";

/** What a parameter may be. Bounds are inclusive. */
export type Dimension =
  | { readonly kind: "float"; readonly low: number; readonly high: number; readonly log: boolean }
  | { readonly kind: "integer"; readonly low: number; readonly high: number; readonly log: boolean }
  | { readonly kind: "choice"; readonly values: readonly ParameterValue[] };

export type NumberDimension = Exclude<Dimension, { readonly kind: "choice" }>;

export type ParameterValue = number | string | boolean;

/** The parameters that are searched, by the name of the trainer's option. */
export type Space = Readonly<Record<string, Dimension>>;

/** One value per parameter of a space. */
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** A trial and what it brought: the less the better. */
export interface JudgedTrial {
  readonly parameters: Parameters;
  /** Undefined while it runs. */
  readonly loss?: number;
}

export interface ScaleOptions {
  /** Search by factors in place of differences: for rates and sizes. Default false. */
  readonly log?: boolean;
}

/** A number between two bounds. */
export function float(low: number, high: number, options: ScaleOptions = {}): Dimension {
  return interval("float", [low, high], options);
}

/** A whole number between two bounds. */
export function integer(low: number, high: number, options: ScaleOptions = {}): Dimension {
  if (!Number.isInteger(low) || !Number.isInteger(high)) {
    throw badTuning("whole numbers as the bounds of integer()", `${low} and ${high}`);
  }
  return interval("integer", [low, high], options);
}

/** One of some values. */
export function choice(...values: readonly ParameterValue[]): Dimension {
  if (values.length < 2 || new Set(values).size !== values.length) {
    throw badTuning("two or more different values in choice()", JSON.stringify(values));
  }
  return Object.freeze({ kind: "choice", values: Object.freeze([...values]) });
}

function interval(
  kind: "float" | "integer",
  [low, high]: readonly [number, number],
  options: ScaleOptions,
): Dimension {
  rejectUnknownKeys(options, ["log"], `options of ${kind}()`);
  const { log = false } = options;
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw badTuning(`a lower and a higher bound in ${kind}()`, `${low} and ${high}`);
  }
  if (log && low <= 0) throw badTuning(`bounds above 0 in ${kind}() with log`, `${low}`);
  return Object.freeze({ kind, low, high, log });
}

/**
 * Where a number lies in its dimension, 0 to 1. Whole numbers take an equal share of the scale each, half a
 * step beyond both bounds.
 */
export function positionOf(dimension: NumberDimension, value: number): number {
  const [from, to] = ends(dimension);
  return (scaled(dimension, value) - from) / (to - from);
}

/** The value at a position from 0 to 1. */
export function valueAt(dimension: NumberDimension, position: number): number {
  const [from, to] = ends(dimension);
  const at = from + position * (to - from);
  const value = dimension.log ? Math.exp(at) : at;
  const near = dimension.kind === "integer" ? Math.round(value) : value;
  return Math.min(dimension.high, Math.max(dimension.low, near));
}

function ends({ kind, low, high, log }: NumberDimension): readonly [number, number] {
  const [from, to] = kind === "integer" ? [low - 0.5, high + 0.5] : [low, high];
  return log ? [Math.log(from), Math.log(to)] : [from, to];
}

const scaled = ({ log }: { readonly log: boolean }, value: number) => (log ? Math.log(value) : value);

/** Parameters drawn evenly from the whole space. */
export function drawParameters(space: Space, rng: Rng): Parameters {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => [
      name,
      dimension.kind === "choice"
        ? dimension.values[rng.below(dimension.values.length)]
        : valueAt(dimension, rng.next()),
    ]),
  );
}
