/** A whole number of 32 bits, rotated left. */
const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by));

const mix = (block: number) => Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);

/**
 * MurmurHash3_x86_32 of bytes: a whole number from 0 to 2^32 − 1, the same on every machine and for ever.
 * Austin Appleby, https://github.com/aappleby/smhasher (public domain).
 */
export function murmur3(bytes: Uint8Array, seed = 0): number {
  const { length } = bytes;
  const whole = length & ~3;
  let hash = seed | 0;
  for (let i = 0; i < whole; i += 4) {
    const block = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    hash = (Math.imul(rotate(hash ^ mix(block), 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = length - 1; i >= whole; i--) tail = (tail << 8) | bytes[i];
  hash ^= mix(tail) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const encoder = new TextEncoder();
const scratch = new Uint8Array(4096);

/** MurmurHash3_x86_32 of a text's UTF-8 bytes, seed 0; half of a surrogate pair alone counts as U+FFFD. */
export function hashText(text: string): number {
  if (text.length * 3 > scratch.length) return murmur3(encoder.encode(text));
  return murmur3(scratch.subarray(0, encoder.encodeInto(text, scratch).written));
}
