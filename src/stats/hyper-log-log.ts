/*
 * HyperLogLog (Flajolet et al. 2007) over 53-bit hashes with 2^12 registers: the lowest 12 bits choose the register,
 * which keeps the largest rank: how many of the other 41 bits, from the highest on, are zero before the first one,
 * plus one.
 */

/** How many registers there are; the standard error of an estimate is 1.04 / √4096 = 1.6 %. */
export const registerCount = 4096;

const indexBits = 12;
const rankBits = 53 - indexBits;

/** The rank of 41 zeros. */
export const largestRank = rankBits + 1;

/** Counts a hash. */
export function raiseRegister(registers: Uint8Array, hash: number): void {
  const low = hash >>> 0;
  const high = (hash - low) / 4294967296;
  // The upper 21 of the 41 bits are `high`, the lower 20 are those of `low` above the index.
  const rank = high !== 0 ? Math.clz32(high) - 10 : Math.min(Math.clz32(low) + 22, largestRank);
  const index = low & (registerCount - 1);
  if (registers[index] < rank) registers[index] = rank;
}

/** Makes the first registers those of the union of both sets: of each pair the larger, four at a time. */
export function uniteRegisters(registers: Uint8Array, other: Uint8Array): void {
  const mine = new Int32Array(registers.buffer, registers.byteOffset, registerCount / 4);
  const theirs = new Int32Array(other.buffer, other.byteOffset, registerCount / 4);
  for (let i = 0; i < mine.length; i++) {
    const a = mine[i];
    const b = theirs[i];
    // Ranks have 7 bits: the eighth of a byte stays set where a − b does not borrow.
    const notLess = ((a | 0x80808080) - b) & 0x80808080;
    const keep = notLess | (notLess - (notLess >>> 7));
    mine[i] = (a & keep) | (b & ~keep);
  }
}

/** x + Σ x^(2^k) · 2^(k − 1) over k ≥ 1; infinite for 1. */
function sigma(x: number): number {
  if (x === 1) return Infinity;
  let sum = x;
  let power = x;
  for (let weight = 1, before = -1; sum !== before; weight *= 2) {
    before = sum;
    power *= power;
    sum += power * weight;
  }
  return sum;
}

/** (1 − x − Σ (1 − x^(2^−k))² · 2^−k over k ≥ 1) / 3. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let sum = 1 - x;
  let root = x;
  for (let weight = 0.5, before = -1; sum !== before; weight /= 2) {
    before = sum;
    root = Math.sqrt(root);
    sum -= (1 - root) * (1 - root) * weight;
  }
  return sum / 3;
}

/**
 * The improved raw estimator of Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017,
 * algorithm 6): unbiased over the whole range without tables. It uses +, −, ×, ÷ and √ alone, which IEEE 754 rounds
 * alike everywhere.
 */
export function estimateOfRegisters(registers: Uint8Array): number {
  const counts = new Uint32Array(largestRank + 1);
  for (let i = 0; i < registerCount; i++) counts[registers[i]]++;
  let z = registerCount * tau(1 - counts[largestRank] / registerCount);
  for (let rank = rankBits; rank >= 1; rank--) z = (z + counts[rank]) / 2;
  z += registerCount * sigma(counts[0] / registerCount);
  return (registerCount * registerCount) / (2 * Math.LN2 * z);
}
