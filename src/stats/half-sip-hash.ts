/** The two 32-bit words of a HalfSipHash key. */
export interface HalfSipKey {
  readonly k0: number;
  readonly k1: number;
}

/**
 * HalfSipHash-2-4 with 64-bit output (Aumasson & Bernstein, "SipHash: a fast short-input PRF", 2012, and their
 * reference code of 2016): a keyed pseudo-random function in 32-bit words alone, so JavaScript computes it exactly
 * and fast. Hashes the first `length` bytes of the message, which needs room for 4 more: they are overwritten.
 *
 * The result is the output's first word plus 2^32 times the upper 21 bits of its second: 53 bits, all that a
 * number holds exactly.
 */
export function halfSipHash(message: DataView, length: number, { k0, k1 }: HalfSipKey): number {
  const lastWord = length & ~3;
  const tail = message.getInt32(lastWord, true) & ((1 << ((length & 3) * 8)) - 1);
  message.setInt32(lastWord, tail | (length << 24), true);
  const afterMessage = lastWord + 4;
  let v0 = k0;
  let v1 = k1 ^ 0xee;
  let v2 = k0 ^ 0x6c796765;
  let v3 = k1 ^ 0x74656462;
  let firstWord = 0;
  // Two rounds a step; the two finalisations of four rounds are four more steps of an absent word.
  for (let at = 0; at < afterMessage + 16; at += 4) {
    const word = at < afterMessage ? message.getInt32(at, true) : 0;
    if (at === afterMessage) v2 ^= 0xee;
    if (at === afterMessage + 8) {
      firstWord = v1 ^ v3;
      v1 ^= 0xdd;
    }
    v3 ^= word;
    for (let round = 0; round < 2; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= word;
  }
  return ((v1 ^ v3) >>> 11) * 4294967296 + (firstWord >>> 0);
}
