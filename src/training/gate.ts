import { checkNumber, rejectUnknownKeys, type Canonical } from "../kernel/index.js";
import type { TargetKind } from "../learning/index.js";
import { improvementInterval, type PairedComparison } from "./evaluation/comparison.js";
import type { SliceEvaluation } from "./evaluation/evaluate-slices.js";
import type { Evaluation } from "./evaluation/evaluation.js";
import type { FairnessReport } from "./evaluation/fairness.js";
import type { Figure } from "./evaluation/figures.js";
import {
  checkMetric,
  checkMetricOfTask,
  metricTable,
  type EvaluationMetric,
} from "./evaluation/metric-table.js";
import type { RobustnessReport } from "./evaluation/robustness.js";

/** What is known of a version when it is judged. What was not looked at is undefined, and passes no gate. */
export interface GateInput {
  readonly task: TargetKind;
  readonly candidate: Evaluation;
  /** The candidate against the baseline, on the same test rows. */
  readonly baseline: PairedComparison | undefined;
  readonly champion: ChampionComparison;
  readonly slices?: readonly SliceEvaluation[];
  readonly fairness?: readonly FairnessReport[];
  readonly robustness?: RobustnessReport;
}

/** What is known of the champion on the candidate's test rows. */
export type ChampionComparison =
  | { readonly kind: "none" }
  /** The candidate against the champion. */
  | { readonly kind: "measured"; readonly comparison: PairedComparison }
  /** There are no scores of the champion on these rows. */
  | { readonly kind: "incomparable"; readonly reason: string };

/** What a gate found. `observed` is null when nothing could be measured, which is never a pass. */
export interface GateOutcome {
  readonly name: string;
  readonly passed: boolean;
  readonly observed: number | null;
  readonly required: number | null;
  readonly detail: string;
}

/** A rule that a version must pass before it may serve. */
export interface Gate {
  readonly name: string;
  readonly definition: Canonical;
  /** The metrics that it reads. */
  readonly metrics: readonly EvaluationMetric[];
  judge(input: GateInput): GateOutcome;
}

/** A gate on a metric, which can be asked of every slice as well. */
export interface BoundGate extends Gate {
  /** The same rule for every slice with enough rows. Throws MW0103 and MW0104. */
  onSlices(options?: SliceGateOptions): Gate;
}

export interface SliceGateOptions {
  /** Slices with fewer rows are not judged. Default 500, which is the least that slices are evaluated from. */
  readonly minRows?: number;
}

/** Throws MW0501 for a gate on a metric that a task does not have. @param where e.g. `model "late-trip"` */
export function checkGates(gates: readonly Gate[], task: TargetKind, where: string): void {
  for (const { name, metrics } of gates) {
    for (const metric of metrics) checkMetricOfTask(metric, task, `the gate "${name}" of ${where}`);
  }
}

const figure = (value: number) => value.toFixed(4);

type BoundKind = "atLeast" | "atMost";

/** How one measured metric stands to a bound: by the end of its interval that speaks against the model. */
function hold(found: Figure | undefined, kind: BoundKind, limit: number) {
  if (found === undefined || found.value === null) {
    return { passed: false, observed: null, said: `is not measured: ${found?.reason ?? "not of this task"}` };
  }
  const { low, high, level } = found.interval;
  const [observed, end] = kind === "atLeast" ? [low, "lower"] : [high, "upper"];
  const sign = kind === "atLeast" ? "≥" : "≤";
  const said = `${figure(found.value)}, ${end} end of its ${level * 100} % interval ${figure(observed)} ${sign} ${limit}`;
  return { passed: kind === "atLeast" ? low >= limit : high <= limit, observed, said };
}

function bound(metric: EvaluationMetric, limit: number, kind: BoundKind): BoundGate {
  checkMetric(metric, `${kind}()`);
  checkNumber(limit, `the bound of ${kind}("${metric}")`, { min: -1e9, max: 1e9 });
  const name = `${metric} ${kind === "atLeast" ? "≥" : "≤"} ${limit}`;
  return Object.freeze({
    name,
    definition: { kind, metric, limit },
    metrics: [metric],
    judge({ candidate }: GateInput) {
      const { passed, observed, said } = hold(candidate.metrics[metric], kind, limit);
      return { name, passed, observed, required: limit, detail: `${metric} ${said}` };
    },
    onSlices: (options: SliceGateOptions = {}) => onSlices({ metric, limit, kind }, options),
  });
}

const smallestMinRows = 500;

function onSlices(
  { metric, limit, kind }: { metric: EvaluationMetric; limit: number; kind: BoundKind },
  options: SliceGateOptions,
): Gate {
  rejectUnknownKeys(options, ["minRows"], "onSlices()");
  const range = { min: smallestMinRows, max: 1e12, whole: true };
  const minRows = checkNumber(options.minRows ?? smallestMinRows, "minRows of onSlices()", range);
  const name = `${metric} ${kind === "atLeast" ? "≥" : "≤"} ${limit} on slices`;
  return Object.freeze({
    name,
    definition: { kind: `${kind}OnSlices`, metric, limit, minRows },
    metrics: [metric],
    judge({ slices = [] }: GateInput) {
      const judged = slices
        .filter(({ rows }) => rows >= minRows)
        .map((slice) => ({ slice, ...hold(slice.metrics[metric], kind, limit) }));
      const outcome = {
        name,
        passed: judged.length > 0 && judged.every(({ passed }) => passed),
        required: limit,
      };
      if (judged.length === 0) return { ...outcome, observed: null, detail: `no slice has ${minRows} rows` };
      const distance = (observed: number | null) =>
        observed === null ? -Infinity : kind === "atLeast" ? observed : -observed;
      const worst = judged.reduce((a, b) => (distance(b.observed) < distance(a.observed) ? b : a));
      const failed = judged.filter(({ passed }) => !passed).length;
      const small = slices.length - judged.length;
      const others = small === 0 ? "" : `; ${small} with fewer than ${minRows} rows are not judged`;
      const detail = `${failed} of ${judged.length} slices fail${others}; worst ${worst.slice.dimension} ${worst.slice.value}: ${metric} ${worst.said}`;
      return { ...outcome, observed: worst.observed, detail };
    },
  });
}

/** The lower end of the metric's interval must reach a bound. Throws MW0501. */
export const atLeast = (metric: EvaluationMetric, limit: number): BoundGate =>
  bound(metric, limit, "atLeast");

/** The upper end of the metric's interval must stay within a bound. Throws MW0501. */
export const atMost = (metric: EvaluationMetric, limit: number): BoundGate => bound(metric, limit, "atMost");

/** The upper end of the calibration error's interval, corrected for noise, must stay within a bound. */
export const calibrated = (limit = 0.05): BoundGate => atMost("ece", limit);

/** A difference from another model, as a gate reads it. */
function against(comparison: PairedComparison, metric: EvaluationMetric) {
  const found = comparison.metrics[metric];
  if (found === undefined || found.difference === null) {
    return {
      measured: false as const,
      detail: `${metric} is not measured: ${found?.reason ?? "not of this task"}`,
    };
  }
  const { low } = improvementInterval(metric, found.difference);
  const { interval } = found.difference;
  const observed = metricTable[metric].better === "higher" ? interval.low : interval.high;
  return { measured: true as const, found, low, observed };
}

/**
 * The candidate must be better than the baseline on the same test rows: the whole interval of the paired difference.
 * Throws MW0501.
 */
export function beatsBaseline(metric: EvaluationMetric): Gate {
  checkMetric(metric, "beatsBaseline()");
  const name = `${metric} beats the baseline`;
  return Object.freeze({
    name,
    definition: { kind: "beatsBaseline", metric },
    metrics: [metric],
    judge({ baseline }: GateInput) {
      const nothing = { name, passed: false, observed: null, required: 0 };
      if (baseline === undefined) return { ...nothing, detail: "there is no baseline" };
      const seen = against(baseline, metric);
      if (!seen.measured) return { ...nothing, detail: seen.detail };
      const { candidate, reference } = seen.found;
      const detail = `${metric} ${figure(candidate)}, baseline ${figure(reference)}; difference at worst ${figure(seen.observed)}`;
      return { name, passed: seen.low > 0, observed: seen.observed, required: 0, detail };
    },
  });
}

/**
 * The metric may be worse than the champion's, on the same test rows, by no more than a margin: the whole interval of
 * the paired difference. Throws MW0501.
 */
export function notWorseThan(
  alias: "champion",
  metric: EvaluationMetric,
  options: { readonly margin: number },
): Gate {
  checkMetric(metric, "notWorseThan()");
  rejectUnknownKeys(options, ["margin"], "notWorseThan()");
  const margin = checkNumber(options.margin, "the margin of notWorseThan()", { min: 0, max: 1e9 });
  const name = `${metric} not worse than the ${alias}`;
  const required = metricTable[metric].better === "higher" ? -margin : margin;
  return Object.freeze({
    name,
    definition: { kind: "notWorseThan", alias, metric, margin },
    metrics: [metric],
    judge({ candidate, champion }: GateInput) {
      const nothing = { name, passed: false, observed: null, required };
      if (champion.kind === "incomparable") return { ...nothing, detail: champion.reason };
      if (champion.kind === "none") {
        const own = candidate.metrics[metric];
        if (own === undefined || own.value === null) {
          return { ...nothing, detail: `${metric} is not measured: ${own?.reason ?? "not of this task"}` };
        }
        return {
          name,
          passed: true,
          observed: own.value,
          required: null,
          detail: `there is no ${alias} yet`,
        };
      }
      const seen = against(champion.comparison, metric);
      if (!seen.measured) return { ...nothing, detail: seen.detail };
      const { candidate: own, reference } = seen.found;
      const detail = `${metric} ${figure(own)}, ${alias} ${figure(reference)}; difference at worst ${figure(seen.observed)}, margin ${margin}`;
      return { name, passed: seen.low >= -margin, observed: seen.observed, required, detail };
    },
  });
}
