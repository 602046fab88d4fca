/*
 * Least-significant-digit radix sort on the bits of IEEE 754 numbers, 11 bits a pass. A pass whose digit is
 * the same for all keys is skipped, so Float32 values widened to Float64 cost four passes, not six.
 */

const digitBits = 11;
const radix = 1 << digitBits;
const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** The position of the first key of every digit, or undefined when all keys share one digit. */
function digitStarts(keys: Uint32Array, shift: number): Uint32Array | undefined {
  const starts = new Uint32Array(radix);
  for (let i = 0; i < keys.length; i++) starts[(keys[i] >>> shift) & (radix - 1)]++;
  if (starts[(keys[0] >>> shift) & (radix - 1)] === keys.length) return undefined;
  let total = 0;
  for (let digit = 0; digit < radix; digit++) {
    const count = starts[digit];
    starts[digit] = total;
    total += count;
  }
  return starts;
}

/**
 * Stable ascending order of finite numbers (−0 equals 0), starting from the given arrangement of row numbers,
 * which it may overwrite. O(n) time, 24 bytes a row of scratch memory.
 */
export function ascendingOrder(values: Float64Array, arrangement: Uint32Array<ArrayBuffer>): Uint32Array {
  const n = arrangement.length;
  if (n === 0) return arrangement;
  const words = new Uint32Array(2);
  const bits = new Float64Array(words.buffer);
  const highAt = littleEndian ? 1 : 0;
  let [low, lowSpare, high, highSpare] = Array.from({ length: 4 }, () => new Uint32Array(n));
  let [order, orderSpare] = [arrangement, new Uint32Array(n)];
  for (let i = 0; i < n; i++) {
    bits[0] = values[arrangement[i]] + 0;
    // Order-preserving map: a negative number has all its bits flipped, any other its sign bit alone.
    const negative = words[highAt] >>> 31 === 1;
    low[i] = negative ? ~words[1 - highAt] : words[1 - highAt];
    high[i] = negative ? ~words[highAt] : words[highAt] ^ 0x80000000;
  }
  for (let pass = 0; pass < 6; pass++) {
    const shift = (pass % 3) * digitBits;
    const keys = pass < 3 ? low : high;
    const starts = digitStarts(keys, shift);
    if (starts === undefined) continue;
    for (let i = 0; i < n; i++) {
      const to = starts[(keys[i] >>> shift) & (radix - 1)]++;
      lowSpare[to] = low[i];
      highSpare[to] = high[i];
      orderSpare[to] = order[i];
    }
    [low, lowSpare, high, highSpare, order, orderSpare] = [lowSpare, low, highSpare, high, orderSpare, order];
  }
  return order;
}

/** The finite values of a column in ascending order; NaN and infinite values are left out. O(n) for Float32. */
export function sortFinite(values: Float32Array | Float64Array): Float32Array | Float64Array {
  const finite = values.filter(Number.isFinite);
  return finite instanceof Float32Array ? sortFloat32(finite) : finite.sort();
}

function sortFloat32(values: Float32Array<ArrayBuffer>): Float32Array {
  if (values.length === 0) return values;
  let keys = new Uint32Array(values.buffer);
  let spare = new Uint32Array(keys.length);
  for (let i = 0; i < keys.length; i++) keys[i] = keys[i] >>> 31 === 1 ? ~keys[i] : keys[i] ^ 0x80000000;
  for (let shift = 0; shift < 32; shift += digitBits) {
    const starts = digitStarts(keys, shift);
    if (starts === undefined) continue;
    for (let i = 0; i < keys.length; i++) spare[starts[(keys[i] >>> shift) & (radix - 1)]++] = keys[i];
    [keys, spare] = [spare, keys];
  }
  for (let i = 0; i < keys.length; i++) keys[i] = keys[i] >>> 31 === 1 ? keys[i] ^ 0x80000000 : ~keys[i];
  return new Float32Array(keys.buffer);
}
