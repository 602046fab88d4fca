import type { MetricName } from "../stats/index.js";
import { compilePolicy, numberBetween, wholeNumberFrom } from "./policy.js";

/** When realised performance counts as degraded. */
export interface PerformancePolicy {
  /** Largest tolerated worsening of each metric; defaults 0.02, 0.02, 0.01, 0.02. */
  readonly aucMargin: number;
  readonly logLossMargin: number;
  readonly brierMargin: number;
  readonly eceMargin: number;
  /** Fewer mature labelled rows than this are `insufficient`; default 1000. */
  readonly minLabelled: number;
  /** Rows that happened within one such span are resampled together; default one day. */
  readonly clusterMs: number;
  /** Fewer clusters than this are `insufficient`; default 5. */
  readonly minClusters: number;
  /** Bootstrap replicates, default 200. */
  readonly replicates: number;
  /** Confidence level of each metric's interval, default 0.95. */
  readonly level: number;
  /** Seed of the bootstrap, default 1: the same rows give the same answer. */
  readonly seed: number;
}

const defaults: PerformancePolicy = {
  aucMargin: 0.02,
  logLossMargin: 0.02,
  brierMargin: 0.01,
  eceMargin: 0.02,
  minLabelled: 1000,
  clusterMs: 86_400_000,
  minClusters: 5,
  replicates: 200,
  level: 0.95,
  seed: 1,
};

const rules = {
  aucMargin: numberBetween(0, 1),
  logLossMargin: numberBetween(0, Infinity),
  brierMargin: numberBetween(0, 1),
  eceMargin: numberBetween(0, 1),
  minLabelled: wholeNumberFrom(2),
  clusterMs: wholeNumberFrom(1),
  minClusters: wholeNumberFrom(2),
  replicates: wholeNumberFrom(50),
  level: numberBetween(0, 1),
  seed: wholeNumberFrom(0),
};

/** Fills in defaults and refuses unknown keys and bad values. Throws MW0901. */
export function compilePerformancePolicy(
  given: Readonly<Partial<PerformancePolicy>> = {},
): PerformancePolicy {
  return compilePolicy(defaults, rules, given);
}

/** The tolerated worsening of a metric. */
export function marginOf(policy: PerformancePolicy, metric: MetricName): number {
  return policy[`${metric}Margin`];
}
