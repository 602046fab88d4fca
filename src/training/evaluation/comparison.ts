import { canonicalJson } from "../../kernel/index.js";
import type { TargetKind } from "../../learning/index.js";
import type { Estimate } from "../../stats/index.js";
import { trainingErrors } from "../errors.js";
import { figure, figureOf, type MetricReplicates, type Unmeasured } from "./figures.js";
import { metricsOf, metricTable, type EvaluationMetric } from "./metric-table.js";
import type { Resampling, Scored } from "./scored.js";

/** One metric of two models on the same rows. */
export interface PairedFigure {
  readonly candidate: number;
  readonly reference: number;
  /** Candidate less reference, with the interval of the difference on the same resamples. */
  readonly difference: Estimate;
}

/** A metric by which the two cannot be compared. */
interface UnpairedFigure {
  readonly candidate: number | null;
  readonly reference: number | null;
  readonly difference: null;
  readonly reason: string;
}

/** Two models on the same test rows. Plain JSON. */
export interface PairedComparison {
  readonly task: TargetKind;
  readonly rows: number;
  readonly resampling: Resampling & { readonly replicates: number };
  readonly metrics: Readonly<Partial<Record<EvaluationMetric, PairedFigure | UnpairedFigure>>>;
}

/**
 * The difference of each metric with its paired bootstrap interval: both models are read on the same resamples, so what
 * is hard for both does not blur the difference. The calibration error's interval is corrected for noise and may lie
 * beside the difference.
 * @throws MW0503 unless both were scored on the same rows and resampled alike
 */
export function comparePaired(candidate: MetricReplicates, reference: MetricReplicates): PairedComparison {
  checkPaired(candidate, reference);
  const { scored, resampling, replicates } = candidate;
  const names = metricsOf(scored.task);
  return Object.freeze({
    task: scored.task,
    rows: scored.times.length,
    resampling: { ...resampling, replicates },
    metrics: Object.fromEntries(names.map((name) => [name, pairedFigure(candidate, reference, name)])),
  });
}

function pairedFigure(
  candidate: MetricReplicates,
  reference: MetricReplicates,
  name: EvaluationMetric,
): PairedFigure | UnpairedFigure {
  const [own, other] = [figure(candidate, name), figure(reference, name)];
  const [a, b] = [candidate.figures.get(name), reference.figures.get(name)];
  const values = { candidate: own.value, reference: other.value };
  const missing = [own, other].find((found): found is Unmeasured => found.value === null);
  if (missing !== undefined || a === undefined || b === undefined) {
    return { ...values, difference: null, reason: missing?.reason ?? "it is not measured" };
  }
  const draws = a.draws.map((value, r) => value - b.draws[r]);
  const difference = figureOf(a.value - b.value, draws, "it is undefined");
  if (difference.value === null) return { ...values, difference: null, reason: difference.reason };
  return { candidate: a.value, reference: b.value, difference };
}

/** What must be the same in two scorings besides the scores. */
function rowColumns(scored: Scored): readonly (readonly [string, unknown])[] {
  const truth: readonly [string, unknown][] = Object.entries(scored);
  const own: readonly string[] = ["scores", "threshold", "quantiles", "intervals", "sets"];
  return truth.filter(([name, value]) => !own.includes(name) && value !== undefined);
}

function checkPaired(a: MetricReplicates, b: MetricReplicates): void {
  const refuse = (what: string, found: string) =>
    trainingErrors.error("MW0503", {
      expected: `two models with the same ${what}`,
      found,
      remedy: "Score both on the same test rows and resample both with the same seed.",
    });
  if (a.seed !== b.seed) throw refuse("seed", `${a.seed} and ${b.seed}`);
  if (a.replicates !== b.replicates) throw refuse("replicates", `${a.replicates} and ${b.replicates}`);
  const other = new Map(rowColumns(b.scored));
  const columns = rowColumns(a.scored);
  if (columns.length !== other.size) throw refuse("columns", `${columns.length} and ${other.size}`);
  for (const [name, value] of columns) {
    if (!same(value, other.get(name))) throw refuse(name, "different ones");
  }
}

function same(a: unknown, b: unknown): boolean {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b))
    return canonicalJson(a as string) === canonicalJson(b as string);
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export type Verdict = "better" | "worse" | "equivalent" | "unresolved";

/**
 * What the interval of a difference says, given the smallest difference that matters: `better` or `worse` when the whole
 * interval lies beyond the margin, `equivalent` when it lies within (ends included), otherwise `unresolved`.
 * @param margin at least 0
 */
export function verdictOf(metric: EvaluationMetric, difference: Estimate | null, margin: number): Verdict {
  if (difference === null) return "unresolved";
  const { low, high } = improvementInterval(metric, difference);
  if (low >= -margin && high <= margin) return "equivalent";
  if (low > margin) return "better";
  return high < -margin ? "worse" : "unresolved";
}

/** The interval of how much better the candidate is, whatever the metric's direction. */
export function improvementInterval(
  metric: EvaluationMetric,
  { interval: { low, high } }: Estimate,
): { readonly low: number; readonly high: number } {
  return metricTable[metric].better === "higher" ? { low, high } : { low: -high, high: -low };
}
