/** A seeded stream of uniform numbers; equal seeds give equal streams on every platform. */
export interface Rng {
  /** Uniform in [0, 1) with 32 random bits. */
  next(): number;
  /** Uniform integer in [0, bound); bound ≤ 2^32. */
  below(bound: number): number;
}

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32 and warmed by twelve rounds.
 * Not for secrets.
 */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0;
  const split = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = split();
  let b = split();
  let c = split();
  let counter = 1;
  const bits = () => {
    const out = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  };
  for (let i = 0; i < 12; i++) bits();
  return Object.freeze({
    next: () => bits() / 4294967296,
    below: (bound: number) => Math.floor((bits() / 4294967296) * bound),
  });
}
