import { seededRng } from "../kernel/index.js";
import { badArgument } from "./bad-argument.js";
import type { Interval } from "./intervals.js";
import { resampler, type SampleUnits } from "./resampling.js";

/** One of the figures of a measure. */
export interface MeasuredFigure {
  readonly name: string;
  /** A sum of absolute values, which noise can only raise: its replicates are corrected, see `withoutNoise`. */
  readonly absolute?: boolean;
}

/**
 * Figures of one model on a sample in which unit u occurs `multiplicity[u]` times. What does not depend on the
 * multiplicities is prepared once; a call reads the rows a small number of times.
 */
export interface Measure {
  readonly figures: readonly MeasuredFigure[];
  /** One number per figure, NaN where it is undefined; undefined when the whole replicate must be drawn again. */
  of(multiplicity: Uint16Array): Float64Array | undefined;
}

export interface ReplicateOptions {
  readonly seed: number;
  /** Default 200. */
  readonly replicates?: number;
}

/** The figures of one measure on the sample and on every replicate. */
export interface MeasuredReplicates {
  readonly figures: readonly MeasuredFigure[];
  /** One per figure, NaN where it is undefined. */
  readonly values: Float64Array;
  /** Per figure one number a replicate; corrected where the figure is a sum of absolute values. */
  readonly draws: readonly Float64Array[];
}

/** So many draws a replicate may be thrown away, on average, before the sample counts as too small. */
const drawsPerReplicate = 100;

/** The figures as the sample stands. Throws MW1401 when they are undefined as a whole. */
export function measureSample(measure: Measure, units: SampleUnits): Float64Array {
  const values = measure.of(new Uint16Array(units.count).fill(1));
  if (values === undefined) throw badArgument("a sample on which the figures are defined", "none");
  return values;
}

/**
 * Bootstraps several measures of the same units with the same draws, so that their differences are paired. A replicate
 * on which a measure is undefined as a whole is drawn again for all.
 * @throws MW1401 fewer than 2 replicates, or units that hardly ever give a usable replicate
 */
export function bootstrapMeasures(
  measures: readonly Measure[],
  units: SampleUnits,
  { seed, replicates = 200 }: ReplicateOptions,
): readonly MeasuredReplicates[] {
  if (!Number.isInteger(replicates) || replicates < 2) throw badArgument("at least 2 replicates", replicates);
  const values = measures.map((measure) => measureSample(measure, units));
  const columns = measures.map(({ figures }) => figures.map(() => new Float64Array(replicates)));
  const draw = resampler(units, seededRng(seed));
  const multiplicity = new Uint16Array(units.count);
  let left = drawsPerReplicate * replicates;
  for (let r = 0; r < replicates;) {
    if (left-- === 0) throw badArgument("units that can be resampled", `${units.count} units`);
    draw(multiplicity);
    const found = measures.map((measure) => measure.of(multiplicity));
    if (!found.every((figures) => figures !== undefined)) continue;
    found.forEach((figures, m) => columns[m].forEach((column, f) => (column[r] = figures[f])));
    r++;
  }
  return measures.map(({ figures }, m) => ({
    figures,
    values: values[m],
    draws: figures.map(({ absolute }, f) =>
      absolute === true ? withoutNoise(columns[m][f], values[m][f]) : columns[m][f],
    ),
  }));
}

/**
 * Replicates of a sum of absolute values less the noise of the sample and of the resampling. With variance f² of noise
 * the sample's sum e is too high, and a replicate's eᵣ, which carries noise twice, higher still. Taking noise to add in
 * squares, f² = mean(eᵣ²) − e², and √(eᵣ² − 2f²), not under 0, stands for the replicate.
 */
function withoutNoise(replicates: Float64Array, error: number): Float64Array {
  const meanSquare = replicates.reduce((sum, e) => sum + e * e, 0) / replicates.length;
  const noise = Math.max(0, meanSquare - error * error);
  return replicates.map((e) => Math.sqrt(Math.max(0, e * e - 2 * noise)));
}

/** The share of replicates that must have a figure, if there is to be an interval of it. */
const definedShare = 0.9;

/**
 * The percentile interval (Efron 1979) with linear interpolation between order statistics. Replicates without the
 * figure are left out; undefined when they are more than a tenth.
 * @param level in (0, 1). Throws MW1401
 */
export function percentileInterval(draws: Float64Array, level: number): Interval | undefined {
  if (!(level > 0 && level < 1)) throw badArgument("a confidence level between 0 and 1", level);
  const sorted = draws.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length < definedShare * draws.length) return undefined;
  const quantile = (q: number) => {
    const position = q * (sorted.length - 1);
    const below = Math.floor(position);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  };
  return Object.freeze({ low: quantile((1 - level) / 2), high: quantile((1 + level) / 2), level });
}
