/** Takes a feature to mean 0 and standard deviation 1. Both numbers are float32. */
export interface Standardisation {
  readonly mean: number;
  /** 1 / standard deviation; 1 for a constant feature. */
  readonly scale: number;
}

/** No value counts for more than this many standard deviations, so that even ±∞ gives a probability. */
export const standardReach = 1e6;

/** Mean and standard deviation over the values that are present; mean 0 if none is. */
export function fitStandardisation(values: Float32Array): Standardisation {
  let count = 0;
  let sum = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
  }
  const mean = Math.fround(count === 0 ? 0 : sum / count);
  let squares = 0;
  for (const value of values) {
    if (!Number.isNaN(value)) squares += (value - mean) ** 2;
  }
  const deviation = Math.sqrt(squares / Math.max(1, count));
  const scale = Math.fround(1 / deviation);
  return Object.freeze({ mean, scale: Number.isFinite(scale) && scale > 0 ? scale : 1 });
}

/** The standardised value; a missing one counts as the mean. Rounded like the float32 graph rounds it. */
export function standardise(value: number, { mean, scale }: Standardisation): number {
  if (Number.isNaN(value)) return 0;
  const standard = Math.fround(Math.fround(value - mean) * scale);
  return Math.max(-standardReach, Math.min(standardReach, standard));
}
