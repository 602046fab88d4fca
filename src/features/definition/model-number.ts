/** From here on a number rounds to infinity in 32 bits: halfway between the largest float and 2^128. */
export const beyondFloat32 = 2 ** 128 - 2 ** 103;

/** A value as a model takes it: NaN where it is null or has no finite 32-bit float. */
export const modelNumber = (value: number | null): number =>
  value === null || !(Math.abs(value) < beyondFloat32) ? NaN : value;
