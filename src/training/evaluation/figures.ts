import {
  bootstrapMeasures,
  percentileInterval,
  type Estimate,
  type MeasuredReplicates,
} from "../../stats/index.js";
import { metricTable, type EvaluationMetric } from "./metric-table.js";
import { checkScored, unitsOf, type Resampling, type Scored } from "./scored.js";
import { measuresOf } from "./task-measures.js";

/** A metric that has no value on the given rows, and why. */
export interface Unmeasured {
  readonly value: null;
  readonly interval: null;
  readonly reason: string;
}

/** A metric with its interval, or why there is none. Never NaN. */
export type Figure = Estimate | Unmeasured;

/** The metrics of a task by name. */
export type Figures = Readonly<Partial<Record<EvaluationMetric, Figure>>>;

const defaultReplicates = 200;
const intervalLevel = 0.95;

export function unmeasured(reason: string): Unmeasured {
  return Object.freeze({ value: null, interval: null, reason });
}

/** A value with the percentile interval of its replicates, or the reason if there is no value. */
export function figureOf(value: number, draws: Float64Array, reason: string): Figure {
  if (!Number.isFinite(value)) return unmeasured(reason);
  const interval = percentileInterval(draws, intervalLevel);
  if (interval === undefined) return unmeasured("it is undefined in more than a tenth of the resamples");
  return Object.freeze({ value, interval });
}

/** A figure of the sample, and of every resample; NaN where it is undefined. */
export interface Draws {
  readonly value: number;
  readonly draws: Float64Array;
}

/**
 * All figures of one model on its rows and on the resamples of them. Two models scored on the same rows with the same
 * seed are resampled alike, which pairs their differences.
 */
export interface MetricReplicates {
  readonly scored: Scored;
  readonly seed: number;
  readonly replicates: number;
  readonly resampling: Resampling;
  /** By metric, and by further names of the task such as `recall:0`. */
  readonly figures: ReadonlyMap<string, Draws>;
  /** By name: why a figure is absent or undefined. */
  readonly reasons: Readonly<Record<string, string>>;
}

export interface ReplicateOptions {
  /** Makes the resampling repeatable. */
  readonly seed: number;
  /** Default 200. */
  readonly replicates?: number;
}

/** Measures one model and bootstraps it. Throws MW0502 for rows that cannot be evaluated. */
export function replicateMetrics(
  scored: Scored,
  { seed, replicates = defaultReplicates }: ReplicateOptions,
): MetricReplicates {
  checkScored(scored);
  const { units, resampling } = unitsOf(scored);
  const { measures, reasons } = measuresOf(scored, units);
  const figures = named(bootstrapMeasures(measures, units, { seed, replicates }));
  return Object.freeze({ scored, seed, replicates, resampling, figures, reasons });
}

function named(measured: readonly MeasuredReplicates[]): ReadonlyMap<string, Draws> {
  return new Map(
    measured.flatMap(({ figures, values, draws }) =>
      figures.map(({ name }, f) => [name, { value: values[f], draws: draws[f] }] as const),
    ),
  );
}

/** One figure with its interval. */
export function figure({ figures, reasons }: MetricReplicates, name: string): Figure {
  const reason = reasons[name] ?? "it is undefined on these rows";
  const found = figures.get(name);
  return found === undefined ? unmeasured(reason) : figureOf(found.value, found.draws, reason);
}

/** All metrics of the model, measured or not. */
export function metricFigures(replicates: MetricReplicates): Figures {
  const names = new Set([...replicates.figures.keys(), ...Object.keys(replicates.reasons)]);
  const metrics = [...names].filter((name) => Object.hasOwn(metricTable, name));
  return Object.fromEntries(metrics.map((name) => [name, figure(replicates, name)]));
}
