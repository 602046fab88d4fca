/** Takes a feature to mean 0 and standard deviation 1. Both numbers are float32. */
export interface Standardisation {
  readonly mean: number;
  /** 1 / standard deviation; 1 for a constant feature. */
  readonly scale: number;
}

/** No value counts for more than this many standard deviations, so that even ±∞ gives a finite score. */
export const standardReach = 1e6;

/** Half of the range of float32. Values further from 0 count as this one, so that the difference of two is a float32. */
export const valueReach = (2 - 2 ** -23) * 2 ** 126;

const within = (value: number, reach: number) => Math.max(-reach, Math.min(reach, value));

/** Weighted mean and standard deviation over the values that are present; mean 0 if none is. */
export function fitStandardisation(values: Float32Array, weights?: Float32Array): Standardisation {
  let count = 0;
  let sum = 0;
  for (let row = 0; row < values.length; row++) {
    if (Number.isNaN(values[row])) continue;
    const weight = weights?.[row] ?? 1;
    count += weight;
    sum += weight * within(values[row], valueReach);
  }
  const mean = Math.fround(count === 0 ? 0 : sum / count);
  let squares = 0;
  for (let row = 0; row < values.length; row++) {
    if (!Number.isNaN(values[row]))
      squares += (weights?.[row] ?? 1) * (within(values[row], valueReach) - mean) ** 2;
  }
  const scale = Math.fround(1 / Math.sqrt(squares / count));
  return Object.freeze({ mean, scale: Number.isFinite(scale) && scale > 0 ? scale : 1 });
}

/** The standardised value; a missing one counts as the mean. Rounded like the float32 graph rounds it. */
export function standardise(value: number, { mean, scale }: Standardisation): number {
  if (Number.isNaN(value)) return 0;
  const standard = Math.fround(Math.fround(within(value, valueReach) - mean) * scale);
  return within(standard, standardReach);
}
