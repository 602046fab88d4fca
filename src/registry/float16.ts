/**
 * IEEE 754 binary16 as ONNX has it: bit patterns of a sign, five bits of exponent and ten of fraction, since
 * JavaScript has no such numbers before `Float16Array`.
 */

/** A number of which 2^52 is the last bit's size loses its fraction when it is added, rounded to the nearest even. */
const wholes = 2 ** 52;
const smallestNormal = 2 ** -14;
/** Half a step beyond the largest, 65,504: from here on the nearest is infinity. */
const tooLarge = 65_520;

const scratch = new DataView(new ArrayBuffer(8));

/** The number that a bit pattern stands for. */
export function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (0x400 + fraction) * 2 ** (exponent - 25));
}

/** The bit pattern nearest to a number, the even one of two; 0x7e00 for NaN. Rounds once, from float64. */
export function float16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = Object.is(Math.sign(value), -0) || value < 0 ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= tooLarge) return sign | 0x7c00;
  // A fraction that is rounded up to its end carries into the exponent, which is the next pattern.
  if (size < smallestNormal) return sign | (size * 2 ** 24 + wholes - wholes);
  scratch.setFloat64(0, size);
  const exponent = (scratch.getUint16(0) >> 4) - 1023;
  return sign | (((exponent + 14) << 10) + (size * 2 ** (10 - exponent) + wholes - wholes));
}
