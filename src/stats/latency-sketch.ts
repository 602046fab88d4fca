import { LogCollapsingLowestDenseDDSketch } from "@datadog/sketches-js";
import { badArgument } from "./bad-argument.js";

/** Every quantile is within this fraction of the exact order statistic, above 1e-12 ms. */
export const latencyRelativeError = 0.01;

/** A mergeable sketch of durations. */
export interface LatencySketch {
  readonly count: number;
  /** Adds a duration. Throws MW1401 unless finite and at least 0. */
  record(ms: number): void;
  /**
   * The order statistic at rank ⌊q · (count − 1)⌋, within `latencyRelativeError`; null when nothing was recorded.
   * Throws MW1401 unless 0 ≤ q ≤ 1.
   */
  quantile(q: number): number | null;
  /** Adds everything that the other sketch holds; the other is left as it was. */
  merge(other: LatencySketch): void;
}

/** The vendor's sketch behind each of ours, for `merge`. */
const sketches = new WeakMap<LatencySketch, LogCollapsingLowestDenseDDSketch>();

/**
 * DDSketch (Masson, Rim & Lee 2019): at most 2,048 buckets of about 2 % width, which span 17 decimal orders; past
 * that the lowest buckets collapse, and the high quantiles keep their error.
 */
export function latencySketch(): LatencySketch {
  const inner = new LogCollapsingLowestDenseDDSketch({
    relativeAccuracy: latencyRelativeError,
    binLimit: 2048,
  });
  const sketch: LatencySketch = Object.freeze({
    get count() {
      return inner.count;
    },
    record(ms: number) {
      if (!(ms >= 0 && ms < Infinity)) throw badArgument("a finite duration of at least 0 ms", ms);
      inner.accept(ms);
    },
    quantile(q: number) {
      if (!(q >= 0 && q <= 1)) throw badArgument("a quantile between 0 and 1", q);
      return inner.count === 0 ? null : inner.getValueAtQuantile(q);
    },
    merge(other: LatencySketch) {
      const source = sketches.get(other);
      if (source === undefined) throw badArgument("a sketch made by latencySketch()", typeof other);
      inner.merge(source);
    },
  });
  sketches.set(sketch, inner);
  return sketch;
}
