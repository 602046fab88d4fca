import { checkNumber, rejectUnknownKeys, type Canonical } from "../kernel/index.js";
import type { MetricEstimates, MetricName } from "../stats/index.js";
import { metricNames } from "../stats/index.js";
import { trainingErrors } from "./errors.js";

/** The metrics of one model on the test rows. */
export interface GateInput {
  readonly candidate: MetricEstimates;
  /** On the same test rows. */
  readonly baseline: Readonly<Record<MetricName, number>>;
  readonly champion: ChampionMetrics;
}

/** What is known of the champion on the candidate's test rows. */
export type ChampionMetrics =
  | { readonly kind: "none" }
  | { readonly kind: "measured"; readonly metrics: Readonly<Record<MetricName, number>> }
  /** It reads other features and was tested on other rows. */
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
  judge(input: GateInput): GateOutcome;
}

/** Metrics of which less is better. */
const losses: ReadonlySet<MetricName> = new Set(["logLoss", "brier", "ece"]);

function checkMetric(metric: MetricName): void {
  if (metricNames.includes(metric)) return;
  throw trainingErrors.error("MW0501", {
    expected: `a metric of a gate: ${metricNames.join(", ")}`,
    found: JSON.stringify(metric),
    remedy: "Mend the gates of the model.",
  });
}

const figure = (value: number) => value.toFixed(4);

/** The end of the interval that speaks against the model. */
function worst(estimates: MetricEstimates, metric: MetricName): number {
  const { interval } = estimates[metric];
  return losses.has(metric) ? interval.high : interval.low;
}

function bound(metric: MetricName, limit: number, kind: "atLeast" | "atMost"): Gate {
  checkMetric(metric);
  checkNumber(limit, `the bound of ${kind}("${metric}")`, { min: -1e9, max: 1e9 });
  const sign = kind === "atLeast" ? "≥" : "≤";
  const name = `${metric} ${sign} ${limit}`;
  return Object.freeze({
    name,
    definition: { kind, metric, limit },
    judge({ candidate }: GateInput) {
      const { low, high, level } = candidate[metric].interval;
      const observed = kind === "atLeast" ? low : high;
      const passed = kind === "atLeast" ? low >= limit : high <= limit;
      const end = kind === "atLeast" ? "lower" : "upper";
      const detail = `${metric} ${figure(candidate[metric].value)}, ${end} end of its ${level * 100} % interval ${figure(observed)} ${sign} ${limit}`;
      return { name, passed, observed, required: limit, detail };
    },
  });
}

/** The lower end of the metric's interval must reach a bound. */
export const atLeast = (metric: MetricName, limit: number): Gate => bound(metric, limit, "atLeast");

/** The upper end of the metric's interval must stay within a bound. */
export const atMost = (metric: MetricName, limit: number): Gate => bound(metric, limit, "atMost");

/** The end of the metric's interval that speaks against the model must still beat the baseline. */
export function beatsBaseline(metric: MetricName): Gate {
  checkMetric(metric);
  const name = `${metric} beats the baseline`;
  return Object.freeze({
    name,
    definition: { kind: "beatsBaseline", metric },
    judge({ candidate, baseline }: GateInput) {
      const observed = worst(candidate, metric);
      const required = baseline[metric];
      const passed = losses.has(metric) ? observed < required : observed > required;
      const detail = `${metric} ${figure(candidate[metric].value)}, at worst ${figure(observed)}; baseline ${figure(required)}`;
      return { name, passed, observed, required, detail };
    },
  });
}

/** The metric may be worse than the champion's, on the same test rows, by no more than a margin. */
export function notWorseThan(
  alias: "champion",
  metric: MetricName,
  options: { readonly margin: number },
): Gate {
  checkMetric(metric);
  rejectUnknownKeys(options, ["margin"], "notWorseThan()");
  const margin = checkNumber(options.margin, "the margin of notWorseThan()", { min: 0, max: 1e9 });
  const name = `${metric} not worse than the ${alias}`;
  return Object.freeze({
    name,
    definition: { kind: "notWorseThan", alias, metric, margin },
    judge({ candidate, champion }: GateInput) {
      const { value } = candidate[metric];
      if (champion.kind === "none") {
        return { name, passed: true, observed: value, required: null, detail: `there is no ${alias} yet` };
      }
      if (champion.kind === "incomparable") {
        return { name, passed: false, observed: null, required: null, detail: champion.reason };
      }
      const standing = champion.metrics[metric];
      const required = standing + (losses.has(metric) ? margin : -margin);
      const passed = losses.has(metric) ? value <= required : value >= required;
      const detail = `${metric} ${figure(value)}; ${alias} ${figure(standing)}, margin ${margin}`;
      return { name, passed, observed: value, required, detail };
    },
  });
}
