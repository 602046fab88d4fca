import {
  bootstrapIntervals,
  differenceInterval,
  metricNames,
  rankScores,
  type Estimate,
  type MetricEstimates,
  type MetricName,
  type Ranked,
} from "../stats/index.js";
import { marginOf, type PerformancePolicy } from "./performance-policy.js";
import { stateOf, type AnsweredState, type Unanswered } from "./state.js";

/** A served prediction and, once known, its outcome. */
export interface OutcomeRow {
  /** When the prediction was asked for. */
  readonly atMs: number;
  /** When its label is final: from this moment on the row counts. */
  readonly matureAtMs: number;
  readonly probability: number;
  /** Absent when no label came, which is not a negative. */
  readonly label?: 0 | 1;
}

/** How many of a window's rows can be judged. */
export interface LabelCoverage {
  readonly rows: number;
  /** Rows whose label is final. */
  readonly matured: number;
  /** Matured rows that have a label. */
  readonly labelled: number;
  /** `labelled / matured`; null when nothing matured. */
  readonly coverage: number | null;
  /** Spans of `clusterMs` that hold labelled rows. */
  readonly clusters: number;
}

/** One realised metric beside the reference evaluation. */
export interface MetricFinding {
  readonly state: AnsweredState;
  readonly realised: Estimate;
  readonly reference: Estimate;
  /** How much worse than the reference, whatever the metric's direction; negative is better. */
  readonly worsening: Estimate;
  readonly margin: number;
}

/** The numbers behind an answer about performance. */
export interface PerformanceEvidence {
  /** The worst of the metrics' states: `drift` before `unresolved` before `ok`. */
  readonly state: AnsweredState;
  readonly metrics: Readonly<Record<MetricName, MetricFinding>>;
  readonly convention: string;
}

export type PerformanceResult = LabelCoverage & (Unanswered | PerformanceEvidence);

const convention =
  "cluster bootstrap percentile intervals by metric; difference from the reference by MOVER, without adjustment for " +
  "the number of metrics";

/**
 * Judges the predictions whose labels are final against the reference evaluation of the same model.
 *
 * - `missing`: no row at all
 * - `insufficient`: fewer than `minLabelled` mature labelled rows, fewer than `minClusters` clusters, or one class
 * - a metric is `drift` when the whole interval of its worsening lies above its margin, `ok` when none of it does,
 *   otherwise `unresolved`
 *
 * A mature row without a label lowers the coverage; it is never taken for a negative. A row that is not mature is not
 * read, even when a label is already there: early labels are not a fair sample.
 * @param moment the policy, and the time up to which labels are known
 */
export function assessPerformance(
  rows: readonly OutcomeRow[],
  reference: MetricEstimates,
  moment: { readonly policy: PerformancePolicy; readonly nowMs: number },
): PerformanceResult {
  const { policy, nowMs } = moment;
  const matured = rows.filter((row) => row.matureAtMs <= nowMs);
  const labelled = matured.filter((row) => row.label !== undefined);
  const groups = clustersByTime(labelled, policy.clusterMs);
  const coverage: LabelCoverage = {
    rows: rows.length,
    matured: matured.length,
    labelled: labelled.length,
    coverage: matured.length === 0 ? null : labelled.length / matured.length,
    clusters: new Set(groups).size,
  };
  const ranking = rank(labelled, coverage, policy);
  if ("reason" in ranking) return Object.freeze({ ...coverage, ...ranking });
  const { seed, replicates, level } = policy;
  const realised = bootstrapIntervals(ranking, { seed, replicates, level, groups });
  const finding = (name: MetricName) => compareMetric(name, { realised, reference, policy });
  const metrics = {
    auc: finding("auc"),
    logLoss: finding("logLoss"),
    brier: finding("brier"),
    ece: finding("ece"),
  };
  return Object.freeze({ ...coverage, state: worst(metrics), metrics, convention });
}

/** Numbers of the time spans in which rows happened, counted from the first row's span. */
function clustersByTime(rows: readonly OutcomeRow[], clusterMs: number): Int32Array {
  const first = rows.reduce((least, row) => Math.min(least, row.atMs), Infinity);
  const origin = Math.floor(first / clusterMs);
  return Int32Array.from(rows, (row) => Math.floor(row.atMs / clusterMs) - origin);
}

function rank(
  labelled: readonly OutcomeRow[],
  coverage: LabelCoverage,
  policy: PerformancePolicy,
): Ranked | Unanswered {
  if (coverage.rows === 0) return { state: "missing", reason: "The window has no prediction." };
  const tooFew = (found: string, needed: number): Unanswered => ({
    state: "insufficient",
    reason: `${found}, fewer than ${needed}.`,
  });
  if (labelled.length < policy.minLabelled) {
    return tooFew(`${labelled.length} rows are mature and labelled`, policy.minLabelled);
  }
  if (coverage.clusters < policy.minClusters) {
    return tooFew(`Labelled rows fall into ${coverage.clusters} clusters of time`, policy.minClusters);
  }
  const result = rankScores(
    Float64Array.from(labelled, (row) => row.probability),
    Uint8Array.from(labelled, (row) => row.label as number),
  );
  return result.ok
    ? result.ranked
    : { state: "insufficient", reason: `Rows cannot be ranked: ${result.detail}.` };
}

/** +1 where a larger metric is worse. */
const worseWhen: Readonly<Record<MetricName, 1 | -1>> = { auc: -1, logLoss: 1, brier: 1, ece: 1 };

interface Comparison {
  readonly realised: MetricEstimates;
  readonly reference: MetricEstimates;
  readonly policy: PerformancePolicy;
}

function compareMetric(name: MetricName, { realised, reference, policy }: Comparison): MetricFinding {
  const now = realised[name];
  const before = reference[name];
  const worsening = worseWhen[name] === 1 ? differenceInterval(now, before) : differenceInterval(before, now);
  const margin = marginOf(policy, name);
  const state = stateOf(worsening.interval, margin);
  return Object.freeze({ state, realised: now, reference: before, worsening, margin });
}

function worst(metrics: Readonly<Record<MetricName, MetricFinding>>): AnsweredState {
  const states = metricNames.map((name) => metrics[name].state);
  return (["drift", "unresolved"] as const).find((state) => states.includes(state)) ?? "ok";
}
