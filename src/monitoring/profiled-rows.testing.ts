import { seededRng } from "../kernel/index.js";
import type { FeatureColumn } from "./reference-profile.js";

/** Columns of one model's served rows, for tests. */
export interface ProfiledRows {
  readonly features: readonly FeatureColumn[];
  readonly probability: Float32Array;
}

const airports = ["ATL", "DEN", "JFK", "ORD", "SFO"] as const;

/** How rows differ from the reference's law. */
export interface Disturbance {
  /** Added to `delay`, whose standard deviation is 1/√12. */
  readonly shift?: number;
  /** Chance that an airport is one the reference never saw. */
  readonly newAirports?: number;
  /** Chance that `delay` is missing. */
  readonly missing?: number;
}

/** Rows of features `delay` (uniform), `hour` (0–23) and `airport`, with a uniform probability. */
export function drawRows(count: number, seed: number, disturbance: Disturbance = {}): ProfiledRows {
  const { shift = 0, newAirports = 0, missing = 0.02 } = disturbance;
  const rng = seededRng(seed);
  const fill = (value: () => number) => Float32Array.from({ length: count }, value);
  const delay = fill(() => (rng.next() < missing ? NaN : rng.next() + shift));
  const hour = fill(() => rng.below(24));
  const codes = Int32Array.from({ length: count }, () => (rng.next() < newAirports ? 5 : rng.below(5)));
  const dictionary = [...airports, "XXX"];
  return {
    features: [
      { name: "delay", kind: "number", values: delay },
      { name: "hour", kind: "number", values: hour },
      { name: "airport", kind: "text", codes, dictionary },
    ],
    probability: fill(() => rng.next()),
  };
}

/** The rows from `start` to `end`. */
export function sliceRows({ features, probability }: ProfiledRows, start: number, end: number): ProfiledRows {
  return {
    features: features.map((column) =>
      column.kind === "number"
        ? { ...column, values: column.values.slice(start, end) }
        : { ...column, codes: column.codes.slice(start, end) },
    ),
    probability: probability.slice(start, end),
  };
}
